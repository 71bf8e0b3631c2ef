"""Unit economics: what a request, a token, a response and a run cost. Workflow, then run, then call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.view import Chart, View
from tui.views.steps import asked, compared, deeper, explained

if TYPE_CHECKING:
    from finops.report.model import Row
    from tui.call import Call
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


def _call(state: State) -> Call:
    return compared(state) if state.compared else asked("unit", state)


def _drill(state: State, row: Row) -> Place | None:
    return deeper(state, row, STEPS, "unit")


def _explain(state: State, row: Row, column: str) -> Call | None:
    return None if state.compared else explained("unit", state, row, column)


def _chart(state: State) -> Chart | None:
    """Cost by day; none where rows are single runs or calls, whose days nobody looks at."""
    if {"run", "call"} & set(state.by):
        return None
    return Chart(asked("unit", state, by=("day",)), "day", "cost")


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
    explain=_explain,
    chart=_chart,
)
