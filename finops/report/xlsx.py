"""A report as an Excel workbook: a sheet to read and print, and one with every column to calculate with.

`Report` looks as the table does, with totals and notes; `Data` has the rows alone, named as in CSV. The
same report gives the same bytes.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from finops.report.cells import headline, title_text
from finops.report.flat import flat_names, flat_rows
from finops.report.workbook import (
    WIDEST,
    Book,
    check_rows,
    header_look,
    new_book,
    shortened_note,
    width_of,
    write_cell,
    write_datum,
    write_notes,
    write_totals,
)

if TYPE_CHECKING:
    from finops.report.model import Report

__all__ = ["render_xlsx"]

_HEADER_ROW = 2


def render_xlsx(report: Report) -> bytes:
    """The workbook's bytes; UsageError when a sheet cannot hold that many rows."""
    check_rows(report, "--format csv, or --limit")
    buffer = io.BytesIO()
    made = new_book(buffer, report.title)
    _write_report(made, report)
    _write_data(made, report)
    made.book.close()
    return buffer.getvalue()


def _write_report(made: Book, report: Report) -> None:
    sheet = made.book.add_worksheet("Report")
    columns = tuple(column for column in report.columns if column.shown)
    made.text(sheet, 0, 0, headline(report), bold=True, font_size=14)
    for at, column in enumerate(columns):
        made.text(sheet, _HEADER_ROW, at, title_text(column), **header_look(column))
        sheet.set_column(at, at, width_of(report, column))
    sheet.freeze_panes(_HEADER_ROW + 1, 0)
    sheet.repeat_rows(_HEADER_ROW)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    end = _HEADER_ROW + 1
    for row in report.rows:
        for at, column in enumerate(columns):
            write_cell(made, sheet, (end, at), row[column.name], column.style)
        end += 1
    if report.totals is not None:
        write_totals(made, sheet, end, columns, report.totals)
        end += 1
    write_notes(made, sheet, end + 1, (*report.notes, *shortened_note(made)))


def _write_data(made: Book, report: Report) -> None:
    """Every column of every row, objects taken apart, under the names programs use."""
    sheet = made.book.add_worksheet("Data")
    rows = flat_rows(report)
    names = flat_names(report, rows)
    styles = {column.name: column.style for column in report.columns}
    for at, name in enumerate(names):
        made.text(sheet, 0, at, name, bold=True, bottom=1)
        sheet.set_column(at, at, min(max(len(name), 12), WIDEST) + 2)
        style = styles.get(name) or styles[name.split(".", 1)[0]]
        for below, row in enumerate(rows, start=1):
            write_datum(made, sheet, (below, at), row.get(name), style)
    sheet.freeze_panes(1, 0)
    if names:
        sheet.autofilter(0, 0, len(rows), len(names) - 1)
