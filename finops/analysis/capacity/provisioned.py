"""Provisioned throughput: capacity bought in units, without devices to watch.

All of a month's requests carry all of its cost. With the tokens a unit serves in a minute known, each
hour's busy time is what its tokens need, at most what was billed, and the rest is idle, held by the same
requests; else all of it counts as busy and idle is not known. With no request at all it is unobserved.
"""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING

from finops.analysis.capacity.billed import ms_between
from finops.analysis.capacity.settle import Facts, Owner, Tally, Time
from finops.analysis.capacity.units import PARTS
from finops.analysis.capacity.weights import together, weights_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from finops.analysis.capacity.billed import Billed
    from finops.analysis.capacity.pools import CapacityPool
    from finops.analysis.capacity.weights import Served, Weights

__all__ = ["Demand", "provisioned_facts", "provisioned_tally"]

_HOUR = timedelta(hours=1)
_MINUTE_MS = 60_000
_WHOLE = 1000

Demand = dict["datetime", "Served"]
"""Tokens by hour."""


def provisioned_facts(
    pool: CapacityPool,
    month: str,
    billed: Billed,
    served: Mapping[str | None, Served],
    demand: Demand,
) -> Facts:
    """The facts of a provisioned pool's month."""
    if not served:
        return Facts(pool, month, {None: billed}, {}, {}, {})
    everything = together(served.values())
    weights = weights_of(everything, pool.weights)
    tally = provisioned_tally(pool, billed, weights, demand)
    return Facts(pool, month, {None: billed}, tally, {None: everything}, {None: weights})


def provisioned_tally(
    pool: CapacityPool,
    billed: Billed,
    weights: Weights,
    demand: Demand,
    within: tuple[datetime, datetime] | None = None,
) -> Tally:
    """Busy and idle time of the pool's requests, in all that was billed or `within` a stretch of it."""
    if billed.ms is None or billed.ms <= 0:
        return {Owner("requests"): {None: Time(busy=1)}}
    whole = billed.ms if within is None else ms_between(billed.spans, *within)
    busy = whole
    if pool.tokens_per_unit_minute is not None:
        per_minute = Fraction(pool.tokens_per_unit_minute)
        busy = sum(
            _busy(billed, hour, weights.weigh(served), per_minute)
            for hour, served in demand.items()
            if within is None or within[0] <= hour < within[1]
        )
    return {Owner("requests"): {None: Time(PARTS * busy, PARTS * (whole - busy))}}


def _busy(billed: Billed, hour: datetime, weighted: int, per_minute: Fraction) -> int:
    """Unit-milliseconds the tokens of an hour need, at most those it has."""
    needed = floor(Fraction(weighted, _WHOLE) * _MINUTE_MS / per_minute)
    return min(max(ms_between(billed.spans, hour, hour + _HOUR), 0), needed)
