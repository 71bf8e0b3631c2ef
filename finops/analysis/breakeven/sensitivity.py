"""What each option costs when more or fewer of the hours are used: the same comparison, asked again.

Demand by hour keeps its shape and is scaled; without it demand is even, as `demand.utilization` says.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.breakeven.compare import compare
from finops.analysis.breakeven.ownership import with_load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from finops.analysis.breakeven.compare import Comparison

__all__ = ["Used", "by_utilization", "level_at"]

STEPS = 20
"""Shares of the hours that are asked about."""


class Used(NamedTuple):
    """Hours that would be rented, of the hours owned, and what each option then costs, discounted to today."""

    utilization: float
    present_cost: Mapping[str, float]


def by_utilization(found: Comparison, steps: int = STEPS) -> tuple[Used, ...]:
    """`found` at each of `steps` equal shares of the hours up to all of them, or up to what is used now if more."""
    now = found.values["demand.utilization"]
    top = max(1.0, now)
    return tuple(_at(found, now, top * step / steps) for step in range(1, steps + 1))


def level_at(used: tuple[Used, ...], option: str, against: str) -> float | None:
    """The share of the hours from which `option` costs no more than `against`; None where that is at none.

    Between two shares that were asked about costs are taken to be straight lines.
    """
    gaps = [
        (each.utilization, each.present_cost[option] - each.present_cost[against]) for each in used
    ]
    if gaps[0][1] <= 0:
        return gaps[0][0]
    for (low, before), (high, after) in pairwise(gaps):
        if after <= 0:
            return low + (high - low) * before / (before - after)
    return None


def _at(found: Comparison, now: float, share: float) -> Used:
    values, load = dict(found.values), found.load
    if load and now:
        load = tuple(need * share / now for need in load)
        values = with_load(values, load, values["demand.units"])
    values["demand.utilization"] = share
    asked = compare(values, against=found.against, load=load)
    return Used(share, {each.option: each.present_cost for each in asked.options})
