"""A report as CSV (RFC 4180, UTF-8, CRLF): the rows, every digit, nothing else.

Totals and notes are left out: a totals row would be counted again by whoever sums the column.
Objects become dotted columns (`components.tokens_input`). Null is the empty field.

Text that a spreadsheet would run as a formula is written with a leading apostrophe
(`finops.model.spreadsheet`), because resource names and tags come from people who may not open the file.
Numbers are never touched, and JSON keeps the text as it is.
"""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING

from finops.model.spreadsheet import neutral
from finops.report.flat import flat_names, flat_rows
from finops.report.numbers import exact

if TYPE_CHECKING:
    from finops.report.model import Cell, Report

__all__ = ["render_csv"]


def render_csv(report: Report) -> bytes:
    """Header and rows; the columns of an object are those any row has, in order of appearance."""
    rows = flat_rows(report)
    names = flat_names(report, rows)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([neutral(name) for name in names])
    writer.writerows([_field(row.get(name)) for name in names] for row in rows)
    return out.getvalue().encode(errors="replace")


def _field(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, Decimal):
        return exact(cell) if cell.is_finite() else ""
    if isinstance(cell, float):
        return repr(cell) if abs(cell) < float("inf") else ""
    return neutral(cell) if isinstance(cell, str) else str(cell)
