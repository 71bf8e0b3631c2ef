"""A document as an Excel workbook: a sheet for each section, one for each long table, one for the sources.

Charts are the program's own and draw the cells above them. Every table and every figure has a name, so
that a formula can say `headline_effective_cost`. Every table is a native one, which can be sorted and filtered and
whose header Excel shows in place of the column letters once it is scrolled away; on a sheet of its own the header
is frozen. The same document gives the same bytes.
"""

from __future__ import annotations

import io
import re
import textwrap
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.model.spreadsheet import neutral
from finops.report.cells import cell_text, is_number, title_text, visible
from finops.report.document.digest import content_digest
from finops.report.document.native_charts import Place, draw
from finops.report.document.words import compared, numbered, why_missing
from finops.report.model import Style
from finops.report.workbook import (
    WIDEST,
    Book,
    check_rows,
    header_look,
    new_book,
    shortened_note,
    width_of,
    write_cell,
    write_notes,
    write_totals,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finops.report.document.model import Document, Figure, Section, Table
    from finops.report.model import Cell, ReportColumn

__all__ = ["render_xlsx"]

_LONGEST_NAME = 31
"""Characters of a sheet's name."""

_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")

_SOURCES = "Sources"

_CHART_ROWS = 18
"""Rows a chart covers."""

_A4 = 9
"""Paper, by the number spreadsheets know it by."""

_PROSE = 26
"""Characters a column of prose is wide where other tables share it; it wraps."""

_LINE = 15.0
"""Height of a line, in points."""

_NARROWEST = 60
"""Characters prose has beside narrow tables."""


class _Sheet(NamedTuple):
    """A sheet being written, with its name."""

    sheet: Any
    name: str

    def area(self, first: tuple[int, int], last: tuple[int, int]) -> str:
        """Its cells from `first` to `last` (row, column), as a formula names them."""
        from xlsxwriter.utility import xl_rowcol_to_cell

        corners = (xl_rowcol_to_cell(*at, row_abs=True, col_abs=True) for at in (first, last))
        return f"='{self.name}'!{':'.join(corners)}"


def render_xlsx(document: Document) -> bytes:
    """The workbook's bytes; UsageError when a sheet cannot hold a table's rows."""
    buffer = io.BytesIO()
    made = new_book(buffer, document.headline)
    for heading, section in numbered(document):
        _section(made, document, heading, section)
    _sources(made, document)
    made.book.close()
    return buffer.getvalue()


def _section(made: Book, document: Document, heading: str, section: Section) -> None:
    page = _add(made, heading.replace(".", "", 1))
    made.text(page.sheet, 0, 0, f"{heading} · {document.headline}", bold=True, font_size=14)
    page.sheet.freeze_panes(1, 0)
    page.sheet.set_paper(_A4)
    page.sheet.fit_to_pages(1, 0)
    long = [table for table in section.tables if table.detail]
    short = [table for table in section.tables if not table.detail]
    widths = _widths(page.sheet, section, short)
    room = max(sum(widths.values()), _NARROWEST)
    row = _prose(made, page, 2, [sentence.text for sentence in section.sentences], room)
    if section.figures:
        row = _figures(made, page, row + 1, section)
    used = max(len(widths), 1)
    for table in short:
        made.text(page.sheet, row + 1, 0, visible(table.report.title), bold=True)
        end = _table(made, page, row + 2, section, table)
        end = _prose(made, page, end, table.report.notes, room) + 1
        place = Place(page.name, row + 2, (end, 0), used + 1)
        row = end + _CHART_ROWS if _chart(made, page, table, place) else end
    for table in long:
        name = _own_sheet(made, heading, section, table)
        page.sheet.write_url(row + 1, 0, f"internal:'{name}'!A1", string=_link(table, name))
        row += 1
    end = _prose(made, page, row + 2, (*why_missing(section), *section.notes), room)
    page.sheet.print_area(0, 0, end, used - 1)


def _prose(made: Book, page: _Sheet, row: int, texts: Sequence[str], room: int) -> int:
    """Each text over as many rows as it takes in `room` characters; the first row left free."""
    for text in texts:
        for line in textwrap.wrap(visible(text), room):
            made.text(page.sheet, row, 0, line)
            row += 1
    return row


def _link(table: Table, name: str) -> str:
    return f"{visible(table.report.title)}: sheet {name}"


def _add(made: Book, name: str) -> _Sheet:
    """A new sheet called `name` as far as that can be, unlike every other."""
    known = {sheet.get_name().lower() for sheet in made.book.worksheets()}
    plain = _FORBIDDEN.sub(" ", visible(name)).strip() or "Sheet"
    found, number = plain[:_LONGEST_NAME].strip(), 1
    while found.lower() in known:
        number += 1
        found = f"{plain[: _LONGEST_NAME - 4].strip()} {number}"
    return _Sheet(made.book.add_worksheet(found), found)


def _name(made: Book, name: str, area: str) -> None:
    """Give `area` a name formulas can use."""
    made.book.define_name(_spelled(name), area)


def _spelled(name: str) -> str:
    return re.sub(r"\W", "_", name, flags=re.ASCII)


def _figures(made: Book, page: _Sheet, row: int, section: Section) -> int:
    """Every figure with what it is held against; the first row left free."""
    against = compared(section.figures)
    heads = ["Figure", "Unit", "Value", *(h for each in against for h in (each.title, "Change"))]
    for at, head in enumerate(heads):
        side = "left" if at <= 1 else "right"
        made.text(page.sheet, row, at, head, bold=True, bottom=1, align=side)
    for offset, figure in enumerate(section.figures, start=1):
        place = row + offset
        made.text(page.sheet, place, 0, visible(figure.title))
        made.text(page.sheet, place, 1, visible(figure.unit))
        write_cell(made, page.sheet, (place, 2), figure.value, figure.style, bold=True)
        _held_against(made, page, place, figure, [each.name for each in against])
        _name(made, f"{section.name}_{figure.name}", page.area((place, 2), (place, 2)))
    return row + len(section.figures) + 2


def _held_against(made: Book, page: _Sheet, row: int, figure: Figure, names: list[str]) -> None:
    for at, name in enumerate(names):
        found = next((each for each in figure.against if each.name == name), None)
        if found is None:
            continue
        column = 3 + 2 * at
        write_cell(made, page.sheet, (row, column), found.value, figure.style)
        if found.change is not None:
            write_cell(made, page.sheet, (row, column + 1), found.change, Style.RATIO)


def _shown(table: Table) -> tuple[ReportColumn, ...]:
    return tuple(column for column in table.report.columns if column.shown)


def _table(
    made: Book, page: _Sheet, row: int, section: Section, table: Table, *, prose: int = _PROSE
) -> int:
    """Header, rows and totals from `row` on, prose in `prose` characters a line; the first row left free."""
    columns = _shown(table)
    check_rows(table.report, "--format zip")
    for at, column in enumerate(columns):
        look = {**header_look(column), **_set_off(at, column)}
        made.text(page.sheet, row, at, title_text(column), **look)
    end = row + 1
    for each in table.report.rows:
        for at, column in enumerate(columns):
            look = _set_off(at, column)
            write_cell(made, page.sheet, (end, at), each[column.name], column.style, **look)
        lines = [_lines(each[column.name], column, table, prose) for column in columns]
        if max(lines, default=1) > 1:
            page.sheet.set_row(end, _LINE * max(lines))
        end += 1
    last = (max(end - 1, row), max(len(columns) - 1, 0))
    _name(made, f"{section.name}_{table.name}", page.area((row, 0), last))
    _make_native(made, page, (row, *last), section, table)
    if table.report.totals is not None:
        write_totals(made, page.sheet, end, columns, table.report.totals)
        end += 1
    return end


def _set_off(at: int, column: ReportColumn) -> dict[str, object]:
    """Words that stand beside numbers are set off from them."""
    return {"indent": 1} if at and not is_number(column) else {}


def _lines(cell: Cell, column: ReportColumn, table: Table, prose: int) -> int:
    """Lines the text takes: not every program makes a row of a file it opens as high as its text."""
    width = width_of(table.report, column)
    room = (min(width, prose) if column.prose else width) - 2
    return 1 if is_number(column) else len(textwrap.wrap(cell_text(cell, column.style), room)) or 1


def _make_native(
    made: Book, page: _Sheet, place: tuple[int, int, int], section: Section, table: Table
) -> None:
    """Make header and rows a table of Excel's; what has no rows, or one heading twice, cannot be one."""
    columns = _shown(table)
    heads = [neutral(title_text(column)) for column in columns]
    if not table.report.rows or not all(heads) or len({h.casefold() for h in heads}) < len(heads):
        return
    row, last, right = place
    looks = [
        made.format(**header_look(column), **_set_off(at, column))
        for at, column in enumerate(columns)
    ]
    told = [
        {"header": head, "header_format": look} for head, look in zip(heads, looks, strict=True)
    ]
    name = f"{_spelled(f'{section.name}_{table.name}')}_table"
    plain = {"name": name, "style": "Table Style Light 1", "columns": told}
    page.sheet.add_table(row, 0, last, right, plain)


def _chart(made: Book, page: _Sheet, table: Table, place: Place) -> bool:
    """Whether the table has a chart, which now stands at `place`."""
    if table.chart is None or not table.report.rows:
        return False
    draw(made, page.sheet, table, place)
    return True


def _own_sheet(made: Book, heading: str, section: Section, table: Table) -> str:
    """A long table on a sheet of its own, its header frozen; the sheet's name."""
    number = heading.partition(".")[0]
    page = _add(made, f"{number} {table.report.title}")
    columns = _shown(table)
    end = _table(made, page, 0, section, table, prose=WIDEST)
    write_notes(made, page.sheet, end + 1, table.report.notes)
    page.sheet.freeze_panes(1, 0)
    page.sheet.repeat_rows(0)
    page.sheet.set_landscape()
    page.sheet.fit_to_pages(1, 0)
    for at, column in enumerate(columns):
        page.sheet.set_column(at, at, width_of(table.report, column))
    if table.chart is not None and table.report.rows:
        draw(made, page.sheet, table, Place(page.name, 0, (1, len(columns) + 1), len(columns) + 12))
    return page.name


def _widths(sheet: Any, section: Section, tables: list[Table]) -> dict[int, int]:  # noqa: ANN401  (xlsxwriter)
    """Columns as wide as the widest of what stands in them; each column used, and its width."""
    widest: dict[int, int] = {}
    for table in tables:
        for at, column in enumerate(_shown(table)):
            width = width_of(table.report, column)
            widest[at] = max(widest.get(at, 0), min(width, _PROSE) if column.prose else width)
    if section.figures:
        longest = max(len(figure.title) for figure in section.figures)
        widest[0] = max(widest.get(0, 0), longest + 2)
        for at in range(1, 3 + 2 * len(compared(section.figures))):
            widest[at] = max(widest.get(at, 0), 16)
    for at, width in widest.items():
        sheet.set_column(at, at, width)
    return widest


def _sources(made: Book, document: Document) -> None:
    """What the document was made from, and what is not in it."""
    page = _add(made, _SOURCES)
    page.sheet.set_column(0, 0, 28)
    page.sheet.set_column(1, 1, 90)
    for at, head in enumerate(("What", "Value")):
        made.text(page.sheet, 0, at, head, bold=True, bottom=1)
    page.sheet.freeze_panes(1, 0)
    facts = [(fact.title, fact.value) for fact in document.facts]
    facts.append(("Content", f"sha256:{content_digest(document)}"))
    facts += [(f"Left out: {each.title}", each.why) for each in document.omitted]
    for row, (title, value) in enumerate(facts, start=1):
        made.text(page.sheet, row, 0, visible(title))
        made.text(page.sheet, row, 1, visible(value), text_wrap=True)
    write_notes(made, page.sheet, len(facts) + 2, shortened_note(made))
