"""The lines around a pane: views and ledger on top, the way here below them, keys at the bottom."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events

__all__ = ["Bar", "Hot", "fit_hots"]


LEGIBLE = 12
"""Cells below which a note is left out rather than cut."""


class Hot(NamedTuple):
    """A clickable word: what clicking does, the key that does the same, and what it says."""

    action: str
    key: str
    label: str
    lit: bool = False
    """Whether it is where we are."""

    @property
    def width(self) -> int:
        """Cells it takes, the space behind it included."""
        return cell_len(self.key) + cell_len(self.label) + (3 if self.key else 2)


def fit_hots(hots: Sequence[Hot], width: int, *, always: int = 0) -> list[Hot]:
    """The first of `hots` that fit into `width`; the last `always` of them stand whatever it takes."""
    kept, last = list(hots[: len(hots) - always]), list(hots[len(hots) - always :])
    room = width - sum(each.width for each in last)
    while kept and sum(each.width for each in kept) > room:
        kept.pop()
    return [*kept, *last]


class Bar(Widget):
    """One line of clickable words to the left and plain ones to the right."""

    DEFAULT_CSS = """
    Bar { height: 1; background: $panel; color: $foreground; padding: 0 1; }
    Bar > .bar--key { color: $text-accent; text-style: bold; }
    Bar > .bar--lit { background: $primary; color: $text; text-style: bold; }
    Bar > .bar--note { color: $text-muted; }
    """
    COMPONENT_CLASSES = {"bar--key", "bar--lit", "bar--note"}  # noqa: RUF012  (as Textual declares it)

    hots: reactive[tuple[Hot, ...]] = reactive(())
    note: reactive[str] = reactive("")

    class Clicked(Message):
        """A word was clicked."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(self, *, always: int = 0, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.always = always

    def shown(self) -> list[Hot]:
        """The words there is room for."""
        return fit_hots(self.hots, self.content_size.width, always=self.always)

    def render(self) -> Text:
        """The line."""
        width = self.content_size.width
        line = Text(no_wrap=True, end="")
        for hot in self.shown():
            if hot.key:
                line.append(f" {hot.key}", self._style("lit" if hot.lit else "key"))
            line.append(f" {hot.label} ", self._style("lit") if hot.lit else "")
        room = width - line.cell_len
        if self.note and room > min(LEGIBLE, cell_len(self.note)):
            words = self.note
            if cell_len(words) > room - 1:
                words = set_cell_size(words, room - 2) + "…"
            line.append(" " * (room - cell_len(words)))
            line.append(words, self._style("note"))
        return line

    def on_click(self, event: events.Click) -> None:
        """Say which word was clicked."""
        start = self.content_offset.x if hasattr(self, "content_offset") else 1
        for hot in self.shown():
            if start <= event.x < start + hot.width:
                self.post_message(self.Clicked(hot.action))
                return
            start += hot.width

    def _style(self, part: str) -> str:
        return str(self.get_component_rich_style(f"bar--{part}"))
