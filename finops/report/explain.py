"""An explanation as a report: the arithmetic line by line, and the formula it follows; of one number, or of all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from finops.report.model import Report, ReportColumn, Style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finops.analysis.derived.table import Table
    from finops.analysis.explanation import Explanation, Line

__all__ = ["explain_report", "explain_rows_report"]


def explain_report(found: Explanation, *, notes: Sequence[str] = ()) -> Report:
    """The report of `found`; its value stands in JSON as `value`, its formula as `formula`."""
    return Report(
        schema="finops.explain/1",
        title=f"{found.number}: {found.formula}",
        columns=(
            ReportColumn("step", "Step", prose=True),
            *_columns(found.lines),
        ),
        rows=tuple(line._asdict() for line in found.lines),
        period=found.period,
        currency=found.currency,
        notes=tuple(notes),
        extras={"number": found.number, "formula": found.formula, "value": found.value},
    )


def explain_rows_report(
    table: Table, title: str, currency: str | None, *, notes: Sequence[str] = ()
) -> Report:
    """The arithmetic of every row of `table`, line by line, each step once."""
    lines = [line for row in table.rows for line in row.sheet]
    return Report(
        schema="finops.explain.rows/1",
        title=title,
        columns=(
            ReportColumn("row", "Of"),
            ReportColumn("step", "Step", prose=True),
            *_columns(lines),
        ),
        rows=tuple(
            {"row": row.title, **line._asdict()} for row in table.rows for line in row.sheet
        ),
        period=table.period,
        currency=currency,
        notes=tuple(notes),
    )


def _columns(lines: Sequence[Line]) -> tuple[ReportColumn, ...]:
    return (
        _used(lines, ReportColumn("quantity", "Quantity", Style.FIGURE)),
        _used(lines, ReportColumn("unit", "Unit")),
        _used(lines, ReportColumn("rate", "Rate", Style.FIGURE)),
        _used(lines, ReportColumn("amount", "Amount", Style.FIGURE)),
        ReportColumn("source", "Source", prose=True, below=True),
    )


def _used(lines: Sequence[Line], column: ReportColumn) -> ReportColumn:
    """`column`, shown where any line has something in it."""
    known = any(getattr(line, column.name) is not None for line in lines)
    return replace(column, shown=known)
