"""Pools that are paid for whether used or not, in the reference: accelerators, provisioned units, seats.

Every month of a pool has a rate per device time; a holder's time makes its cost; a holder that requests
name as their deployment gives it to them by weighted tokens. Seats are split over who used them.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from tests.analysis.reference.bill import ORIGINS, month_start
from tests.analysis.reference.billed import Group, groups_of
from tests.analysis.reference.devicepool import DeviceMonth, Provisioned
from tests.analysis.reference.devices import device_time
from tests.analysis.reference.rows import KINDS, Attempt, PoolOf, Row, cut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.analysis.reference.bill import Bill

CAPACITY = frozenset({"gpu", "provisioned", "seat"})


class CapacityBooks(NamedTuple):
    """Where the charges of capacity pools went, of one origin; requests are counted elsewhere."""

    jobs: Fraction = Fraction(0)
    workloads: Fraction = Fraction(0)
    idle: Fraction = Fraction(0)
    unobserved: Fraction = Fraction(0)
    seat: Fraction = Fraction(0)
    unused: Fraction = Fraction(0)
    blending: Fraction = Fraction(0)
    rounding: Fraction = Fraction(0)


class Capacity:
    """Lays every capacity pool's months on attempts, jobs and workloads."""

    def __init__(
        self,
        bill: Bill,
        attempts: Sequence[Attempt],
        samples: Sequence[Row],
        include: Sequence[str],
    ) -> None:
        self.bill, self.include = bill, include
        self.pools = [pool for pool in bill.pools if pool.kind in CAPACITY]
        self.pieces = device_time(samples, bill.pools)
        self.served: dict[tuple[str, str], list[Attempt]] = defaultdict(list)
        for each in attempts:
            each.pool = serving(each.row, self.pools)
            if each.pool is not None:
                each.rates = dict.fromkeys(KINDS, (None, "unpriced"))
                self.served[each.pool.name, f"{each.row['day']:%Y-%m}"].append(each)
        self.months = {
            (pool.name, month): made
            for month in bill.month_names
            for pool in self.pools
            if (made := self._month(pool, month)) is not None
        }

    def _month(self, pool: PoolOf, month: str) -> DeviceMonth | SeatMonth | None:
        first = month_start(month)
        rows = [
            (row, self.bill.line(row, first))
            for row in self.bill.costs
            if row["x_BillingMonth"] == month
        ]
        own = [p for p in self.pieces if p.pool == pool.name and self.bill.touches(p.day)]
        nodes = frozenset(p.node for p in own if p.node is not None and pool.is_as_applied)
        groups = groups_of(self.bill, pool, rows, nodes)
        served = self.served[pool.name, month]
        if not groups:
            return None
        if pool.kind == "seat":
            return SeatMonth(pool, groups, served)
        if pool.kind == "provisioned":
            return Provisioned(pool, groups, served, self.include)
        seen = [p for p in own if f"{p.day:%Y-%m}" == month]
        return DeviceMonth(pool, groups, seen, served, self.include)

    def books(self, origin: str) -> CapacityBooks:
        """Everything of one origin in the days asked for."""
        made = [self._pool_books(pool, origin) for pool in self.pools]
        return CapacityBooks(*(sum(column, Fraction(0)) for column in zip(*made, strict=True)))

    def _pool_books(self, pool: PoolOf, origin: str) -> CapacityBooks:
        charged, unused = (
            sum(
                (
                    line.amount
                    for line in self.bill.lines
                    if (line.pool, line.origin, line.line) == (pool.name, origin, name)
                ),
                Fraction(0),
            )
            for name in ("usage", "commitment_unused")
        )
        months = {month: each for (name, month), each in self.months.items() if name == pool.name}
        whole = self.bill.is_whole
        parts = []
        seat = rounding = spread = on_requests = Fraction(0)
        for month, each in months.items():
            part = each.account(origin, None if whole else self._days(pool, month))
            requests = self._on_requests(pool, origin, month)
            parts.append(part)
            on_requests += requests
            if not whole:
                continue
            cost = sum((group.paid(origin) for group in each.groups.values()), Fraction(0))
            if isinstance(each, SeatMonth) and not each.has_rate:
                seat += cost
                continue
            if each.spreads_unused:
                extra = sum(
                    (group.left_unused(origin) for group in each.groups.values()), Fraction(0)
                )
                cost, spread = cost + extra, spread + extra
            rounding += cost - requests - sum(part, Fraction(0))
        if not whole and any(each.spreads_unused for each in months.values()):
            spread = unused
        jobs, workloads, idle, unobserved = (
            sum((part[place] for part in parts), Fraction(0)) for place in range(4)
        )
        rest = charged + spread - on_requests - jobs - workloads - idle - unobserved
        rest -= seat + rounding
        if not whole and not any(each.has_rate for each in months.values()):
            seat, unobserved, rest = (
                (rest, unobserved, Fraction(0))
                if pool.kind == "seat"
                else (seat, unobserved + rest, Fraction(0))
            )
        return CapacityBooks(
            jobs, workloads, idle, unobserved, seat, unused - spread, rest, rounding
        )

    def _on_requests(self, pool: PoolOf, origin: str, month: str) -> Fraction:
        return sum(
            (
                amount
                for each in self.served[pool.name, month]
                if self.bill.start <= each.row["day"] < self.bill.end
                for (of, _), amount in each.capacity.items()
                if of == origin
            ),
            Fraction(0),
        )

    def _days(self, pool: PoolOf, month: str) -> tuple[date, date, dict[str | None, Group]]:
        """The period's part of a month, and what charges of the period say of device time."""
        first = month_start(month)
        end = (first + timedelta(days=32)).replace(day=1)
        start = max(first, self.bill.start)
        month_of = self.months[pool.name, month]
        nodes = frozenset(node for node in month_of.groups if node is not None)
        rows = [
            (row, self.bill.line(row, None)) for row in self.bill.costs if self.bill.overlaps(row)
        ]
        return start, min(end, self.bill.end), groups_of(self.bill, pool, rows, nodes)


class SeatMonth:
    """Fees of a month, evenly on its users and of each evenly on their requests."""

    spreads_unused = False

    def __init__(
        self, pool: PoolOf, groups: dict[str | None, Group], served: Sequence[Attempt]
    ) -> None:
        self.groups = groups
        users: dict[str | None, list[Attempt]] = defaultdict(list)
        for each in served:
            users[_user(pool, each.row)].append(each)
        counts = {
            user: sum(each.is_request for each in attempts) for user, attempts in users.items()
        }
        active = {user: count for user, count in counts.items() if count}
        fee = groups[None]
        self.has_rate = bool(active) and bool(fee.cost)
        if not self.has_rate:
            return
        for user, count in active.items():
            for each in users[user]:
                each.rates.clear()
                each.rates |= dict.fromkeys(KINDS, (None, "paid"))
                for origin in ORIGINS if each.is_request else ():
                    each.capacity[origin, "shared"] += cut(fee.paid(origin) / len(active) / count)

    @staticmethod
    def account(origin: str, days: object) -> tuple[Fraction, Fraction, Fraction, Fraction]:
        """Nothing of a seat is on jobs, workloads or devices."""
        del origin, days
        return Fraction(0), Fraction(0), Fraction(0), Fraction(0)


def _user(pool: PoolOf, row: Row) -> str | None:
    if pool.user is not None:
        found: str | None = row[pool.user]
    else:
        found = row["api_key_id"] if row["api_key_id"] is not None else row["team"]
    return found


def serving(row: Row, pools: Sequence[PoolOf]) -> PoolOf | None:
    """The capacity pool that served a request: the one it names, else the first whose rule has it."""
    for pool in pools:
        if row["pool"] == pool.name:
            return pool
    for pool in pools:
        if pool.serves is not None and row[pool.serves[0]] == pool.serves[1]:
            return pool
    return None
