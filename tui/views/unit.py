"""Unit economics: what a request, a token, a response and a run cost. Workflow, then run, then call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.call import Call
from tui.filters import about
from tui.view import Chart, View
from tui.views.steps import asked, compared, deeper

if TYPE_CHECKING:
    from finops.report.model import Row
    from tui.state import Place, State

__all__ = ["UNIT"]

STEPS = ("workflow", "run", "call")

DIMENSIONS = (
    "workflow",
    "model",
    "provider",
    "team",
    "product",
    "feature",
    "tenant",
    "agent",
    "environment",
    "tier",
    "region",
    "project",
    "deployment",
    "operation",
    "prompt_version",
    "run",
    "call",
)


LISTED = 1000
"""Runs that are listed; sorted by another column, others are."""

_FIRST = {
    ("cost", True): "cost",
    ("started", True): "newest",
    ("started", False): "oldest",
    ("requests", True): "requests",
    ("failures", True): "failures",
}
"""Sorts of a list of runs that the command knows: those choose among all runs."""

_ONE_BY_ONE = ("run", "call")


def _call(state: State) -> Call:
    if state.compared:
        return compared(state)
    return asked("unit", state) if not _lists_runs(state) else _runs(state)


def _lists_runs(state: State) -> bool:
    """Whether rows are whole runs, of calls that roll-ups tell apart."""
    named = {about(each) for each in state.where}
    return state.split == ("run",) and named <= {*DIMENSIONS, "day"} - {*_ONE_BY_ONE}


def _runs(state: State) -> Call:
    order = _FIRST.get(state.sort, "cost") if state.sort else "cost"
    kept = {name: value for name, value in state.options if name in {"include", "currency"}}
    return Call.of(
        "runs", where=state.filter, order=order, limit=LISTED, **kept, **state.span.options
    )


def _drill(state: State, row: Row) -> Place | None:
    return deeper(state, row, STEPS, "unit")


def _charts(state: State) -> tuple[Chart, ...]:
    """Cost by day; none where rows are single runs or calls, whose days nobody looks at."""
    if {*_ONE_BY_ONE} & set(state.by):
        return ()
    return (Chart(asked("unit", state, by=("day",)), "day", "cost"),)


UNIT = View(
    name="unit",
    title="Unit economics",
    about="What does a request, a token, a response and a run cost?",
    call=_call,
    by=("workflow",),
    dimensions=DIMENSIONS,
    grains=("month", "week", "day"),
    filters=True,
    compares=True,
    drill=_drill,
    charts=_charts,
)
