"""Pools that are paid for whether used or not, in the reference: accelerators, provisioned units, seats.

Every month of a pool has a rate per device time; a holder's time makes its cost; a holder that requests
name as their deployment gives it to them by weighted tokens. Seats are split over who used them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from tests.analysis.reference.devices import WHOLE, Holder, Piece, device_time, total
from tests.analysis.reference.rows import Attempt, PoolOf, Row, cut

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from tests.analysis.reference.bill import Bill

CAPACITY = frozenset({"gpu", "provisioned", "seat"})
HOUR_MS = 3_600_000
TIME_UNITS = {"Hours": HOUR_MS, "Hrs": HOUR_MS, "Minutes": 60_000}
ASSUMED = (1000, 100, 4000)
"""Prefill, cached, decode: thousandths of a prefill token."""


@dataclass
class Laid:
    """Where a pool's money of a month went, of one origin."""

    jobs: dict[tuple[str, date], Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    workloads: dict[tuple[str, date], Fraction] = field(
        default_factory=lambda: defaultdict(Fraction)
    )
    idle: dict[date, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    whole: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    """Lines of the whole month that no day has: unobserved, seat, rounding."""


class CapacityBooks(NamedTuple):
    """What of capacity pools is on jobs and workloads, and on nobody, in the days asked for."""

    jobs: Fraction
    workloads: Fraction
    idle: Fraction
    unobserved: Fraction
    seat: Fraction
    rounding: Fraction

    @property
    def named(self) -> Fraction:
        """Everything but what the cuts left over."""
        return sum(self, Fraction(0)) - self.rounding


class Capacity:
    """Lays every capacity pool's months on attempts, jobs and workloads."""

    def __init__(self, bill: Bill, attempts: Sequence[Attempt], samples: Sequence[Row]) -> None:
        self.bill = bill
        self.pools = [pool for pool in bill.pools if pool.kind in CAPACITY]
        self.pieces = device_time(samples, bill.pools)
        self.served: dict[tuple[str, str], list[Attempt]] = defaultdict(list)
        for each in attempts:
            pool = serving(each.row, self.pools)
            if pool is not None:
                each.pool = pool
                self.served[pool.name, f"{each.row['day']:%Y-%m}"].append(each)
        self.laid: dict[tuple[str, str, str], Laid] = {}
        for pool in self.pools:
            for month in self._months():
                self._lay(pool, month)

    def books(self, origin: str, start: date, end: date) -> CapacityBooks:
        """Lines of the days from `start` to `end`; what only a month has, of every month they touch."""

        def inside(amounts: dict[tuple[str, date], Fraction]) -> Fraction:
            return sum((a for (_, day), a in amounts.items() if start <= day < end), Fraction(0))

        laid = [laid for (*_, of), laid in self.laid.items() if of == origin]
        return CapacityBooks(
            sum((inside(each.jobs) for each in laid), Fraction(0)),
            sum((inside(each.workloads) for each in laid), Fraction(0)),
            sum(
                (a for each in laid for d, a in each.idle.items() if start <= d < end), Fraction(0)
            ),
            *(
                sum((each.whole[name] for each in laid), Fraction(0))
                for name in ("unobserved", "seat", "rounding")
            ),
        )

    def _months(self) -> list[str]:
        months = {row["x_BillingMonth"] for row in self.bill.costs if self.bill.is_of_months(row)}
        return sorted(months)

    def _lay(self, pool: PoolOf, month: str) -> None:
        usage = [
            row
            for row in self.bill.costs
            if row["x_BillingMonth"] == month
            and self.bill.is_of_months(row)
            and self.bill.pool(row)[0] == pool.name
            and self.bill.line(row, None) == "usage"
        ]
        costs: dict[str, Fraction] = defaultdict(Fraction)
        for row in usage:
            costs[row["x_CostOrigin"]] += Fraction(row["EffectiveCost"])
        served = self.served[pool.name, month]
        for origin, cost in costs.items():
            laid = self.laid[pool.name, month, origin] = Laid()
            if pool.kind == "seat":
                _seats(origin, cost, served, laid)
            elif pool.kind == "provisioned":
                _provisioned(pool, origin, cost, served, laid)
            else:
                self._devices(pool, origin, month, usage, cost, served)

    def _devices(
        self,
        pool: PoolOf,
        origin: str,
        month: str,
        usage: Sequence[Row],
        cost: Fraction,
        served: list[Attempt],
    ) -> None:
        laid = self.laid[pool.name, month, origin]
        pieces = [p for p in self.pieces if p.pool == pool.name and f"{p.day:%Y-%m}" == month]
        seen = total(pieces)
        paid = billed_time(pool, usage)
        time = seen if paid is None else paid
        if not time:
            laid.whole["unobserved"] += cost
            return
        rate = cut(cost / time)
        laid.whole["rounding"] += cost - rate * time
        laid.whole["unobserved"] += rate * (time - seen)
        held: dict[Holder | None, list[Piece]] = defaultdict(list)
        for each in pieces:
            if each.busy or each.idle_held:
                held[each.holder].append(each)
            laid.idle[each.day] += rate * each.idle
        for deployment, attempts in deployments(served).items():
            mine = holders_of(deployment, attempts, held)
            times = [piece for holder in mine for piece in held.pop(holder)]
            for component, of in (("gpu_busy", "busy"), ("gpu_idle", "idle_held")):
                amount = rate * sum(getattr(piece, of) for piece in times)
                laid.whole["rounding"] += by_weight(attempts, pool, (origin, component), amount)
        for holder, times in held.items():
            for piece in times:
                amount = rate * (piece.busy + piece.idle_held)
                if holder is not None and holder[0] == "job":
                    laid.jobs[holder[1], piece.day] += amount
                else:
                    laid.workloads[holder[1] if holder else "", piece.day] += amount


def serving(row: Row, pools: Sequence[PoolOf]) -> PoolOf | None:
    """The capacity pool that served a request: the one it names, else the first whose rule has it."""
    if row["pool"] is not None:
        return next((pool for pool in pools if pool.name == row["pool"]), None)
    for pool in pools:
        if pool.serves is not None and row[pool.serves[0]] == pool.serves[1]:
            return pool
    return None


def billed_time(pool: PoolOf, usage: Sequence[Row]) -> int | None:
    """Sevenths of device milliseconds the bill charges for; None when it does not say how many devices."""
    if pool.gpus_per_unit is None:
        return None
    found = Fraction(0)
    for row in usage:
        for amount, unit in (
            ("ConsumedQuantity", "ConsumedUnit"),
            ("PricingQuantity", "PricingUnit"),
        ):
            if row[amount] is not None:
                found += Fraction(row[amount]) * TIME_UNITS.get(row[unit], 0)
                break
    return int(found * pool.gpus_per_unit * WHOLE)


def deployments(served: Sequence[Attempt]) -> dict[str | None, list[Attempt]]:
    """Attempts by deployment, those that name none last."""
    found: dict[str | None, list[Attempt]] = defaultdict(list)
    for each in sorted(served, key=lambda a: (a.row["deployment"] is None, a.row["deployment"])):
        found[each.row["deployment"]].append(each)
    return found


def holders_of(
    deployment: str | None, attempts: Sequence[Attempt], held: dict[Holder | None, list[Piece]]
) -> list[Holder | None]:
    """Whoever holds devices for a deployment; for requests that name none, every server not named."""
    del attempts
    if deployment is not None:
        return [each for each in (("workload", deployment),) if each in held]
    return [each for each in held if each is None or each[0] != "job"]


def weights_of(pool: PoolOf) -> tuple[int, int, int]:
    """Thousandths for a token of prefill, read from a cache, and decoded."""
    if pool.weights is None:
        return ASSUMED
    prefill, cached, decode = (int(Fraction(each) * 1000) for each in pool.weights)
    return prefill, cached, decode


def weight(each: Attempt, weights: tuple[int, int, int]) -> int:
    prefill, cached, decode = weights
    fresh = each.input - each.count("cache_read")
    return fresh * prefill + each.count("cache_read") * cached + each.count("output") * decode


def by_weight(
    attempts: Sequence[Attempt], pool: PoolOf, component: tuple[str, str], amount: Fraction
) -> Fraction:
    """Lay `amount` on attempts by weighted tokens, else evenly; what the cut leaves over."""
    weighed = [(each, weight(each, weights_of(pool))) for each in attempts]
    if not any(count for _, count in weighed):
        weighed = [(each, 1) for each in attempts]
    everything = sum(count for _, count in weighed)
    rate = cut(amount / everything)
    for each, count in weighed:
        each.capacity[component] += rate * count
    return amount - rate * everything


def _provisioned(
    pool: PoolOf, origin: str, cost: Fraction, served: Sequence[Attempt], laid: Laid
) -> None:
    if not served:
        laid.whole["unobserved"] += cost
        return
    laid.whole["rounding"] += by_weight(served, pool, (origin, "gpu_busy"), cost)


def _seats(origin: str, cost: Fraction, served: Sequence[Attempt], laid: Laid) -> None:
    users: dict[str | None, list[Attempt]] = defaultdict(list)
    for each in served:
        users[each.row["api_key_id"] or each.row["team"]].append(each)
    if not users:
        laid.whole["seat"] += cost
        return
    for attempts in users.values():
        rate = cut(cost / len(users) / len(attempts))
        for each in attempts:
            each.capacity[origin, "shared"] += rate
    laid.whole["rounding"] += cost - sum(
        (cut(cost / len(users) / len(a)) * len(a) for a in users.values()), Fraction(0)
    )
