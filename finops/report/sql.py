"""The answer to a query of the reader's own, as a report: its columns as they are named."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from finops.report.model import Report, ReportColumn, Style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finops.report.model import Cell

__all__ = ["query_report"]


def query_report(
    names: tuple[str, ...],
    types: tuple[str, ...],
    rows: Sequence[tuple[Any, ...]],
    limit: int | None,
) -> Report:
    """`rows` under `names`, the first `limit` of them; `types` are DuckDB's."""
    shown = rows if limit is None else rows[:limit]
    notes = () if len(shown) == len(rows) else (f"{len(shown):,} of {len(rows):,} rows shown",)
    return Report(
        schema="finops.sql/1",
        title="Query",
        columns=tuple(
            ReportColumn(name, name, _style(kind)) for name, kind in zip(names, types, strict=True)
        ),
        rows=tuple(
            {name: _cell(value) for name, value in zip(names, row, strict=True)} for row in shown
        ),
        notes=notes,
    )


def _style(kind: str) -> Style:
    numbers = ("DECIMAL", "DOUBLE", "FLOAT", "BIGINT", "INTEGER", "HUGEINT", "SMALLINT", "TINYINT")
    is_number = kind.removeprefix("U").startswith(numbers) and not kind.endswith("]")
    return Style.NUMBER if is_number else Style.TEXT


def _cell(value: Any) -> Cell:  # noqa: ANN401  (whatever DuckDB answers)
    """`value` as a report holds it: numbers and text as they are, everything else as text."""
    if value is None or isinstance(value, bool | int | float | Decimal | str):
        return value
    if isinstance(value, dict):
        return {str(name): _cell(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return "[" + ", ".join(str(_cell(each)) for each in value) + "]"
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
