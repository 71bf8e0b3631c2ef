"""The overview's pane: its panels side by side, each filled as its answer arrives."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textual.binding import Binding
from textual.containers import Grid
from textual.widgets import Static

from finops.errors import FinopsError
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
            drawn.no_wrap, drawn.overflow = True, "ellipsis"
            self.update(drawn)

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
        Binding("down,right,j,l", "screen.focus_next('Panel')", show=False),
        Binding("up,left,k,h", "screen.focus_previous('Panel')", show=False),
    ]

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
        """The panel that has focus, else the first."""
        return next((panel for panel in self.panels if panel.has_focus), self.panels[0])

    @property
    def context(self) -> Context:
        """What keys may depend on: every panel leads to a view."""
        return replace(super().context, opens=True)

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
            panel.update(error_words(error))
            return None
        panel.show(answer)
        return answer

    def waiting(self, seconds: float) -> None:
        """Say so in the panels that have nothing yet."""
        for panel in self.panels:
            if panel.answer is None:
                call = panel.kind.call(self.state)
                panel.update(waiting_words(call.line(ledger=self.desk.ledger), seconds))

    def open_row(self) -> None:
        """Go to the view behind the panel."""
        self.app.action_act(f"go.{self.current.kind.view}")  # type: ignore[attr-defined]

    def take_focus(self) -> None:
        """The first panel has the keyboard."""
        self.panels[0].focus()
