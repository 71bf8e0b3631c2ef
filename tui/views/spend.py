"""Spend: the bill, by anything. Enter goes from provider to service to charge to resource."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.view import Chart, View
from tui.views.steps import asked, compared, deeper

if TYPE_CHECKING:
    from finops.report.model import Row
    from tui.call import Call
    from tui.state import Place, State

__all__ = ["SPEND"]

STEPS = ("provider", "ServiceName", "ChargeDescription", "ResourceId", "day")

DIMENSIONS = (
    "provider",
    "ServiceName",
    "ChargeDescription",
    "pool",
    "layer",
    "team",
    "product",
    "cost_centre",
    "origin",
    "element",
    "SubAccountName",
    "RegionId",
    "ResourceId",
    "ChargeCategory",
    "PricingCategory",
    "CommitmentDiscountStatus",
    "x_Model",
    "tag:team",
    "tag:env",
    "billing_month",
)


def _call(state: State) -> Call:
    return compared(state) if state.compared else asked("costs", state)


def _drill(state: State, row: Row) -> Place | None:
    return deeper(state, row, STEPS, "spend")


def _charts(state: State) -> tuple[Chart, ...]:
    """Days, stacked by what the rows are split by."""
    parts = next((name for name in state.by if not name.startswith("tag:")), None)
    grain = state.grain or "day"
    by = (grain,) if parts is None else (grain, parts)
    call = asked("costs", state, by=by)
    return (Chart(call, grain, "EffectiveCost", parts),)


SPEND = View(
    name="spend",
    title="Spend",
    about="What was spent, by any column of the bill, tag, pool, owner or stretch of time?",
    call=_call,
    by=("ServiceName",),
    dimensions=DIMENSIONS,
    grains=("month", "week", "day"),
    filters=True,
    compares=True,
    drill=_drill,
    charts=_charts,
)
