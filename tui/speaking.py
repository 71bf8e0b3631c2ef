"""The interface as plain lines, for whoever listens to it: a row as a sentence, the cell under the cursor in words.

`finops tui --text` draws no boxes and no bars, moves nothing by itself and stands in one column; what the
cursor is on is said in a line of its own, which a screen reader speaks when it changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.filter import LineFilter

from finops.report.cells import title_text

if TYPE_CHECKING:
    from textual.color import Color

    from tui.frame import Frame

__all__ = ["PlainText", "sentence", "spoken"]

_GLYPHS = {
    "▸": ">",
    "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}": ">",
    "▲": " ",
    "▼": " ",
    "·": ",",
    "…": "~",
    "✓": "*",
    "■": " ",
}
_DRAWN = range(0x2500, 0x25A0)
"""Lines, corners and blocks."""

_PLAIN = str.maketrans({**{chr(code): " " for code in _DRAWN}, **_GLYPHS})


def sentence(frame: Frame, texts: tuple[str, ...]) -> str:
    """A row or the totals: the first column, then each other by its title, `n/a` included."""
    first, *others = texts
    titles = [title_text(column) for column in frame.columns[1:]]
    said = [f"{title} {text}" for title, text in zip(titles, others, strict=True) if text.strip()]
    return "; ".join([first.strip(), *said])


def spoken(frame: Frame, place: int, column: int) -> str:
    """Where the cursor is and what is there: `Row 2 of 5: Models. Billed: 12.12`."""
    if not len(frame) or not frame.columns:
        return "No rows."
    texts = frame.texts(place)
    where = f"Row {place + 1:,} of {len(frame):,}: {texts[0]}."
    if column == 0:
        return where
    return f"{where} {title_text(frame.columns[column])}: {texts[column].strip()}."


class PlainText(LineFilter):
    """Puts letters and spaces where lines, blocks and arrows would be drawn; every line keeps its width."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments without anything drawn."""
        del background
        return [
            Segment(text.translate(_PLAIN), style, control) for text, style, control in segments
        ]
