"""Workbooks, cell by cell: what reports and documents share, so that a number looks the same in both.

Numbers are numbers and times are times (UTC); null is `n/a` where people read and an empty cell where
they calculate. A cell holds 16 digits of a number at most: how many have more is counted. Text that would
run as a formula is marked (`finops.model.spreadsheet`) and nothing becomes a link.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from finops.errors import UsageError
from finops.model.spreadsheet import neutral
from finops.report.cells import cell_text, is_number, title_text, total_texts, visible
from finops.report.model import Style
from finops.report.numbers import NUMBER_STYLES, SIGNIFICANT_DIGITS, shown

if TYPE_CHECKING:
    import io

    from finops.report.model import Cell, Report, ReportColumn, Row

__all__ = [
    "MOST_CHARACTERS",
    "WIDEST",
    "Book",
    "check_rows",
    "header_look",
    "new_book",
    "shortened_note",
    "width_of",
    "write_cell",
    "write_datum",
    "write_notes",
    "write_totals",
]

MOST_ROWS = 1_048_000
"""Rows of a sheet, less a few for headline and notes."""

MOST_CHARACTERS = 32_000
"""Of one cell, less a few for the mark and what says that it was cut."""

WIDEST = 60
"""Characters a column is made wide at most; longer text wraps."""

FIRST_YEAR = 1901
"""Sheets count days from 1900, whose February they get wrong; older times stay text."""

_MADE = datetime(2000, 1, 1)  # noqa: DTZ001  (the format has no time zones)
"""When every workbook says it was made, so that the same content gives the same bytes."""

_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "remove_timezone": False,
}

_CUT = "… (cut: a cell holds no more; JSON has all of it)"


def new_book(buffer: io.BytesIO, title: str) -> Book:
    """A workbook that will be written to `buffer` when it is closed."""
    import xlsxwriter

    book = xlsxwriter.Workbook(buffer, _OPTIONS)
    book.set_properties({"title": visible(title), "created": _MADE})
    return Book(book)


def check_rows(report: Report, hint: str) -> None:
    """UsageError when a sheet cannot hold the rows of `report`; `hint` says what to do instead."""
    if len(report.rows) > MOST_ROWS:
        raise UsageError(
            f"{len(report.rows):,} rows of {report.title} do not fit into a sheet", hint=hint
        )


class Book:
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
    if style is Style.FIGURE:
        return "#,##0." + "0" * len(shown(amount, style).partition(".")[2])
    places = min(max(SIGNIFICANT_DIGITS - 1 - amount.adjusted(), 0), 30)
    return "#,##0." + "0" * places if places else "#,##0"


def header_look(column: ReportColumn) -> dict[str, object]:
    """How a column's head looks: over numbers to the right."""
    side = "right" if is_number(column) else "left"
    return {"bold": True, "bottom": 1, "text_wrap": True, "align": side}


def width_of(report: Report, column: ReportColumn) -> int:
    """Characters `column` is wide: as its longest cell or word of its head, within bounds."""
    longest = max(
        (len(cell_text(row[column.name], column.style)) for row in report.rows), default=0
    )
    words = max((len(word) for word in title_text(column).split()), default=0)
    return min(max(longest, words, 8), WIDEST) + 2


def write_notes(made: Book, sheet: Any, row: int, notes: tuple[str, ...]) -> int:  # noqa: ANN401
    """A row for each note; the first row left free."""
    for offset, note in enumerate(notes):
        made.text(sheet, row + offset, 0, f"Note: {visible(note)}")
    return row + len(notes)


def shortened_note(made: Book) -> tuple[str, ...]:
    """What to say of numbers that lost digits; nothing when none did."""
    if not made.shortened:
        return ()
    count = f"{made.shortened:,}"
    return (f"Numbers with more digits than a cell holds: {count}; JSON and CSV have all of them.",)


def write_cell(
    made: Book,
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


def write_totals(
    made: Book,
    sheet: Any,  # noqa: ANN401  (xlsxwriter is untyped)
    row: int,
    columns: tuple[ReportColumn, ...],
    totals: Row,
) -> None:
    """The foot of a table: sums in bold below a line."""
    for at, text in enumerate(total_texts(columns, totals)):
        cell, column = totals.get(columns[at].name), columns[at]
        if cell is None:
            made.text(sheet, row, at, text, bold=True, top=1)
        else:
            write_cell(made, sheet, (row, at), cell, column.style, bold=True, top=1)


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


def write_datum(
    made: Book,
    sheet: Any,  # noqa: ANN401  (xlsxwriter is untyped)
    place: tuple[int, int],
    cell: Cell,
    style: Style,
) -> None:
    """A cell to calculate with: null is empty, truth is truth, text is text."""
    if isinstance(cell, bool):
        sheet.write_boolean(*place, cell, made.format())
    elif isinstance(cell, str) and (style is not Style.TIME or _time(cell) is None):
        made.text(sheet, *place, cell)
    elif isinstance(cell, str) or _is_amount(cell):
        write_cell(made, sheet, place, cell, style)
    elif isinstance(cell, Mapping | int):
        made.text(sheet, *place, cell_text(cell, style))
