"""A table that draws only the lines it shows: a million rows open as fast as ten.

The head stands on top, totals at the bottom and the leading text columns to the left, whatever is
scrolled. The cursor is a cell; a mark in the margin repeats it for whoever sees no colours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from finops.report.cells import is_number, title_text
from tui.actions import MOVES
from tui.frame import fitted, width_limit
from tui.frame_look import GAP, MARGIN, UNMARKED, Look
from tui.speaking import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events

    from finops.report.model import Row
    from tui.frame import Frame

__all__ = ["FrameTable"]

STRIPS = 2_000
"""Lines of rows that are kept as they were drawn."""


class FrameTable(ScrollView, can_focus=True):
    """Shows a `Frame`; posts `Opened` for Enter or a double click, `Headed` for a click on a title."""

    DEFAULT_CSS = """
    FrameTable { scrollbar-size: 1 1; }
    FrameTable > .frame--head { text-style: bold; color: $text-accent; background: $panel; }
    FrameTable > .frame--total { text-style: bold; background: $panel; }
    FrameTable > .frame--text { color: $foreground; }
    FrameTable > .frame--number { color: $foreground; }
    FrameTable > .frame--missing { color: $text-muted; }
    FrameTable > .frame--row { background: $boost; }
    FrameTable > .frame--cursor { background: $primary-muted; color: $text; }
    FrameTable:focus > .frame--cursor { background: $primary; color: $text; text-style: bold; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "frame--head",
        "frame--total",
        "frame--text",
        "frame--number",
        "frame--missing",
        "frame--row",
        "frame--cursor",
    }
    BINDINGS: ClassVar = [
        Binding(
            action.keys,
            action.id.replace(".", "_"),
            action.name,
            show=False,
            tooltip=action.help,
            id=action.id,
        )
        for action in MOVES
    ]

    place = reactive(0, repaint=False)
    """Row of the cursor, from the top."""
    column = reactive(0, repaint=False)
    """Column of the cursor."""

    class Opened(Message):
        """A row was chosen."""

    class Moved(Message):
        """The cursor is on another cell."""

    class Headed(Message):
        """The title of a column was clicked."""

        def __init__(self, column: str) -> None:
            super().__init__()
            self.column = column

    def __init__(
        self,
        frame: Frame | None = None,
        *,
        linear: bool = False,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self.frame = frame
        self.linear = linear
        """Whether each row is a sentence instead of cells in columns."""
        self._look: Look | None = None
        self._looked = False
        self._strips: LRUCache[tuple[int, int, int], Strip] = LRUCache(STRIPS)

    def on_mount(self) -> None:
        """Take the size of what is there."""
        self._measure()

    def show(self, frame: Frame, *, keep: Row | None = None) -> None:
        """Show `frame`; the cursor stays on the row that reads like `keep`, else near where it was."""
        here = frame.place_of(keep) if keep is not None else None
        self.frame = frame
        self._measure()
        self.place = here if here is not None else min(self.place, max(0, len(frame) - 1))
        self.column = min(self.column, max(0, len(frame.columns) - 1))
        self._reveal()
        self.refresh()
        self.post_message(self.Moved())

    @property
    def row(self) -> Row | None:
        """The row under the cursor; None in an empty table."""
        return self.frame.row(self.place) if self.frame is not None and len(self.frame) else None

    # --- where things stand -----------------------------------------------------------------

    @property
    def body(self) -> int:
        """Lines there are for rows."""
        totals = 1 if self.frame is not None and self.frame.totals else 0
        return max(1, self.scrollable_content_region.height - 1 - totals)

    @property
    def widths(self) -> tuple[int, ...]:
        """Cells of each column, the room that is left over given to texts that were cut."""
        frame = self.frame
        if frame is None:
            return ()
        used = MARGIN + sum(frame.widths) + GAP * (len(frame.widths) - 1)
        return frame.roomed(max(0, self.scrollable_content_region.width - used))

    def _fixed(self) -> int:
        """How many leading columns stay: text before the first number, at most half of the width."""
        if self.frame is None:
            return 0
        count, used = 0, MARGIN
        for column, width in zip(self.frame.columns, self.widths, strict=True):
            used += width + GAP
            if is_number(column) or used * 2 > self.size.width:
                break
            count += 1
        return count

    def _starts(self) -> list[int]:
        """Cell at which each column begins, and where the last ends, unscrolled."""
        starts = [MARGIN]
        for width in self.widths:
            starts.append(starts[-1] + width + GAP)
        return starts

    def _measure(self) -> None:
        if self.frame is None:
            return
        totals = 1 if self.frame.totals else 0
        wide = 1 if self.linear else max(1, self._starts()[-1] - GAP)
        self.virtual_size = Size(wide, len(self.frame) + 1 + totals)

    def _reveal(self) -> None:
        """Scroll so that the cursor is seen."""
        if self.frame is None:
            return
        top = round(self.scroll_y)
        if self.place < top:
            self.scroll_to(y=self.place, animate=False)
        elif self.place >= top + self.body:
            self.scroll_to(y=self.place - self.body + 1, animate=False)
        fixed = self._fixed()
        if self.linear or self.column < fixed:
            return
        starts = self._starts()
        held = starts[fixed]
        left, right = starts[self.column], starts[self.column + 1] - GAP
        if left - self.scroll_x < held:
            self.scroll_to(x=left - held, animate=False)
        elif right - self.scroll_x > self.scrollable_content_region.width:
            self.scroll_to(x=right - self.scrollable_content_region.width, animate=False)

    # --- drawing ----------------------------------------------------------------------------

    def render_lines(self, crop: Region) -> list[Strip]:
        """Lines of what is seen; what all of them need is found once, and a line once until it changes."""
        self._looked = False
        return super().render_lines(crop)

    def _current_look(self) -> Look | None:
        if not self._looked:
            look = self._found_look()
            if look is None or not look.is_like(self._look):
                self._strips.clear()
            self._look, self._looked = look, True
        return self._look

    def _found_look(self) -> Look | None:
        if self.frame is None or not self.frame.columns:
            return None
        base, row = self.rich_style, self._style("row")
        text, missing = self._style("text").color, self._style("missing").color
        return Look(
            self.frame,
            self.scrollable_content_region.width,
            self.widths,
            self._fixed(),
            base,
            row,
            self._style("cursor"),
            tuple(each + Style(color=color) for each in (base, row) for color in (text, missing)),
        )

    def render_line(self, y: int) -> Strip:
        """The head, a row, or the totals, `y` lines from the top of what is seen."""
        look, frame = self._current_look(), self.frame
        if frame is None or look is None:
            return Strip.blank(self.scrollable_content_region.width, self.rich_style)
        if y == 0:
            return self._line(look, self._titles(frame), self._style("head"))
        last = self.scrollable_content_region.height - 1
        if frame.totals and y == min(last, len(frame) + 1):
            return self._line(look, frame.totals, self._style("total"))
        place = round(self.scroll_y) + y - 1
        if place >= len(frame):
            return Strip.blank(look.width, look.base)
        return self._row_line(look, frame, place)

    def _row_line(self, look: Look, frame: Frame, place: int) -> Strip:
        marked = self.column if place == self.place else UNMARKED
        key = (place, marked, round(self.scroll_x))
        found = self._strips.get(key)
        if found is None:
            texts = frame.texts(place)
            self._widen(texts)
            found = self._strips[key] = self._line(look, texts, None, place=place)
        return found

    def _refresh_row(self, place: int) -> None:
        """Draw one row again."""
        y = place - round(self.scroll_y) + 1
        if 0 < y <= self.body:
            self.refresh(Region(0, y, self.size.width, 1))

    def _titles(self, frame: Frame) -> list[str]:
        titles = []
        for column in frame.columns:
            title = title_text(column)
            if frame.sort is not None and frame.sort.column == column.name:
                title = f"{title} {'▼' if frame.sort.descending else '▲'}"
            titles.append(title)
        return titles

    def _widen(self, texts: Sequence[str]) -> None:
        """Give way to a number wider than all that were measured."""
        frame = self.frame
        if frame is None:
            return
        needed = [
            width_limit(column, cell_len(text))
            for column, text in zip(frame.columns, texts, strict=True)
        ]
        if any(need > has for need, has in zip(needed, frame.widths, strict=True)):
            self.frame = frame.widened(needed)
            self.call_after_refresh(self._rewidened)

    def _rewidened(self) -> None:
        self._measure()
        self.refresh()

    def _line(
        self, look: Look, texts: Sequence[str], style: Style | None, *, place: int | None = None
    ) -> Strip:
        """One line: the columns that stay, then the part of the others that is scrolled into view."""
        if self.linear:
            return self._sentence(texts, look.width, place)
        marked = place is not None and place == self.place
        base = style or (look.row if marked else look.base)
        pieces = look.pieces(texts, style, self.column if marked else UNMARKED, marked=marked)
        margin = Segment("▸ " if marked else "  ", base)
        held = Strip([margin, *(piece for part in pieces[: look.fixed] for piece in part)])
        rest = Strip([piece for part in pieces[look.fixed :] for piece in part])
        room = max(0, look.width - held.cell_length)
        left = round(self.scroll_x)
        return Strip.join([held, rest.crop_extend(left, left + room, base)]).adjust_cell_length(
            look.width, base
        )

    def _sentence(self, texts: Sequence[str], width: int, place: int | None) -> Strip:
        """The line as words: titles as they are, a row or the totals each value by its title."""
        if self.frame is None:
            return Strip.blank(width, self.rich_style)
        here = place is not None and place == self.place
        style = self._style("cursor" if here else "text") + Style(bold=here)
        head = place is None and list(texts) == self._titles(self.frame)
        words = ", ".join(texts) if head else sentence(self.frame, tuple(texts))
        line = fitted(f"{'>' if here else ' '} {words}", width, right=False)
        return Strip([Segment(line, style)])

    def _style(self, part: str) -> Style:
        return self.get_component_rich_style(f"frame--{part}")

    # --- moving -----------------------------------------------------------------------------

    def _go(self, place: int, column: int | None = None) -> None:
        if self.frame is None or not len(self.frame):
            return
        before, seen = self.place, (self.scroll_x, self.scroll_y)
        self.place = max(0, min(len(self.frame) - 1, place))
        if column is not None:
            self.column = max(0, min(len(self.frame.columns) - 1, column))
        self._reveal()
        if seen == (self.scroll_x, self.scroll_y):
            self._refresh_row(before)
            self._refresh_row(self.place)
        self.post_message(self.Moved())

    def action_row_up(self) -> None:
        """One row up."""
        self._go(self.place - 1)

    def action_row_down(self) -> None:
        """One row down."""
        self._go(self.place + 1)

    def action_row_left(self) -> None:
        """One column to the left."""
        self._go(self.place, self.column - 1)

    def action_row_right(self) -> None:
        """One column to the right."""
        self._go(self.place, self.column + 1)

    def action_row_page_up(self) -> None:
        """One page up."""
        self._go(self.place - self.body)

    def action_row_page_down(self) -> None:
        """One page down."""
        self._go(self.place + self.body)

    def action_row_first(self) -> None:
        """The first row."""
        self._go(0)

    def action_row_last(self) -> None:
        """The last row."""
        self._go(len(self.frame) - 1 if self.frame is not None else 0)

    def action_row_first_column(self) -> None:
        """The first column."""
        self._go(self.place, 0)

    def action_row_last_column(self) -> None:
        """The last column."""
        self._go(self.place, len(self.frame.columns) - 1 if self.frame is not None else 0)

    # --- the mouse --------------------------------------------------------------------------

    def column_at(self, x: int) -> int | None:
        """The column `x` cells from the left of what is seen; None beside all of them."""
        if self.frame is None:
            return None
        if self.linear:
            return self.column
        fixed, starts = self._fixed(), self._starts()
        there = x if x < starts[fixed] else x + round(self.scroll_x)
        return next(
            (
                index
                for index in range(len(self.frame.columns))
                if starts[index] <= there < starts[index + 1]
            ),
            None,
        )

    def on_click(self, event: events.Click) -> None:
        """A title sorts, a cell takes the cursor, a double click opens."""
        column = self.column_at(event.x)
        if self.frame is None or column is None:
            return
        if event.y == 0:
            self.post_message(self.Headed(self.frame.columns[column].name))
            return
        place = round(self.scroll_y) + event.y - 1
        if event.y > self.body or place >= len(self.frame):
            return
        self._go(place, column)
        if event.chain == 2:  # noqa: PLR2004  (a double click)
            self.post_message(self.Opened())
