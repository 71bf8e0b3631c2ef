"""The overview's pane: its panels side by side, each filled as its answer arrives."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual.binding import Binding
from textual.containers import Grid
from textual.widgets import Static

from finops.errors import FinopsError
from tui.explaining import Explained, of_all
from tui.pane import Pane
from tui.panes.panels import PANELS, PanelKind
from tui.words import error_words, waiting_words

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

    from finops.api.answer import Answer
    from tui.actions import Context
    from tui.call import Call

__all__ = ["OverviewPane", "Panel"]


class Panel(Static, can_focus=True):
    """One panel: focus it, and `y` copies its command, Enter opens the view behind it."""

    DEFAULT_CSS = """
    Panel { border: round $edge; border-title-color: $foreground; padding: 0 1; height: 1fr; }
    Panel:focus { border: heavy $primary; border-title-style: bold; }
    Panel.drawn { text-wrap: nowrap; text-overflow: ellipsis; }
    """
    answer: Answer[Any] | None = None

    def __init__(self, kind: PanelKind) -> None:
        super().__init__(id=f"panel-{kind.name}", markup=False)
        self.kind = kind
        self.border_title = kind.title

    def show(self, answer: Answer[Any]) -> None:
        """Draw the answer in the room there is."""
        self.answer = answer
        self.redraw()

    def redraw(self) -> None:
        """Draw again what is there."""
        if self.answer is not None:
            size = self.content_size
            drawn = self.kind.draw(self.answer, max(size.width, 20), max(size.height, 3))
            plain = self.app.has_class("text")
            self.update(Text(f"{self.kind.title}: ").append(drawn) if plain else drawn)
            self.add_class("drawn")

    def say(self, words: str) -> None:
        """Words in the answer's place."""
        self.remove_class("drawn")
        self.update(words)

    def on_resize(self, event: events.Resize) -> None:
        """Fill the new room."""
        del event
        self.redraw()


class OverviewPane(Pane):
    """The first screen."""

    DEFAULT_CSS = """
    OverviewPane > Grid { grid-size: 2; grid-gutter: 0 1; height: 1fr; }
    """
    BINDINGS = [  # noqa: RUF012  (as Textual declares them)
        Binding("down,right,j,l", "panel(1)", show=False),
        Binding("up,left,k,h", "panel(-1)", show=False),
    ]

    _chosen: Panel | None = None
    """The panel that had focus last."""

    def compose(self) -> ComposeResult:
        """Every panel."""
        with Grid():
            for kind in PANELS:
                yield Panel(kind)

    @property
    def panels(self) -> list[Panel]:
        """The panels, in order."""
        return list(self.query(Panel))

    @property
    def current(self) -> Panel:
        """The panel that has focus or had it last, else the first."""
        return next(
            (panel for panel in self.panels if panel.has_focus), self._chosen or self.panels[0]
        )

    @property
    def context(self) -> Context:
        """What keys may depend on: every panel leads to a view, and has numbers."""
        return replace(super().context, opens=True, explains=bool(self.explained()))

    def explained(self) -> tuple[Explained, ...]:
        """The numbers of the panel that has focus."""
        if not self.is_mounted or self.current.answer is None:
            return ()
        kind, state = self.current.kind, self.state
        return tuple(of_all(kind.call(state), name, state.span) for name in kind.numbers)

    def answer_shown(self) -> Answer[Any] | None:
        """The answer of the panel that has focus."""
        return self.current.answer

    @property
    def call(self) -> Call:
        """The call of the panel that has focus."""
        if not self.is_mounted:
            return self.view.call(self.state)
        return self.current.kind.call(self.state)

    async def answers(self) -> Answer[Any]:
        """Fill the panels one after another; one that fails says why and leaves the others alone."""
        first: Answer[Any] | None = None
        for panel in self.panels:
            found = await self._fill(panel)
            first = first or found
        if first is None:
            raise FinopsError("no panel has an answer")
        return first

    async def _fill(self, panel: Panel) -> Answer[Any] | None:
        call = panel.kind.call(self.state)
        try:
            answer = await self.desk.answer(call)
        except FinopsError as error:
            panel.answer = None
            panel.say(error_words(error))
            return None
        panel.show(answer)
        return answer

    def waiting(self, seconds: float) -> None:
        """Say so in the panels that have nothing yet."""
        for panel in self.panels:
            if panel.answer is None:
                line = panel.kind.call(self.state).line(ledger=self.desk.ledger)
                panel.say(waiting_words(line, seconds, plain=self.plain))

    @property
    def spoken_text(self) -> str:
        """Which panel has focus, and its first line."""
        place = self.panels.index(self.current) + 1 if self.is_mounted else 1
        kind = self.current.kind if self.is_mounted else PANELS[0]
        return f"Panel {place} of {len(PANELS)}: {kind.title}. Enter opens {kind.view}."

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Keys and words depend on the panel."""
        if self.display and isinstance(event.widget, Panel):
            self._chosen = event.widget
        self.post_message(self.Changed())

    def position(self) -> dict[str, Any]:
        """The panel that has focus."""
        return {"panel": self.current.kind.name} if self.is_mounted else {}

    def action_panel(self, steps: int) -> None:
        """Give the keyboard to the next panel, or the one before."""
        panels = self.panels
        panels[(panels.index(self.current) + steps) % len(panels)].focus()

    def open_row(self) -> None:
        """Go to the view behind the panel."""
        self.app.action_act(f"go.{self.current.kind.view}")  # type: ignore[attr-defined]

    def focus_first(self) -> None:
        """The panel that had the keyboard the last time, else the first."""
        named = self.remembered.get("panel")
        chosen = (panel for panel in self.panels if panel.kind.name == named)
        next(chosen, self.panels[0]).focus()
