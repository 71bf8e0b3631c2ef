"""What every screen has in common: a place, the question asked there, and what can be done."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Any

from textual.containers import Vertical
from textual.message import Message
from textual.worker import Worker, WorkerState

from finops.errors import FinopsError
from tui.actions import Context

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.timer import Timer
    from textual.widget import Widget

    from finops.api.answer import Answer
    from tui.call import Call
    from tui.desk import Desk
    from tui.explaining import Explained
    from tui.state import Place, State
    from tui.view import View

__all__ = ["Pane", "fault"]


def fault(error: Exception) -> FinopsError:
    """A fault in finops itself, in one line."""
    detail = " ".join(str(error).split()) or "no message"
    return FinopsError(
        f"finops failed in a way it should not: {type(error).__name__}: {detail}",
        hint="report it with the output of `finops doctor`",
    )


GROUP = "answers"
"""Workers that wait for an answer."""


class Pane(Vertical, can_focus=False):
    """One place: asks the view's question, shows the answer, and keeps what it is set to."""

    class Changed(Message):
        """What stands around the pane (crumbs, keys) must be drawn again."""

        bubble = True

    class Went(Message):
        """Go to `place`, one step deeper."""

        def __init__(self, place: Place) -> None:
            super().__init__()
            self.place = place

    def __init__(self, place: Place, view: View, desk: Desk) -> None:
        super().__init__(classes="pane")
        self.place = place
        self.view = view
        self.desk = desk
        self.answer: Answer[Any] | None = None
        self.error: FinopsError | None = None
        self.since: float | None = None
        """When the question now waited for was asked, on the monotonic clock; None: none is."""
        self._ticking: Timer | None = None
        self.stale = True
        """Whether the ledger may have changed since the answer."""
        self.answered: Call | None = None
        """The call whose answer is shown."""
        self.remembered: Mapping[str, Any] = {}
        """Where somebody was here the last time, until it is shown again."""
        self._held: Widget | None = None
        """What had the keyboard last."""

    def on_mount(self) -> None:
        """Take the keyboard and ask."""
        if self.display:
            self.take_focus()
        self.ask()

    # --- what a pane says -------------------------------------------------------------------

    @property
    def state(self) -> State:
        """What it is set to."""
        return self.place.state

    @property
    def call(self) -> Call:
        """The call whose answer is shown here."""
        return self.view.call(self.state)

    @property
    def context(self) -> Context:
        """What keys may depend on."""
        return Context(
            self.view,
            self.state,
            ready=self.answer is not None,
            asking=self.since is not None,
        )

    def shape(self, state: State) -> None:
        """Be set to `state`, and ask again where that changes the question."""
        before = self.call
        self.place = self.place._replace(state=state)
        if self.call != before:
            self.ask()
        elif self.answer is not None:
            self.show(self.answer)
        self.post_message(self.Changed())

    def read_settings(self) -> None:
        """The settings were read again."""

    # --- asking -----------------------------------------------------------------------------

    def ask(self) -> Worker[None]:
        """Ask the question of this place; what is shown stays until the answer comes."""
        return self.run_worker(self._ask, exclusive=True, group=GROUP, exit_on_error=False)

    async def _ask(self) -> None:
        self.since = monotonic()
        self.error = None
        self._tick()
        try:
            answer = await self.answers()
        except FinopsError as error:
            self.error, self.answer = error, None
            self.fail(error)
        except asyncio.CancelledError:
            self.stopped()
            raise
        else:
            self.answer, self.answered, self.stale = answer, self.call, False
            self.show(answer)
        finally:
            self.since = None
            self._untick()
            if self.is_attached:
                self.post_message(self.Changed())

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A fault of ours is shown, and the program goes on."""
        failed = event.worker.error
        if event.state is WorkerState.ERROR and isinstance(failed, Exception):
            self.error, self.answer = fault(failed), None
            self.fail(self.error)
            self.post_message(self.Changed())

    async def answers(self) -> Answer[Any]:
        """Get what is shown here; the first answer is the one `call` prints."""
        return await self.desk.answer(self.call)

    def catch_up(self) -> None:
        """Ask again where the question or the ledger is another than when it was answered."""
        if self.stale or self.answered != self.call:
            self.ask()

    def answer_shown(self) -> Answer[Any] | None:
        """The answer `call` prints; None while there is none."""
        return self.answer

    @property
    def crumb_text(self) -> str:
        """What this place is called on the way here."""
        return self.place.crumb or self.view.title

    @property
    def note_text(self) -> str:
        """What stands beside the way here: the period, the split, the currency."""
        said = [self.state.span.label] if self.view.timed else []
        if self.answer is not None and self.answer.report.currency:
            said.append(self.answer.report.currency)
        return " · ".join(said)

    @property
    def spoken_text(self) -> str:
        """What is under the cursor, in words, for whoever listens."""
        return self.view.about

    @property
    def plain(self) -> bool:
        """Whether everything is plain lines, and nothing moves by itself."""
        return self.app.has_class("text")

    def explained(self) -> tuple[Explained, ...]:
        """What explains the number looked at: a place, or several to choose from; none where nothing does."""
        return ()

    def stop(self) -> None:
        """Wait no longer; what was shown stays."""
        self.workers.cancel_group(self, GROUP)

    def _tick(self) -> None:
        self._untick()
        self.waiting(0.0)
        if not self.plain:
            self._ticking = self.set_interval(0.1, self._waited)

    def _untick(self) -> None:
        if self._ticking is not None:
            self._ticking.stop()
            self._ticking = None

    def _waited(self) -> None:
        if self.since is not None:
            self.waiting(monotonic() - self.since)

    # --- what each kind of pane draws -------------------------------------------------------

    def waiting(self, seconds: float) -> None:
        """Say that an answer is being waited for, and for how long."""

    def show(self, answer: Answer[Any]) -> None:
        """Draw the answer."""

    def fail(self, error: FinopsError) -> None:
        """Draw what went wrong and what to do."""

    def stopped(self) -> None:
        """Say that waiting has ended without an answer."""

    def open_row(self) -> None:
        """Go where the cursor's row leads."""

    def toggle_chart(self) -> None:
        """Show the chart, or hide it."""

    def position(self) -> dict[str, Any]:
        """Where somebody is, to be remembered: a JSON object."""
        return dict(self.remembered)

    def hide(self) -> None:
        """Give way to another pane, and remember what had the keyboard."""
        focused = self.screen.focused
        self._held = focused if focused is not None and self in focused.ancestors else None
        self.display = False

    def take_focus(self) -> None:
        """Give the keyboard back to what had it last, else to what is looked at first."""
        if self._held is not None and self._held.is_attached and self._held.focusable:
            self._held.focus()
        else:
            self.focus_first()

    def focus_first(self) -> None:
        """Give the keyboard to what is looked at first."""
