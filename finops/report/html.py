"""A report as one HTML page that stands alone: no script, no font, no address outside it.

People print it, mail it and read it with a screen reader, so: header cells say what they head, numbers
carry every digit in their `value`, colour says nothing alone, and wide tables scroll inside their own
region. The content security policy in the page lets nothing load, whatever a name in the data contains.
"""

from __future__ import annotations

import math
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING

from finops.report.cells import cell_text, headline, is_number, title_text, total_texts, visible
from finops.report.numbers import exact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from finops.report.model import Cell, Report, ReportColumn, Row

__all__ = ["STYLE", "page", "render_html", "table_lines"]

STYLE = """
:root { color-scheme: light dark; --ink: #1a1a1a; --paper: #ffffff; --line: #8a8a8a; --band: #f2f2f2; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ededed; --paper: #161616; --line: #7d7d7d; --band: #242424; }
}
body { color: var(--ink); background: var(--paper); font: 1rem/1.5 system-ui, sans-serif; margin: 2rem; }
main { max-width: 75rem; margin: auto; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; }
.wide { overflow-x: auto; }
.wide:focus { outline: 2px solid var(--ink); outline-offset: 2px; }
table { border-collapse: collapse; }
caption { text-align: left; padding-bottom: .4rem; }
th, td { padding: .3rem .7rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
thead th { border-bottom: 2px solid var(--line); vertical-align: bottom; }
tbody th { font-weight: normal; }
tbody tr:nth-child(even) { background: var(--band); }
tfoot th, tfoot td { border-top: 2px solid var(--line); font-weight: bold; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
footer { color: var(--ink); font-size: .85rem; margin-top: 2rem; overflow-wrap: anywhere; }
@media print {
  :root { --ink: #000000; --paper: #ffffff; --line: #666666; --band: #ffffff; }
  @page { margin: 15mm; }
  body { margin: 0; font-size: 9.5pt; } main { max-width: none; } .wide { overflow: visible; }
  thead { display: table-header-group; } tfoot { display: table-row-group; }
  tr { break-inside: avoid; }
}
""".strip()
"""Readable on screen, in the dark and on paper."""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def render_html(report: Report) -> bytes:
    """The page: heading, table with totals as its foot, notes."""
    return page(headline(report), _body(report), source=report.schema)


def page(title: str, body: Iterable[str], *, source: str, style: str = "") -> bytes:
    """A whole page around `body`'s lines of markup; `source` names the schema of what it shows.

    `style` is added to the sheet every page has.
    """
    sheet = f"{STYLE}\n{style}" if style else STYLE
    lines = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_text(title)}</title>",
        f"<style>\n{sheet}\n</style>",
        "</head>",
        "<body>",
        "<main>",
        f"<h1>{_text(title)}</h1>",
        *body,
        f"<footer>{_text(source)}</footer>",
        "</main>",
        "</body>",
        "</html>",
    ]
    return ("\n".join(lines) + "\n").encode(errors="replace")


def table_lines(report: Report, caption: str) -> Iterator[str]:
    """The table of `report` in a region that scrolls by itself and can be reached with the keyboard."""
    columns = tuple(column for column in report.columns if column.shown)
    yield f'<div class="wide" role="region" aria-label="{_text(caption)}" tabindex="0">'
    yield "<table>"
    yield f"<caption>{_text(caption)}</caption>"
    yield "<thead>"
    yield f"<tr>{''.join(_head(column) for column in columns)}</tr>"
    yield "</thead>"
    yield "<tbody>"
    for row in report.rows:
        yield f"<tr>{_cells(columns, row)}</tr>"
    if not report.rows:
        yield f'<tr><td colspan="{max(len(columns), 1)}">(no rows)</td></tr>'
    yield "</tbody>"
    if report.totals is not None:
        yield f"<tfoot>\n<tr>{_totals(columns, report.totals)}</tr>\n</tfoot>"
    yield "</table>"
    yield "</div>"


def _body(report: Report) -> Iterator[str]:
    count = len(report.rows)
    yield from table_lines(report, f"{count:,} row{'' if count == 1 else 's'}")
    if report.notes:
        yield "<h2>Notes</h2>"
        yield "<ul>"
        yield from (f"<li>{_text(note)}</li>" for note in report.notes)
        yield "</ul>"


def _head(column: ReportColumn) -> str:
    return f'<th scope="col"{_class(column)}>{_text(title_text(column))}</th>'


def _cells(columns: tuple[ReportColumn, ...], row: Row) -> str:
    parts = []
    for index, column in enumerate(columns):
        inside = _value(row[column.name], cell_text(row[column.name], column.style))
        opening, closing = ('th scope="row"', "th") if index == 0 else ("td", "td")
        parts.append(f"<{opening}{_class(column)}>{inside}</{closing}>")
    return "".join(parts)


def _totals(columns: tuple[ReportColumn, ...], totals: Row) -> str:
    texts = total_texts(columns, totals)
    parts = []
    for index, (column, text) in enumerate(zip(columns, texts, strict=True)):
        opening, closing = ('th scope="row"', "th") if index == 0 else ("td", "td")
        inside = _value(totals.get(column.name), text)
        parts.append(f"<{opening}{_class(column)}>{inside}</{closing}>")
    return "".join(parts)


def _class(column: ReportColumn) -> str:
    return ' class="number"' if is_number(column) else ""


def _value(cell: Cell, text: str) -> str:
    """`text`, with every digit of a number beside it for whoever copies the page into a program."""
    if isinstance(cell, bool) or not isinstance(cell, int | float | Decimal):
        return _text(text)
    if not math.isfinite(cell):
        return _text(text)
    digits = exact(cell) if isinstance(cell, Decimal) else repr(cell)
    return f'<data value="{digits}">{_text(text)}</data>'


def _text(text: str) -> str:
    return escape(visible(text))
