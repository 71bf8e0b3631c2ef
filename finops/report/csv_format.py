"""A report as CSV (RFC 4180, UTF-8, CRLF): the rows, every digit, nothing else.

Totals and notes are left out: a totals row would be counted again by whoever sums the column.
Objects become dotted columns (`components.tokens_input`). Null is the empty field.

Text that a spreadsheet would run as a formula (it begins with `=`, `+`, `-`, `@`, a tab or a carriage
return, and is not a number) is written with a leading apostrophe, because resource names and tags come
from people who may not open the file. Numbers are never touched, and JSON keeps the text as it is.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from finops.report.numbers import exact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finops.report.model import Cell, Report, Row

__all__ = ["render_csv"]

_FORMULA = re.compile(r"^[=+\-@\t\r].", re.DOTALL)
_NUMBER = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")


def render_csv(report: Report) -> bytes:
    """Header and rows; the columns of an object are those any row has, in order of appearance."""
    rows = [dict(_flatten(report, row)) for row in report.rows]
    names = _header(report, rows)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([_guarded(name) for name in names])
    writer.writerows([_field(row.get(name)) for name in names] for row in rows)
    return out.getvalue().encode(errors="replace")


def _flatten(report: Report, row: Row) -> Iterator[tuple[str, Cell]]:
    for column in report.columns:
        yield from _parts(column.name, row[column.name])


def _parts(name: str, cell: Cell) -> Iterator[tuple[str, Cell]]:
    if isinstance(cell, Mapping):
        for key, part in cell.items():
            yield from _parts(f"{name}.{key}", part)
    else:
        yield name, cell


def _header(report: Report, rows: list[dict[str, Cell]]) -> list[str]:
    """Every column in declared order; an object's parts where the object stood.

    An object that is null everywhere keeps its own name as the one column.
    """
    names: list[str] = []
    for column in report.columns:
        prefix = f"{column.name}."
        parts = dict.fromkeys(name for row in rows for name in row if name.startswith(prefix))
        names.extend(parts or [column.name])
    return names


def _field(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, Decimal):
        return exact(cell) if cell.is_finite() else ""
    if isinstance(cell, float):
        return repr(cell) if abs(cell) < float("inf") else ""
    return _guarded(cell) if isinstance(cell, str) else str(cell)


def _guarded(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.match(text) else text
