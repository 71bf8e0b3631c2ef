"""Whether capacity carries more work within its objectives, and what has to be bought where it does not.

Each hour of a pool has capacity and busy time. Work that grows by a share of what a deployment is busy in
every hour needs, at the worst hour,

    units needed = (busy + added) / max_busy        units to buy = ceil(units needed - units there)

`max_busy` is the part of the units that may be busy while objectives are met.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.capacity.billed import ms_between
from finops.analysis.capacity.devices import DEVICE_HOURS, Seen
from finops.analysis.capacity.settle import tally_of
from finops.analysis.capacity.units import PARTS
from finops.analysis.capacity.usage import read_demand
from finops.analysis.where import quote
from finops.ledger.engine import query
from finops.model.money import ZERO, total, truncate
from finops.model.period import parse_month

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import duckdb

    from finops.analysis.capacity.model import DeviceMonth
    from finops.analysis.capacity.pools import CapacityPool
    from finops.model.period import Period

__all__ = ["ASSUMED_BUSY", "Grown", "Hour", "Step", "read_hours", "step"]

ASSUMED_BUSY = Decimal("0.8")
"""Part of the units that may be busy where finops.toml does not say."""

_HOUR_MS = 3_600_000
_THOUSAND, _MINUTE_MS = 1000, 60_000


class Hour(NamedTuple):
    """One hour of a pool in unit-hours: what was there, what was busy, and with which deployment's requests."""

    start: datetime
    units: Fraction
    busy: Fraction
    serving: Mapping[str | None, Fraction]


class Grown(NamedTuple):
    """An hour, and the unit-hours that growing traffic would be busy in it beside."""

    hour: Hour
    added: Fraction


class Step(NamedTuple):
    """What a pool needs for the added work: units to buy (0: none), from which hour, and what they cost.

    `busy` is the share of units busy at the worst hour with the work added; `period_cost` is what the units
    cost in the days asked about. `units` None: not known, `why`.
    """

    pool: str
    max_busy: Decimal
    is_assumed: bool
    busy: float | None = None
    hour: datetime | None = None
    units: int | None = None
    monthly_cost: Decimal | None = None
    period_cost: Decimal | None = None
    why: str | None = None
    load: Fraction | None = None
    """Units busy at that hour with the work added, of those `there`."""
    there: Fraction | None = None
    share: Fraction | None = None
    """The part of the month that the days asked about are."""
    unused: Decimal = ZERO
    """What commitments of the pool cost in the days asked about while nothing used them."""

    @property
    def covered(self) -> Decimal:
        """What of `period_cost` unused commitments pay already: all, as far as they reach."""
        return max(min(self.period_cost or ZERO, self.unused), ZERO)


def read_hours(
    con: duckdb.DuckDBPyConnection, months: Sequence[DeviceMonth], hours: str, period: Period
) -> dict[str, tuple[Hour, ...]]:
    """Hours of every pool of `months` in `period`; a pool that cannot be watched has none.

    Needs the view of device time that `finops.analysis.capacity` leaves, and `hours`, its requests by hour.
    """
    found: dict[str, list[Hour]] = defaultdict(list)
    for month in months:
        pool = month.facts.pool
        if pool.kind == "gpu":
            found[pool.name] += _device_hours(con, month, period)
        elif pool.tokens_per_unit_minute is not None:
            found[pool.name] += _provisioned_hours(con, month, hours, period)
    return {name: tuple(each) for name, each in found.items()}


def _device_hours(con: duckdb.DuckDBPyConnection, month: DeviceMonth, period: Period) -> list[Hour]:
    facts = month.facts
    days = parse_month(facts.month)
    start, end = max(days.start, period.start), min(days.end, period.end)
    rows = query(
        con,
        f"""
        select hour, job, work, is_held, cast(sum(parts) as bigint), cast(sum(busy) as bigint)
        from {DEVICE_HOURS}
        where pool = {quote(facts.pool.name)} and day >= date '{start}' and day < date '{end}'
        group by all
        """,
    )
    by_hour: dict[datetime, list[Seen]] = defaultdict(list)
    for hour, job, work, is_held, parts, busy in rows:
        by_hour[hour].append(
            Seen(facts.pool.name, facts.month, None, job, work, is_held, parts, busy, 0)
        )
    whole = PARTS * _HOUR_MS
    made = []
    for hour, seen in sorted(by_hour.items()):
        tally = tally_of(seen, facts.served.keys(), ())
        serving = {
            owner.name: Fraction(sum(time.busy for time in times.values()), whole)
            for owner, times in tally.items()
            if owner.kind == "requests"
        }
        units = Fraction(sum(each.parts for each in seen), whole)
        made.append(Hour(hour, units, Fraction(sum(each.busy for each in seen), whole), serving))
    return made


def _provisioned_hours(
    con: duckdb.DuckDBPyConnection, month: DeviceMonth, hours: str, period: Period
) -> list[Hour]:
    facts, pool = month.facts, month.facts.pool
    days = parse_month(facts.month)
    inside = days._replace(start=max(days.start, period.start), end=min(days.end, period.end))
    billed, weights = facts.billed.get(None), facts.weights.get(None)
    if billed is None or weights is None or pool.tokens_per_unit_minute is None:
        return []
    per_minute = Fraction(pool.tokens_per_unit_minute)
    made = []
    for hour, served in sorted(read_demand(con, hours, inside, pool.name).items()):
        there = Fraction(ms_between(billed.spans, hour, hour + timedelta(hours=1)), _HOUR_MS)
        needed = Fraction(weights.weigh(served), _THOUSAND) * _MINUTE_MS / per_minute / _HOUR_MS
        made.append(Hour(hour, there, needed, {None: needed}))
    return made


def step(
    month: DeviceMonth, hours: Sequence[Grown], period: Period, unused: Decimal = ZERO
) -> Step:
    """What `month`'s pool needs when the work of `hours` is added, and what it costs in `period`.

    `unused` is what commitments of the pool cost in `period` while nothing used them.
    """
    pool = month.facts.pool
    limit = ASSUMED_BUSY if pool.max_busy is None else pool.max_busy
    found = Step(pool.name, limit, pool.max_busy is None, unused=unused)
    known = [each for each in hours if each.hour.units > 0]
    if not known:
        return found._replace(
            why=f"headroom of {pool.name} is not known without {_missing_of(pool)}"
        )

    def load(each: Grown) -> Fraction:
        return each.hour.busy + each.added

    def short(each: Grown) -> Fraction:
        return load(each) / Fraction(limit) - each.hour.units

    worst = max(known, key=lambda each: (short(each), -each.hour.start.timestamp()))
    units = max(ceil(short(worst)), 0)
    monthly, days = _monthly(month, units), parse_month(month.facts.month)
    part = Fraction((period.end - period.start).days, (days.end - days.start).days)
    return found._replace(
        busy=float(load(worst) / worst.hour.units),
        hour=worst.hour.start,
        units=units,
        monthly_cost=monthly,
        period_cost=truncate(Fraction(monthly) * part),
        load=load(worst),
        there=worst.hour.units,
        share=part,
    )


def _missing_of(pool: CapacityPool) -> str:
    """What would tell hours of a pool that has none."""
    if pool.kind == "gpu":
        return "GPU samples of it"
    if pool.tokens_per_unit_minute is None:
        return "tokens_per_unit_minute"
    return "the hours it is billed for"


def _monthly(month: DeviceMonth, units: int) -> Decimal:
    """What `units` more would cost for the month, at the pool's rate over all its nodes."""
    rates = {node: each for node, each in month.rates.by_node.items() if each.basis is not None}
    parts = sum(each.parts for each in rates.values())
    if not units or not parts:
        return ZERO
    billed = month.facts.billed
    cost = total(
        amount for node in rates if node in billed for amount in billed[node].cost.values()
    )
    days = parse_month(month.facts.month)
    ms = (days.end - days.start).days * 24 * _HOUR_MS
    return truncate(Fraction(cost) / parts * PARTS * ms * units)
