"""Shared pools: what a vector store, a gateway or an observability bill adds to each request.

A pool's cost is split by one driver. The split is a rate per unit of the driver, cut at the 24th
decimal place, so that any grouping of requests only sums; what the cut leaves over (below 1e-24 per
unit) is kept as rounding. A pool whose driver counts nothing there stays unallocated.
It is done for the days of one month at a time.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from finops.model.money import ZERO, add, multiply, subtract, total, truncate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

__all__ = ["DRIVERS", "Drivers", "Share", "SharedPool", "Shares", "share"]

DRIVERS = ("requests", "tokens", "retrievals", "bytes", "cost", "even")
"""What a pool can be split by; `even` gives every workflow the same, and its requests equal parts."""


class SharedPool(NamedTuple):
    """A pool's cost in the period and what splits it."""

    name: str
    driver: str
    cost: Decimal
    origin: str = "bill"


class Drivers(NamedTuple):
    """How much of each driver the period has; `workflows` are requests by workflow."""

    requests: int
    tokens: int
    retrievals: int
    bytes: int
    workflows: Mapping[str | None, int]


class Share(NamedTuple):
    """How one pool was split: `rate` per unit of the driver (`even`: see `Shares.by_workflow`)."""

    pool: SharedPool
    units: int
    rate: Decimal | None
    shared: Decimal
    rounding: Decimal

    @property
    def is_stranded(self) -> bool:
        """Whether nothing was there to carry the pool."""
        return not self.units and self.rate is None and not self.shared and not self.rounding


class Shares(NamedTuple):
    """Rates to add up per driver, rates of metered cost, per-request rates by workflow, and how."""

    per_request: Decimal
    per_token: Decimal
    per_retrieval: Decimal
    per_byte: Decimal
    of_cost: tuple[tuple[SharedPool, Fraction], ...]
    by_workflow: Mapping[str | None, Decimal]
    shares: tuple[Share, ...]
    unallocated: Decimal
    rounding: Decimal

    def of_origin(self, origin: str) -> Shares:
        """These shares with what pools of one origin leave over."""
        mine = [each for each in self.shares if each.pool.origin == origin]
        return self._replace(
            unallocated=total(each.pool.cost for each in mine if each.is_stranded),
            rounding=total(each.rounding for each in mine),
        )


def share(pools: Sequence[SharedPool], drivers: Drivers, metered_cost: Decimal) -> Shares:
    """Split every pool; pools by `cost` take a fraction of `metered_cost`, applied to its rates."""
    rates: dict[str, Decimal] = dict.fromkeys(DRIVERS, ZERO)
    by_workflow: dict[str | None, Decimal] = {}
    of_cost: list[tuple[SharedPool, Fraction]] = []
    shares: list[Share] = []
    stranded: list[Decimal] = []
    for pool in pools:
        if pool.driver == "cost" and metered_cost:
            of_cost.append((pool, Fraction(pool.cost) / Fraction(metered_cost)))
        elif pool.driver == "even" and any(drivers.workflows.values()):
            shares.append(_evenly(pool, drivers.workflows, by_workflow))
        elif pool.driver in {"requests", "tokens", "retrievals", "bytes"} and getattr(
            drivers, pool.driver
        ):
            done = _by_units(pool, getattr(drivers, pool.driver))
            rates[pool.driver] = add(rates[pool.driver], done.rate or ZERO)
            shares.append(done)
        else:
            stranded.append(pool.cost)
            shares.append(Share(pool, 0, None, ZERO, ZERO))
    return Shares(
        rates["requests"],
        rates["tokens"],
        rates["retrievals"],
        rates["bytes"],
        tuple(of_cost),
        by_workflow,
        tuple(shares),
        total(stranded),
        total(done.rounding for done in shares),
    )


def _by_units(pool: SharedPool, units: int) -> Share:
    rate = truncate(Fraction(pool.cost) / units)
    shared = multiply(rate, units)
    return Share(pool, units, rate, shared, subtract(pool.cost, shared))


def _evenly(
    pool: SharedPool, workflows: Mapping[str | None, int], rates: dict[str | None, Decimal]
) -> Share:
    """Give every workflow with requests the same; adds the rate per request to `rates`."""
    counted = {name: requests for name, requests in workflows.items() if requests}
    shared = ZERO
    for name, requests in counted.items():
        rate = truncate(Fraction(pool.cost) / len(counted) / requests)
        rates[name] = add(rates.get(name, ZERO), rate)
        shared = add(shared, multiply(rate, requests))
    return Share(pool, len(counted), None, shared, subtract(pool.cost, shared))
