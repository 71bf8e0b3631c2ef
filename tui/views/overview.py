"""The first screen: what was spent, what it produced, what changed, what to do. No key needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.view import View
from tui.views.steps import asked

if TYPE_CHECKING:
    from tui.call import Call
    from tui.state import State

__all__ = ["OVERVIEW"]


def _call(state: State) -> Call:
    return asked("compare", state, by=("provider",))


OVERVIEW = View(
    name="overview",
    title="Overview",
    about="What was spent, what did it produce, what changed, and what is there to do?",
    call=_call,
    pane="tui.panes.overview:OverviewPane",
)
