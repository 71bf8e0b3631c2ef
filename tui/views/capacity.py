"""Capacity: accelerators, provisioned throughput and seats, and what was busy, held, idle or never seen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tui.call import Call
from tui.state import Place
from tui.view import Chart, View

if TYPE_CHECKING:
    from finops.report.model import Row
    from tui.state import State

__all__ = ["CAPACITY"]


def _call(state: State) -> Call:
    by = state.by[0] if state.by else "pool"
    return Call.of("capacity", by=by, **dict(state.options), **state.span.options)


def _drill(state: State, row: Row) -> Place | None:
    """From pools to who holds them."""
    if state.by != ("pool",):
        return None
    return Place("capacity", replace(state, by=("holder",), sort=None), f"holders ({row['pool']})")


def _charts(state: State) -> tuple[Chart, ...]:
    """Which nodes were busy on which days."""
    call = Call.of("capacity", by="node", **state.span.options)
    return (Chart(call, "day", "busy_share", "node", shades=True),)


CAPACITY = View(
    name="capacity",
    title="Capacity",
    about="What were accelerators used for, and what was idle or never seen?",
    call=_call,
    by=("pool",),
    dimensions=("pool", "holder", "team", "day", "node"),
    one_dimension=True,
    drill=_drill,
    charts=_charts,
)
