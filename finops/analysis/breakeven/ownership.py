"""Own the base, rent the peak: how many units of an hourly demand are worth owning.

Demand is stacked into units: unit k works in an hour as far as more than k - 1 units are needed. A unit
is worth owning while what renting its hours would cost exceeds what owning it costs; renting pays for
start-up and for the shortest time a rental lasts.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from finops.analysis.breakeven import finance, flows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from finops.analysis.breakeven.flows import Array

__all__ = [
    "Ownership",
    "UnitCosts",
    "UnitLevel",
    "own_base",
    "rented_hours",
    "served_share",
    "unit_costs",
    "with_load",
]

_FIRST = 1e-9


class UnitCosts(NamedTuple):
    """Money for an hour: a unit owned, used or not; an hour used on top; an hour rented."""

    fixed: float
    used: float
    rented: float
    minimum_rental: float = 0.0
    """Hours a rental is paid for at least."""
    start_up: float = 0.0
    """Hours of a rental that are paid before it works."""
    available: float = 1.0
    """Share of its hours an owned unit can serve; the rest of its work is rented by the hour."""

    @property
    def threshold(self) -> float | None:
        """Load factor above which a unit is worth owning, while rentals are as short as one likes."""
        gained = (self.rented - self.used) * self.available
        return self.fixed / gained if gained > 0 else None


class UnitLevel(NamedTuple):
    """Unit k of the stack, over the whole of the demand: hours it works, and both ways to have it."""

    unit: int
    load_factor: float
    rented_hours: float
    owned_cost: float
    rented_cost: float


class Ownership(NamedTuple):
    """How many units to own, and the stack that says so. `cost` of the whole demand, in money."""

    units: int
    levels: tuple[UnitLevel, ...]
    cost: float
    threshold: float | None


def own_base(demand: Sequence[float], costs: UnitCosts) -> Ownership:
    """The number of units that makes `demand` (units needed in each hour) cheapest.

    Without a minimum rental and start-up a higher unit never works more than a lower one, so this is
    the marginal rule: own unit k while its load factor exceeds fixed / (rented - used), the difference
    counting as far as owned units are available.
    """
    hours = np.asarray(demand, dtype=np.float64)
    levels = tuple(_level(hours, unit, costs) for unit in range(1, _top(hours) + 1))
    best, balance, units = 0.0, 0.0, 0
    for level in levels:
        balance += level.owned_cost - level.rented_cost
        if balance < best - _FIRST:
            best, units = balance, level.unit
    rented = sum(level.rented_cost for level in levels)
    return Ownership(units, levels, rented + best, costs.threshold)


def served_share(demand: Sequence[float], units: float) -> float:
    """Share of the hours needed that `units` owned can serve; 1 of no demand."""
    hours = np.asarray(demand, dtype=np.float64)
    needed = float(hours.sum())
    return float(np.minimum(hours, units).sum()) / needed if needed else 1.0


def with_load(v: Mapping[str, float], load: Sequence[float], units: float) -> dict[str, float]:
    """`v` with `units` owned under the demand `load`: its mean, and the share that units serve."""
    mean = sum(load) / len(load)
    return {
        **v,
        "demand.units": units,
        "demand.utilization": mean / units,
        "demand.base_share": served_share(load, units),
    }


def unit_costs(v: Mapping[str, float]) -> UnitCosts:
    """What one more unit costs by the hour: its own share only, not what all units share.

    The price of hardware, less its residual value, is spread over the horizon at the cost of capital;
    the price of a rented hour is the mean over the horizon in the same way.
    """
    one = {**v, "demand.units": 1.0}
    for name in ("own.network", "own.storage", "own.facility", "own.migration", "own.staff"):
        one[name] = 0.0
    months, hours = round(v["time.horizon"]), v["time.hours_per_month"]
    factors = np.asarray(finance.discount_factors(v["money.discount_rate"], months))
    hardware = float(flows.capex(one)) - float(flows.residual(one)) * float(factors[-1])
    decline = (1 - v["cloud.decline"]) ** (np.arange(months) / 12)
    price = float(flows.cloud_price(v)) * float(decline @ factors[1:]) / float(factors[1:].sum())
    return UnitCosts(
        fixed=(hardware / float(factors[1:].sum()) + float(flows.fixed_per_month(one))) / hours,
        used=float(flows.used_cost_per_hour(v)),
        rented=price,
        minimum_rental=v["cloud.minimum_rental"],
        start_up=v["cloud.start_up"],
        available=(1 - v["own.downtime"]) * (1 - v["own.headroom"]),
    )


def rented_hours(use: Sequence[float], minimum: float, start_up: float) -> float:
    """Hours paid to rent one unit that works `use` of each hour, rentals bridging idle time where cheaper.

    With neither a minimum nor start-up an hour is paid as far as it is used. Else a rental is of whole
    hours: it lasts its start-up and the hours it spans, and `minimum` hours at least.
    """
    if not minimum and not start_up:
        return float(sum(use))
    runs = _runs(use)
    done = [0.0] + [math.inf] * len(runs)
    going = [math.inf] * (len(runs) + 1)
    for first in range(len(runs)):
        begin = runs[first][0]
        for last in range(first, len(runs)):
            span = runs[last][1] - begin + start_up
            if span >= minimum:
                going[last + 1] = min(going[last + 1], done[first] + span)
                break
            done[last + 1] = min(done[last + 1], done[first] + minimum)
        if first:
            longer = going[first] + runs[first][1] - runs[first - 1][1]
            going[first + 1] = min(going[first + 1], longer)
        done[first + 1] = min(done[first + 1], going[first + 1])
    return done[-1]


def _runs(use: Sequence[float]) -> list[tuple[int, int]]:
    """Stretches of hours with any use, half-open."""
    busy = np.concatenate([[False], np.asarray(use) > 0, [False]])
    edges = np.flatnonzero(busy[1:] != busy[:-1])
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def _level(hours: Array, unit: int, costs: UnitCosts) -> UnitLevel:
    use = np.clip(hours - (unit - 1), 0.0, 1.0)
    worked = float(use.sum())
    rented = rented_hours(use.tolist(), costs.minimum_rental, costs.start_up)
    served = costs.available * worked
    owned = costs.fixed * len(hours) + costs.used * served + costs.rented * (worked - served)
    return UnitLevel(unit, worked / len(hours), rented, owned, costs.rented * rented)


def _top(hours: Array) -> int:
    return math.ceil(float(hours.max())) if hours.size else 0
