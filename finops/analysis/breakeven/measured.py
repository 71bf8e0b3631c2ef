"""Demand as the ledger measured it: devices held in each hour of a pool, its tokens and the price paid.

Held is what counts, not engine activity: a device somebody holds would be rented as well, however idle
its engine. What is held and what runs is what `finops.analysis.capacity.devices` says, as for every cost;
a held slice counts as its part of the device. Hours without samples are left out, never called idle. Work that
waited is put back to the hour it was asked for. A job that never began is demand as well: it is assumed to
last as long as jobs of its name usually do, else as the pool's do. An hour with every device held may hide
more demand.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from itertools import chain, groupby
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.books import answering
from finops.analysis.breakeven.inputs import Input, Origin
from finops.analysis.capacity.devices import device_time, sample_pool
from finops.analysis.capacity.units import PARTS
from finops.analysis.charges import read_charges
from finops.analysis.counted import connect_counted
from finops.analysis.pools import pool_rules
from finops.errors import UsageError
from finops.ledger.engine import query
from finops.model.period import Period

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from finops.analysis.capacity.pools import CapacityPool
    from finops.analysis.pools import PoolRule
    from finops.ledger.store import Ledger

__all__ = ["Demand", "measured_demand", "measured_inputs", "measured_pools"]

_HOUR_S = 3600.0
_PARTS_PER_S = PARTS * 1000
_MILLION = 1e6
_FULL = 0.999
"""Share of a pool's devices held above which an hour counts as full."""


class _Hour(NamedTuple):
    """An observed hour: devices seen, and device-seconds observed, held and active."""

    start: datetime
    devices: int
    owned: float
    held: float
    active: float


class Demand(NamedTuple):
    """A pool's demand by hour, and what else is known of it."""

    pool: str
    start: datetime
    end: datetime
    devices: int
    """Devices seen at least once."""
    days: tuple[tuple[float, ...], ...]
    """Devices needed in each observed hour of each day, in order; waiting work in the hour it was asked for."""
    owned_hours: float
    """Device-hours observed."""
    held_hours: float
    active_hours: float
    """Device-hours of engine activity, beside which `held_hours` is to be seen."""
    hours_missing: int
    """Hours between the first and the last sample without any."""
    hours_full: int
    """Hours with every device held: demand may have been higher."""
    waited_hours: float
    """Device-hours asked for earlier than they began."""
    refused_jobs: int
    """Jobs that never began."""
    refused_hours: float
    """Device-hours they are assumed to have needed, in the load; 0 where no job tells a usual length."""
    million_tokens: tuple[float, float, float]
    """Uncached input, cached and output tokens of the pool's requests in the period."""
    valid_share: float | None
    """Share of those tokens in answers that were ok."""
    paid: float | None
    """EffectiveCost of the pool on the bill in the period."""
    device_model: str | None = None
    """What most of its samples are of."""

    @property
    def load(self) -> tuple[float, ...]:
        """Devices needed in each observed hour, in order."""
        return tuple(chain.from_iterable(self.days))

    @property
    def utilization(self) -> float:
        """Device-hours held, of the device-hours observed."""
        return self.held_hours / self.owned_hours


_SAMPLES = """
select
    hour,
    count(distinct device_uuid) as devices,
    sum(parts) as owned,
    coalesce(sum(parts) filter (where is_held), 0) as held,
    sum(busy - unmeasured) as active
from ({timed}) as timed
where pool = $pool
    and ($start is null or hour >= $start) and ($end is null or hour < $end)
group by hour order by hour
"""

_POOLS = """
select pool, arg_max(device_model, samples) from (
    select {pool} as pool, device_model, count(*) as samples from gpu_samples
    where ($start is null or day >= $start) and ($end is null or day < $end)
    group by all
) where pool is not null group by pool order by pool
"""

_DEVICE = """
select device_model from gpu_samples
where {pool} = $pool and timestamp >= $since and timestamp < $until and device_model is not null
group by device_model order by count(*) desc, device_model limit 1
"""

_JOBS = """
with lengths as (
    select name, epoch(ended_at) - epoch(started_at) as seconds
    from jobs
    where pool = $pool and ended_at > started_at and ended_at <= $until
),

usual as (
    select name, median(seconds) as seconds
    from lengths
    where name is not null
    group by name
)

select
    submitted_at,
    started_at,
    coalesce(ended_at, $until) as ended,
    coalesce(gpu_count, 0) as devices,
    coalesce(usual.seconds, (select median(seconds) from lengths)) as usual_s
from jobs
left join usual using (name)
where pool = $pool and submitted_at is not null and submitted_at < $until
    and (started_at is null or (started_at > submitted_at and started_at < $until))
    and coalesce(started_at, submitted_at) >= $since
"""

_TOKENS = """
select
    coalesce(sum(uncached_input_tokens + cache_write_5m_tokens + cache_write_30m_tokens
        + cache_write_1h_tokens + cache_write_12h_tokens + cache_write_unknown_tokens), 0) as fresh,
    coalesce(sum(cache_read_tokens), 0) as cached,
    coalesce(sum(output_tokens), 0) as output,
    coalesce(sum(output_tokens) filter (where status = 'ok'), 0) as good
from requests
where pool = $pool and timestamp >= $since and timestamp < $until
"""


def measured_pools(
    ledger: Ledger, period: Period | None, capacity: Sequence[CapacityPool] = ()
) -> dict[str, str | None]:
    """Every pool with GPU samples in `period` (None: any), and the device model most of them are of."""
    pool = sample_pool(capacity)
    days = {
        "start": None if period is None else period.start,
        "end": None if period is None else period.end,
    }
    with answering(ledger, period).connect(["gpu_samples"]) as con:
        return dict(query(con, _POOLS.format(pool=pool), days))


def measured_demand(
    ledger: Ledger,
    pool: str,
    *,
    period: Period | None = None,
    rules: Sequence[PoolRule] = (),
    capacity: Sequence[CapacityPool] = (),
    authority: Sequence[str] = (),
    currency: str = "USD",
) -> Demand:
    """Demand of `pool` in `period` (None: all its samples); UsageError when it has no samples.

    Of two logs of the same calls one counts, those `authority` names first.
    """
    con = connect_counted(ledger, period, ["gpu_samples", "jobs", "requests", "costs"], authority)
    try:
        pool_of_sample = sample_pool(capacity)
        hours = _hours(con, pool, period, pool_of_sample)
        found = _measure(con, pool, hours, rules or pool_rules(()), currency)
        span = {"pool": pool, "since": found.start, "until": found.end}
        models = query(con, _DEVICE.format(pool=pool_of_sample), span)
        return found._replace(device_model=models[0][0] if models else None)
    finally:
        con.close()


def measured_inputs(found: Demand, v_hours_per_month: float, currency: str) -> dict[str, Input]:
    """What `found` says, as inputs; the price paid is for a device-hour observed."""
    months = (found.end - found.start).total_seconds() / _HOUR_S / v_hours_per_month
    fresh, cached, output = (count / months for count in found.million_tokens)
    rows = [
        ("demand.units", float(found.devices), "units"),
        ("demand.utilization", found.utilization, "ratio"),
        ("demand.input_tokens", fresh, "Mtokens/month"),
        ("demand.cached_tokens", cached, "Mtokens/month"),
        ("demand.output_tokens", output, "Mtokens/month"),
    ]
    if found.valid_share:
        rows.append(("demand.valid_share", found.valid_share, "ratio"))
    if found.paid:
        price = found.paid / found.owned_hours
        rows.append(("cloud.on_demand", price, f"{currency}/unit/hour"))
    source = f"ledger, pool {found.pool}"
    day = found.end.date().isoformat()
    return {
        name: Input(name, value, unit, Origin.MEASURED, source, day) for name, value, unit in rows
    }


def _hours(
    con: duckdb.DuckDBPyConnection, pool: str, period: Period | None, pool_of_sample: str
) -> list[_Hour]:
    """What every observed hour of `pool` shows, in order."""
    days = "true"
    if period is not None:
        days = f"day >= date '{period.start}' and day <= date '{period.end}'"
    timed = device_time(f"(select * from gpu_samples where {days})", pool_of_sample)
    asked = {
        "pool": pool,
        "start": None if period is None else _midnight(period.start.isoformat()),
        "end": None if period is None else _midnight(period.end.isoformat()),
    }
    return [
        _Hour(hour, devices, *(int(parts) / _PARTS_PER_S for parts in times))
        for hour, devices, *times in query(con, _SAMPLES.format(timed=timed), asked)
    ]


def _measure(
    con: duckdb.DuckDBPyConnection,
    pool: str,
    rows: Sequence[_Hour],
    rules: Sequence[PoolRule],
    currency: str,
) -> Demand:
    if not rows:
        raise UsageError(f"no GPU samples of pool {pool!r} in this period", hint=_pools(con))
    first, last = rows[0].start, rows[-1].start + timedelta(hours=1)
    span = {"pool": pool, "since": first, "until": last}
    held = {hour.start: hour.held / _HOUR_S for hour in rows}
    waiting = _put_back(held, query(con, _JOBS, span))
    fresh, cached, output, good = query(con, _TOKENS, span)[0]
    hours = round((last - first).total_seconds() / _HOUR_S)
    return Demand(
        pool=pool,
        start=first,
        end=last,
        devices=max(hour.devices for hour in rows),
        days=tuple(
            tuple(max(held[hour.start], 0.0) for hour in day)
            for _, day in groupby(rows, key=lambda hour: hour.start.date())
        ),
        owned_hours=sum(hour.owned for hour in rows) / _HOUR_S,
        held_hours=sum(hour.held for hour in rows) / _HOUR_S,
        active_hours=sum(hour.active for hour in rows) / _HOUR_S,
        hours_missing=hours - len(rows),
        hours_full=sum(hour.held >= hour.owned * _FULL for hour in rows),
        waited_hours=waiting.moved_hours,
        refused_jobs=waiting.refused_jobs,
        refused_hours=waiting.refused_hours,
        million_tokens=(fresh / _MILLION, cached / _MILLION, output / _MILLION),
        valid_share=good / output if output else None,
        paid=_paid(con, pool, first, last, rules, currency),
    )


class _Waiting(NamedTuple):
    """Device-hours moved to when they were asked for; jobs that never began, and their device-hours."""

    moved_hours: float
    refused_jobs: int
    refused_hours: float


def _put_back(
    held: dict[datetime, float],
    jobs: Sequence[tuple[datetime, datetime | None, datetime, int, float | None]],
) -> _Waiting:
    """Move work that waited to when it was asked for, in `held`, and add work that never began."""
    moved, refused, added = 0.0, 0, 0.0
    for submitted, started, ended, devices, usual in jobs:
        if started is None:
            refused += 1
            length = timedelta(seconds=usual or 0.0)
            added += devices * length.total_seconds() / _HOUR_S
        else:
            length = max(ended - started, timedelta(0))
            _add(held, started, ended, -devices)
            moved += devices * length.total_seconds() / _HOUR_S
        _add(held, submitted, submitted + length, devices)
    return _Waiting(moved, refused, added)


def _add(held: dict[datetime, float], start: datetime, end: datetime, devices: int) -> None:
    """Add `devices` to each observed hour for the part of it between `start` and `end`."""
    hour = start.replace(minute=0, second=0, microsecond=0)
    while hour < end:
        following = hour + timedelta(hours=1)
        if hour in held:
            part = min(end, following) - max(start, hour)
            held[hour] += devices * part.total_seconds() / _HOUR_S
        hour = following


def _paid(
    con: duckdb.DuckDBPyConnection,
    pool: str,
    first: datetime,
    last: datetime,
    rules: Sequence[PoolRule],
    currency: str,
) -> float | None:
    """What the bill charges for `pool` over the whole days the samples cover; None for nothing."""
    end = (last + timedelta(hours=23)).date()
    charges = read_charges(con, Period(first.date(), end), currency, rules)
    lines = ("usage", "commitment_unused")
    cost = float(charges.cost(lambda charge: charge.pool == pool and charge.line in lines))
    return cost if cost > 0 and math.isfinite(cost) else None


def _midnight(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def _pools(con: duckdb.DuckDBPyConnection) -> str:
    names = [
        name
        for (name,) in query(con, "select distinct pool from gpu_samples order by 1")
        if name is not None
    ]
    if not names:
        return "load some: finops load gpu FILE"
    return f"pools with samples: {', '.join(names)}"
