"""A report as an Excel workbook: a sheet to read and print, and one with every column to calculate with.

`Report` looks as the table does, with totals and notes; `Data` has the rows alone, named as in CSV. Numbers
are numbers and times are times (UTC); null is `n/a` in the one and an empty cell in the other. A cell holds
16 digits of a number at most: what has more is counted in a note. Text that would run
as a formula is marked (`finops.model.spreadsheet`) and nothing becomes a link. The same report gives the same bytes.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from finops.errors import UsageError
from finops.model.spreadsheet import neutral
from finops.report.cells import cell_text, headline, is_number, title_text, total_texts, visible
from finops.report.flat import flat_names, flat_rows
from finops.report.model import Style
from finops.report.numbers import NUMBER_STYLES, SIGNIFICANT_DIGITS

if TYPE_CHECKING:
    from finops.report.model import Cell, Report, ReportColumn

__all__ = ["render_xlsx"]

MOST_ROWS = 1_048_000
"""Rows of a sheet, less a few for headline and notes."""

MOST_CHARACTERS = 32_000
"""Of one cell, less a few for the mark and what says that it was cut."""

WIDEST = 60
"""Characters a column is made wide at most; longer text wraps."""

FIRST_YEAR = 1901
"""Sheets count days from 1900, whose February they get wrong; older times stay text."""

_MADE = datetime(2000, 1, 1)  # noqa: DTZ001  (the format has no time zones)
"""When every workbook says it was made, so that the same report gives the same bytes."""

_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "remove_timezone": False,
}

_HEADER_ROW = 2
_CUT = "… (cut: a cell holds no more; JSON has all of it)"


def render_xlsx(report: Report) -> bytes:
    """The workbook's bytes; UsageError when a sheet cannot hold that many rows."""
    import xlsxwriter

    if len(report.rows) > MOST_ROWS:
        raise UsageError(
            f"{len(report.rows):,} rows do not fit into a sheet", hint="--format csv, or --limit"
        )
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, _OPTIONS)
    book.set_properties({"title": visible(report.title), "created": _MADE})
    made = _Book(book)
    _write_report(made, report)
    _write_data(made, report)
    book.close()
    return buffer.getvalue()


class _Book:
    """A workbook being written: its formats, each made once, and how many numbers lost digits."""

    def __init__(self, book: Any) -> None:  # noqa: ANN401  (xlsxwriter is untyped)
        self.book = book
        self.shortened = 0
        self._formats: dict[tuple[tuple[str, object], ...], Any] = {}

    def format(self, **properties: object) -> Any:  # noqa: ANN401  (xlsxwriter is untyped)
        """The cell format with `properties`; top-aligned, as rows may be several lines high."""
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format({"valign": "top", **properties})
        return self._formats[key]

    def text(self, sheet: Any, row: int, column: int, text: str, **look: object) -> None:  # noqa: ANN401
        """Write `text`, marked where it would run."""
        safe = text.encode(errors="replace").decode()
        if len(safe) > MOST_CHARACTERS:
            safe = safe[: MOST_CHARACTERS - len(_CUT)] + _CUT
        sheet.write_string(row, column, neutral(safe), self.format(**look))

    def number(
        self,
        sheet: Any,  # noqa: ANN401  (xlsxwriter is untyped)
        row: int,
        column: int,
        value: float | Decimal,
        style: Style,
        **look: object,
    ) -> None:
        """Write `value`, looking as `style` does; the nearest number a cell can hold."""
        near = float(value)
        if Decimal(f"{near:.16G}") != Decimal(str(value)):
            self.shortened += 1
        sheet.write_number(
            row, column, near, self.format(num_format=_pattern(value, style), **look)
        )


def _pattern(value: float | Decimal, style: Style) -> str:
    """The number format that shows `value` as the table does."""
    amount = Decimal(str(value))
    if style is Style.RATIO:
        return "0.0%"
    if style is Style.MONEY:
        return "#,##0.00"
    if style is Style.COUNT or amount == amount.to_integral_value():
        return "#,##0"
    places = min(max(SIGNIFICANT_DIGITS - 1 - amount.adjusted(), 0), 30)
    return "#,##0." + "0" * places if places else "#,##0"


def _write_report(made: _Book, report: Report) -> None:
    sheet = made.book.add_worksheet("Report")
    columns = tuple(column for column in report.columns if column.shown)
    made.text(sheet, 0, 0, headline(report), bold=True, font_size=14)
    for at, column in enumerate(columns):
        made.text(sheet, _HEADER_ROW, at, title_text(column), **_header_look(column))
        sheet.set_column(at, at, _width(report, column))
    sheet.freeze_panes(_HEADER_ROW + 1, 0)
    sheet.repeat_rows(_HEADER_ROW)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    end = _HEADER_ROW + 1
    for row in report.rows:
        for at, column in enumerate(columns):
            _write_cell(made, sheet, (end, at), row[column.name], column.style)
        end += 1
    if report.totals is not None:
        for at, text in enumerate(total_texts(columns, report.totals)):
            cell, column = report.totals.get(columns[at].name), columns[at]
            if cell is None:
                made.text(sheet, end, at, text, bold=True, top=1)
            else:
                _write_cell(made, sheet, (end, at), cell, column.style, bold=True, top=1)
        end += 1
    _write_notes(made, sheet, end + 1, report.notes)


def _header_look(column: ReportColumn) -> dict[str, object]:
    side = "right" if is_number(column) else "left"
    return {"bold": True, "bottom": 1, "text_wrap": True, "align": side}


def _width(report: Report, column: ReportColumn) -> int:
    longest = max(
        (len(cell_text(row[column.name], column.style)) for row in report.rows), default=0
    )
    words = max((len(word) for word in title_text(column).split()), default=0)
    return min(max(longest, words, 8), WIDEST) + 2


def _write_notes(made: _Book, sheet: Any, row: int, notes: tuple[str, ...]) -> None:  # noqa: ANN401
    shortened = made.shortened
    if shortened:
        notes = (
            *notes,
            f"Numbers with more digits than a cell holds: {shortened:,}; JSON and CSV have all of them.",
        )
    for offset, note in enumerate(notes):
        made.text(sheet, row + offset, 0, f"Note: {visible(note)}")


def _write_cell(
    made: _Book,
    sheet: Any,  # noqa: ANN401  (xlsxwriter is untyped)
    place: tuple[int, int],
    cell: Cell,
    style: Style,
    **look: object,
) -> None:
    """A number or a time where it is one, else the table's text."""
    row, column = place
    if _is_amount(cell):
        made.number(sheet, row, column, cell, style, **look)  # type: ignore[arg-type]  # _is_amount saw it
    elif style is Style.TIME and isinstance(cell, str) and (time := _time(cell)) is not None:
        sheet.write_datetime(row, column, time, made.format(num_format=_time_pattern(cell), **look))
    else:
        side = {"align": "right"} if style in NUMBER_STYLES else {"text_wrap": True}
        made.text(sheet, row, column, cell_text(cell, style), **side, **look)


def _is_amount(cell: Cell) -> bool:
    """Whether a cell of a sheet can hold it as a number."""
    if isinstance(cell, bool) or not isinstance(cell, int | float | Decimal):
        return False
    try:
        return math.isfinite(float(cell))
    except OverflowError:
        return False


def _time(text: str) -> datetime | None:
    """An ISO time as UTC without its zone; None where `text` is none a sheet can hold."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    if time.tzinfo is not None:
        time = time.astimezone(UTC).replace(tzinfo=None)
    return time if time.year >= FIRST_YEAR else None


def _time_pattern(text: str) -> str:
    return "yyyy-mm-dd" if len(text) == len("2026-10-01") else "yyyy-mm-dd hh:mm:ss"


def _write_data(made: _Book, report: Report) -> None:
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
            _write_datum(made, sheet, (below, at), row.get(name), style)
    sheet.freeze_panes(1, 0)
    if names:
        sheet.autofilter(0, 0, len(rows), len(names) - 1)


def _write_datum(
    made: _Book,
    sheet: Any,  # noqa: ANN401  (xlsxwriter is untyped)
    place: tuple[int, int],
    cell: Cell,
    style: Style,
) -> None:
    if isinstance(cell, bool):
        sheet.write_boolean(*place, cell, made.format())
    elif isinstance(cell, str) and (style is not Style.TIME or _time(cell) is None):
        made.text(sheet, *place, cell)
    elif isinstance(cell, str) or _is_amount(cell):
        _write_cell(made, sheet, place, cell, style)
    elif isinstance(cell, Mapping | int):
        made.text(sheet, *place, cell_text(cell, style))
