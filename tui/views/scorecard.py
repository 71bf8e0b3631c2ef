"""The scorecard: eight categories, claimed beside verified; Enter shows the checks and what is known of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.call import Call
from tui.state import Place, State
from tui.view import View

if TYPE_CHECKING:
    from finops.report.model import Row

__all__ = ["SCORECARDS"]

CATEGORY = "category"


def _checks(state: State, row: Row) -> Place:
    """The checks of the row's category, as they were last written down."""
    asked = State(span=state.span, options=((CATEGORY, str(row["id"])),))
    return Place("checks", asked, str(row["category"]).lower())


SCORECARD = View(
    name="scorecard",
    title="Scorecard",
    about="How many of sixteen points are claimed, how many verified, and what is the evidence?",
    call=lambda _state: Call.of("scorecard run", no_history=True),
    drill=_checks,
    timed=False,
)

CHECKS = View(
    name="checks",
    title="Checks",
    about="What was asked for each point, and what is known: evidence, source, and what would settle it?",
    call=lambda state: Call.of("scorecard show", category=state.option(CATEGORY), checks=True),
    timed=False,
    tab=False,
)

ROADMAP = View(
    name="roadmap",
    title="Roadmap",
    about="What would raise the score in 30, 60 and 90 days, by money at stake for the effort?",
    call=lambda _state: Call.of("scorecard roadmap"),
    timed=False,
    tab=False,
)

TREND = View(
    name="scores",
    title="Scores",
    about="How did the score move, each time it was written down?",
    call=lambda _state: Call.of("scorecard history"),
    timed=False,
    tab=False,
)

LITERACY = View(
    name="checklist",
    title="Checklist",
    about="Which layers and concepts must one know, with one's own numbers beside them?",
    call=lambda _state: Call.of("scorecard checklist"),
    timed=False,
    tab=False,
)

SCORECARDS = (SCORECARD, CHECKS, ROADMAP, TREND, LITERACY)
"""Views of the score, the one to start with first."""
