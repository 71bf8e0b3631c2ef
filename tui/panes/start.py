"""The screen before there is an answer: the ledger is being opened, or there is none and here is what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual.widgets import Static

from finops.errors import FinopsError
from tui.actions import Context
from tui.call import Call
from tui.desk import in_background
from tui.pane import Pane
from tui.spans import Span
from tui.state import Place, State
from tui.view import View
from tui.words import error_words

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from finops.api.session import Session

__all__ = ["START", "StartPane", "months_of"]

START = View(
    name="start",
    title="finops",
    about="What does an AI capability cost to deliver?",
    call=lambda _state: Call.of("status"),
    timed=False,
    tab=False,
)

Begin = Callable[["Session", Span, tuple[str, ...]], None]
"""What to do with an open ledger, the period to look at first, and its months, the newest first."""


class StartPane(Pane):
    """Opens a ledger in a thread, then hands it on."""

    DEFAULT_CSS = """
    StartPane { align: center middle; }
    StartPane > Static { width: auto; max-width: 90%; height: auto; }
    """

    def __init__(self, open_ledger: Callable[[], Session], begin: Begin) -> None:
        super().__init__(Place(START.name, State()), START, None)  # type: ignore[arg-type]
        self.open_ledger = open_ledger
        self.begin = begin

    def compose(self) -> ComposeResult:
        """One text."""
        yield Static("finops\n\nopening the ledger …", markup=False)

    @property
    def context(self) -> Context:
        """The demo is offered while there is no ledger, or none that can be read."""
        return Context(
            START,
            self.state,
            asking=self.since is not None,
            offers_demo=self.error is not None,
        )

    async def _ask(self) -> None:
        from time import monotonic

        self.since = monotonic()
        self.error = None
        self._tick()
        try:
            opened = await in_background(self._open)
        except FinopsError as error:
            self.error = error
            self.fail(error)
        else:
            self.begin(*opened)
        finally:
            self.since = None
            self._untick()
            if self.is_mounted:
                self.post_message(self.Changed())

    def _open(self) -> tuple[Session, Span, tuple[str, ...]]:
        from finops.api.opening import resolve_period

        session = self.open_ledger()
        choice = resolve_period(session.ledger)
        return session, Span(choice.period), months_of(session)

    @property
    def spoken_text(self) -> str:
        """What keeps the first screen away."""
        return "Opening the ledger." if self.error is None else self.error.message

    def waiting(self, seconds: float) -> None:
        """Say what takes so long."""
        self.query_one(Static).update(f"finops\n\nopening the ledger … {seconds:.1f} s")

    def fail(self, error: FinopsError) -> None:
        """Say what to do; where there is no ledger, offer the demo."""
        self.query_one(Static).update(f"finops\n\n{error_words(error, first=True)}")

    def show(self, answer: Any) -> None:  # noqa: ANN401  (there is none)
        """There is nothing to show here."""


def months_of(session: Session) -> tuple[str, ...]:
    """Months with costs or, without any, with requests; the newest first."""
    from finops.api.opening import ledger_months

    return tuple(sorted(ledger_months(session.ledger), reverse=True))
