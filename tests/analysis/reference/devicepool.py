"""A month of a device pool, in the reference: rates of device time, who held it, what it put on requests."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING

from tests.analysis.reference.bill import ORIGINS
from tests.analysis.reference.devices import PARTS, Piece
from tests.analysis.reference.rows import KINDS, Attempt, PoolOf, cut
from tests.analysis.reference.weights import weigh, weights_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from tests.analysis.reference.billed import Group

Owner = tuple[str, str | None]
"""("job" | "workload" | "requests" | "nobody", name); `requests` None: those that name no deployment."""

Days = tuple["date", "date", "dict[str | None, Group]"]
"""A stretch of the month, and what is charged in the period."""

Amounts = tuple[Fraction, Fraction, Fraction, Fraction]
"""On jobs, on workloads, idle, unobserved."""


class DeviceMonth:
    """One pool's month; setting it up lays its cost on the attempts served."""

    def __init__(
        self,
        pool: PoolOf,
        groups: dict[str | None, Group],
        pieces: Sequence[Piece],
        served: Sequence[Attempt],
        include: Sequence[str],
    ) -> None:
        self.pool, self.groups, self.pieces = pool, groups, pieces
        self.served: dict[str | None, list[Attempt]] = defaultdict(list)
        for each in served:
            self.served[self.key(each)].append(each)
        self._set_rates()
        busy = sum(piece.busy for piece in pieces)
        self.spreads_idle = "idle" in include and busy > 0
        self.spreads_unused = "unused" in include and busy > 0
        self.idle_rate, self.unused_rate = (dict.fromkeys(ORIGINS, Fraction(0)) for _ in range(2))
        for origin in ORIGINS:
            if self.spreads_idle:
                idle = self._cost(origin, [p for p in pieces if self.owner(p)[0] == "nobody"])
                self.idle_rate[origin] = cut(idle / busy)
            if self.spreads_unused:
                unused = sum((group.left_unused(origin) for group in groups.values()), Fraction(0))
                self.unused_rate[origin] = cut(unused / busy)
        self._lay()

    def key(self, each: Attempt) -> str | None:
        """What tells requests apart inside the pool."""
        found: str | None = each.row["deployment"]
        return found

    def _node(self, piece: Piece) -> str | None:
        return piece.node if piece.node in self.groups else None

    def _set_rates(self) -> None:
        """Dollars of a part of device time by rate group and origin; over billed time, else observed."""
        self.rates: dict[str | None, dict[str, Fraction]] = {}
        self.basis: dict[str | None, str | None] = {}
        for node in {*self.groups, *map(self._node, self.pieces)}:
            group = self.groups.get(node)
            billed = 0 if group is None else group.ms
            seen = sum(piece.total for piece in self.pieces if self._node(piece) == node)
            parts = PARTS * billed if billed is not None and billed > 0 else seen
            is_billed = billed is not None and billed > 0
            self.basis[node] = "billed" if is_billed else "observed" if seen > 0 else None
            self.rates[node] = {
                origin: cut(group.paid(origin) / parts)
                if group is not None and self.basis[node]
                else Fraction(0)
                for origin in ORIGINS
            }

    @property
    def has_rate(self) -> bool:
        """Whether any charge meets any time."""
        return any(self.basis.values())

    def owner(self, piece: Piece) -> Owner:
        """Whose a piece of time is."""
        if not piece.is_held:
            return "nobody", None
        kind, name = piece.holder or ("workload", None)
        if kind == "job":
            return "job", name
        if name is not None and name in self.served:
            return "requests", name
        return ("requests", None) if None in self.served else ("workload", name)

    def _cost(self, origin: str, pieces: Sequence[Piece], of: str = "total") -> Fraction:
        return sum(
            (self.rates[self._node(piece)][origin] * getattr(piece, of) for piece in pieces),
            Fraction(0),
        )

    def _held(self, origin: str, pieces: Sequence[Piece]) -> Fraction:
        """The cost of holders, with what is spread on their busy time."""
        spread = self.idle_rate[origin] + self.unused_rate[origin]
        return self._cost(origin, pieces) + spread * sum(piece.busy for piece in pieces)

    def _lay(self) -> None:
        times: dict[str | None, list[Piece]] = defaultdict(list)
        for piece in self.pieces:
            kind, name = self.owner(piece)
            if kind == "requests":
                times[name].append(piece)
        if not any(group.cost for group in self.groups.values()):
            return
        for name, pieces in times.items():
            busy = sum(piece.busy for piece in pieces)
            for origin in ORIGINS:
                idle = self._cost(origin, pieces, "rest") + self.idle_rate[origin] * busy
                self.put(self.served[name], origin, "gpu_busy", self._cost(origin, pieces, "busy"))
                self.put(self.served[name], origin, "gpu_idle", idle)
                unused = self.unused_rate[origin] * busy
                self.put(self.served[name], origin, "commitment_unused", unused)

    def put(
        self, attempts: Sequence[Attempt], origin: str, component: str, amount: Fraction
    ) -> None:
        """Lay `amount` on attempts by weighted tokens, else evenly."""
        weights = weights_of(self.pool, attempts)
        weighed = [(each, weigh(each, weights)) for each in attempts]
        if not any(count for _, count in weighed):
            weighed = [(each, 1) for each in attempts]
        rate = cut(amount / sum(count for _, count in weighed))
        for each, count in weighed:
            each.rates.clear()
            each.rates |= dict.fromkeys(KINDS, (None, "paid"))
            each.capacity[origin, component] += rate * count

    def within(self, start: date, end: date) -> list[Piece]:
        """Device time of these days."""
        return [piece for piece in self.pieces if start <= piece.day < end]

    def account(self, origin: str, days: Days | None) -> Amounts:
        """What of the month, or of a stretch of it, requests do not carry."""
        pieces, ms = list(self.pieces), {node: group.ms for node, group in self.groups.items()}
        if days is not None:
            start, end, charged = days
            pieces = self.within(start, end)
            ms = {
                node: None
                if ms[node] is None
                else (charged[node].within(start, end) if node in charged else 0)
                for node in ms
            }
        of: dict[str, list[Piece]] = defaultdict(list)
        for piece in pieces:
            of[self.owner(piece)[0]].append(piece)
        unobserved = Fraction(0)
        for node, rates in self.rates.items():
            if self.basis[node] == "billed":
                seen = sum(piece.total for piece in pieces if self._node(piece) == node)
                unobserved += rates[origin] * (PARTS * (ms.get(node) or 0) - seen)
            elif self.basis[node] is None and days is None and node in self.groups:
                unobserved += self.groups[node].paid(origin)
        idle = Fraction(0) if self.spreads_idle else self._cost(origin, of["nobody"])
        return (
            self._held(origin, of["job"]),
            self._held(origin, of["workload"]),
            idle,
            unobserved,
        )


class Provisioned(DeviceMonth):
    """Units without devices to watch: time is what is billed, busy what the tokens of an hour need."""

    def __init__(
        self,
        pool: PoolOf,
        groups: dict[str | None, Group],
        served: Sequence[Attempt],
        include: Sequence[str],
    ) -> None:
        self.demand = demand(pool, served)
        super().__init__(pool, groups, self._pieces(pool, groups[None], served), served, include)

    def key(self, each: Attempt) -> str | None:
        """All requests are one."""
        del each
        return None

    def within(self, start: date, end: date) -> list[Piece]:
        """What was billed for these days: all of it is the requests'."""
        group = self.groups[None]
        if not self.pieces or group.ms is None or group.ms <= 0:
            return list(self.pieces)
        return [self.pieces[0]._replace(busy=PARTS * group.within(start, end), rest=0)]

    def _pieces(self, pool: PoolOf, group: Group, served: Sequence[Attempt]) -> list[Piece]:
        if not served:
            return []
        day = served[0].row["day"].replace(day=1)
        where = (pool.name, day, None, True, None)
        if group.ms is None or group.ms <= 0:
            return [Piece(*where, busy=1, rest=0)]
        busy = group.ms
        if pool.tokens_per_unit_minute is not None:
            busy = sum(
                min(max(_hour_of(group, hour), 0), needed) for hour, needed in self.demand.items()
            )
        return [Piece(*where, busy=PARTS * busy, rest=PARTS * (group.ms - busy))]


def demand(pool: PoolOf, served: Sequence[Attempt]) -> dict[datetime, int]:
    """Unit-milliseconds the tokens of each hour need."""
    if pool.tokens_per_unit_minute is None:
        return {}
    weights = weights_of(pool, served)
    found: dict[datetime, int] = defaultdict(int)
    for each in served:
        hour = each.row["timestamp"].replace(minute=0, second=0, microsecond=0)
        found[hour] += weigh(each, weights)
    minute = Fraction(pool.tokens_per_unit_minute)
    return {hour: floor(Fraction(w, 1000) * 60_000 / minute) for hour, w in found.items()}


def _hour_of(group: Group, hour: datetime) -> int:
    return group.between(hour, hour + timedelta(hours=1))
