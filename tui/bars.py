"""The lines around a pane: views and ledger on top, the way here below them, keys at the bottom."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events

__all__ = ["Bar", "Fit", "Hot", "fit_hots", "fit_tabs", "fit_trail"]


ELLIPSIS = "…"

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
        words = cell_len(self.label) + 2 if self.label else 1
        return words + (cell_len(self.key) + 1 if self.key else 0)


Fit = Callable[["Sequence[Hot]", int], "list[Hot]"]
"""The words of a bar as they stand in so many cells."""


def _wide(hots: Sequence[Hot]) -> int:
    return sum(each.width for each in hots)


def fit_hots(hots: Sequence[Hot], width: int, *, always: int = 0) -> list[Hot]:
    """The first of `hots` that fit into `width`; the last `always` of them stand whatever it takes."""
    kept, last = list(hots[: len(hots) - always]), list(hots[len(hots) - always :])
    room = width - _wide(last)
    while kept and _wide(kept) > room:
        kept.pop()
    return [*kept, *last]


def fit_tabs(hots: Sequence[Hot], width: int) -> list[Hot]:
    """All of `hots`: from the right, those that are not lit lose their words, then fall away."""
    kept = list(hots)
    for place in range(len(kept) - 1, -1, -1):
        if _wide(kept) <= width:
            break
        if kept[place].key and not kept[place].lit:
            kept[place] = kept[place]._replace(label="")
    for hot in reversed([each for each in kept if not each.lit]):
        if _wide(kept) <= width:
            break
        kept.remove(hot)
    return kept


def fit_trail(hots: Sequence[Hot], width: int) -> list[Hot]:
    """The way here: its middle falls away first, the last step's end at the last."""
    kept = list(hots)
    while len(kept) > 2 and _wide(kept) > width:  # noqa: PLR2004  (the first and the last stay)
        gone = 2 if kept[1].label == ELLIPSIS else 1
        if gone >= len(kept) - 1:
            break
        kept[1 : gone + 1] = [kept[gone]._replace(label=ELLIPSIS)]
    over = _wide(kept) - width
    if kept and over > 0:
        last = kept[-1]
        room = max(1, cell_len(last.label) - over - 1)
        kept[-1] = last._replace(label=set_cell_size(last.label, room).rstrip() + ELLIPSIS)
    return kept


class Bar(Widget):
    """One line of clickable words to the left and plain ones to the right."""

    DEFAULT_CSS = """
    Bar { height: 1; background: $panel; color: $foreground; padding: 0 1; }
    Bar > .bar--key { color: $key; text-style: bold; }
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

    def __init__(self, fit: Fit, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.fit = fit

    def shown(self) -> list[Hot]:
        """The words there is room for."""
        return self.fit(self.hots, self.content_size.width)

    def render(self) -> Text:
        """The line."""
        width = self.content_size.width
        line = Text(no_wrap=True, end="")
        for hot in self.shown():
            if hot.key:
                line.append(f" {hot.key}", self._style("lit" if hot.lit else "key"))
            line.append(
                f" {hot.label} " if hot.label else " ", self._style("lit") if hot.lit else ""
            )
        room = width - line.cell_len
        if self.note and room > min(LEGIBLE, cell_len(self.note)):
            words = self.note
            if cell_len(words) > room - 1:
                words = set_cell_size(words, room - 2) + ELLIPSIS
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
