"""Where a capacity pool's dollars went in a stretch of time, by origin, at the rates of its months."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.capacity.settle import NOBODY
from finops.analysis.capacity.units import PARTS
from finops.model.money import ZERO, add, multiply, total

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from finops.analysis.capacity.seats import SeatMonth
    from finops.analysis.capacity.settle import Facts, Owner, Rates, Tally
    from finops.analysis.capacity.weights import Served

__all__ = ["Account", "Stretch", "account", "seat_account"]


class Account(NamedTuple):
    """Dollars of one origin: on requests, jobs and workloads by name, and on nobody."""

    requests: Decimal = ZERO
    jobs: Mapping[str, Decimal] = {}
    workloads: Mapping[str | None, Decimal] = {}
    gpu_idle: Decimal = ZERO
    unobserved: Decimal = ZERO

    @property
    def named(self) -> Decimal:
        """All of it."""
        return total(self._parts)

    @property
    def is_empty(self) -> bool:
        """Whether every part is zero; parts that cancel each other out are not nothing."""
        return not any(self._parts)

    @property
    def _parts(self) -> tuple[Decimal, ...]:
        held = (*self.jobs.values(), *self.workloads.values())
        return (self.requests, *held, self.gpu_idle, self.unobserved)


class Stretch(NamedTuple):
    """Some days of a month: device time, requests by deployment, billed ms by rate group (None: unknown)."""

    tally: Tally
    served: Mapping[str | None, Served]
    billed: Mapping[str | None, int | None]
    is_month: bool


def account(
    facts: Facts, rates: Rates, origin: str, stretch: Stretch, *, spreads_idle: bool
) -> Account:
    """The account of a stretch of the month of `facts`, at its `rates`."""
    jobs: dict[str, Decimal] = {}
    workloads: dict[str | None, Decimal] = {}
    idle = ZERO
    for owner, times in stretch.tally.items():
        cost = _cost_of(owner, stretch.tally, rates, origin)
        if owner.kind == "job":
            jobs[str(owner.name)] = cost
        elif owner.kind == "workload":
            workloads[owner.name] = cost
        elif owner == NOBODY and not (spreads_idle and facts.busy):
            idle = total(
                multiply(rates.by_node[node].per_part[origin], time.parts)
                for node, time in times.items()
            )
    requests = total(
        multiply(rates.tokens[key].per_unit(origin), rates.tokens[key].units_of(found))
        for key, found in stretch.served.items()
        if key in rates.tokens
    )
    unobserved = _unobserved(rates, origin, stretch)
    if stretch.is_month:
        unobserved = add(unobserved, _unknown(facts, rates, origin))
    return Account(requests, jobs, workloads, idle, unobserved)


def _cost_of(owner: Owner, tally: Tally, rates: Rates, origin: str) -> Decimal:
    """A holder's busy and idle time, and what is spread on its busy time."""
    times = tally[owner]
    spread = add(rates.spread_idle[origin], rates.spread_unused[origin])
    return total(
        add(multiply(rates.by_node[node].per_part[origin], time.parts), multiply(spread, time.busy))
        for node, time in times.items()
    )


def _unobserved(rates: Rates, origin: str, stretch: Stretch) -> Decimal:
    """Billed and not seen; negative when more was seen than billed."""
    found = []
    for node, rate in rates.by_node.items():
        if rate.basis == "billed":
            seen = sum(times[node].parts for times in stretch.tally.values() if node in times)
            parts = PARTS * (stretch.billed.get(node) or 0) - seen
            found.append(multiply(rate.per_part[origin], parts))
    return total(found)


def _unknown(facts: Facts, rates: Rates, origin: str) -> Decimal:
    """Charges for which neither billed nor observed time is known."""
    return total(
        each.cost.get(origin, ZERO)
        for node, each in facts.billed.items()
        if rates.by_node[node].basis is None
    )


def seat_account(seats: SeatMonth, origin: str, served: Mapping[str | None, Served]) -> Account:
    """The account of a stretch with its own requests."""
    return Account(
        total(
            multiply(seats.rates[user][origin], found.requests)
            for user, found in served.items()
            if user in seats.rates
        )
    )
