"""How the lines of a table look at one width and in one theme: where columns stand, and in which style."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.segment import Segment

from finops.report.cells import is_number
from tui.frame import fitted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style

    from tui.frame import Frame

__all__ = ["GAP", "MARGIN", "UNMARKED", "Look"]

MARGIN = 2
"""Cells to the left, where the cursor's row is marked."""

GAP = 2
"""Cells between two columns."""

UNMARKED = -1
"""The cursor's column in a row it is not in."""


class Look(NamedTuple):
    """A frame, the cells there are, the width of each column, how many stay, and the styles of a row."""

    frame: Frame
    width: int
    widths: tuple[int, ...]
    fixed: int
    base: Style
    row: Style
    cursor: Style
    cells: tuple[Style, ...]
    """Of a cell with a value and of one without, in a plain row and in the cursor's."""

    def is_like(self, other: Look | None) -> bool:
        """Whether lines drawn for `other` can stand."""
        return other is not None and other.frame is self.frame and other[1:] == self[1:]

    def pieces(
        self, texts: Sequence[str], style: Style | None, column: int, *, marked: bool
    ) -> list[list[Segment]]:
        """Each column's segments, its text at its width and the gap behind it; all in `style` where there is one.

        `column` is the cursor's; `marked` says whether it is in this row.
        """
        base = style or (self.row if marked else self.base)
        present, missing = self.cells[2:] if marked else self.cells[:2]
        gap = Segment(" " * GAP, base)
        found = []
        for index, (each, width) in enumerate(zip(self.frame.columns, self.widths, strict=True)):
            text = texts[index]
            shown = style or (missing if text in {"n/a", "(none)"} else present)
            if index == column:
                shown = self.cursor
            found.append([Segment(fitted(text, width, right=is_number(each)), shown), gap])
        return found
