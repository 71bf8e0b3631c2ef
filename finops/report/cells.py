"""How one cell looks to a person: shared by all that people read, so that they cannot disagree."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from finops.report.model import Style
from finops.report.numbers import NUMBER_STYLES, shown

if TYPE_CHECKING:
    from finops.report.model import Cell, Report, ReportColumn, Row

__all__ = ["NO_VALUE", "cell_text", "headline", "is_number", "title_text", "total_texts", "visible"]

NOT_AVAILABLE = "n/a"
"""A number that was not computed; a note says why."""

NO_VALUE = "(none)"
"""A dimension the rows of this group do not have."""

_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control, line-separating and direction-overriding characters: they would move the terminal's cursor,
break the row, or show a name as another."""

_ESCAPES = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def visible(text: str) -> str:
    """`text` on one line, with characters that would steer a terminal spelled out, as escapes."""
    return _UNSAFE.sub(_spell, text)


def _spell(match: re.Match[str]) -> str:
    char = match[0]
    if char in _ESCAPES:
        return _ESCAPES[char]
    return f"\\x{ord(char):02x}" if ord(char) < 0x100 else f"\\u{ord(char):04x}"  # noqa: PLR2004  (one byte)


def is_number(column: ReportColumn) -> bool:
    """Whether the column's cells are numbers: right-aligned and never shortened."""
    return column.style in NUMBER_STYLES


def cell_text(cell: Cell, style: Style) -> str:
    """One cell for a person."""
    if cell is None:
        return NOT_AVAILABLE if style in NUMBER_STYLES else NO_VALUE
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, Mapping):
        return ", ".join(f"{visible(key)} {cell_text(part, style)}" for key, part in cell.items())
    if isinstance(cell, int | float | Decimal):
        return shown(cell, Style.NUMBER if style not in NUMBER_STYLES else style)
    return visible(cell)


def title_text(column: ReportColumn) -> str:
    """The column's title, with the unit its cells leave out."""
    title = visible(column.title)
    if column.style is Style.MILLISECONDS and "ms" not in title.split():
        return f"{title} ms"
    return title


def total_texts(columns: tuple[ReportColumn, ...], totals: Row) -> tuple[str, ...]:
    """The totals row: dimensions stay empty, and the first of them says what the row is."""
    texts = [
        cell_text(totals.get(column.name), column.style)
        if is_number(column) or totals.get(column.name) is not None
        else ""
        for column in columns
    ]
    if texts and not texts[0]:
        texts[0] = "Total"
    return tuple(texts)


def headline(report: Report) -> str:
    """`Spend · 2026-10 · USD`: what, when and in which currency, said once."""
    parts = [visible(report.title)]
    if report.period is not None:
        parts.append(report.period.label)
    if report.currency is not None:
        parts.append(visible(report.currency))
    return " · ".join(parts)
