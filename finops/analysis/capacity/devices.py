"""Device time: whom every accelerator was held by, when it was busy and when idle. The one place that says so.

`device_time.sql` decides it for each sample. Sums by hour, node and holder are kept beside the ledger, a
file a day named after the samples of that day and the next, the rules of pools and the statement itself,
so that a month of a thousand accelerators is read once.
"""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.kept import chunks, days_of, fingerprint, keep, kept_folder, prune
from finops.analysis.where import compile_where, quote
from finops.errors import ConfigError, UsageError
from finops.ledger.engine import query
from finops.ledger.schema import literal
from finops.model.tables import GPU_SAMPLES
from finops.sql import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import duckdb

    from finops.analysis.capacity.pools import CapacityPool
    from finops.ledger.store import DataFile, Ledger
    from finops.model.period import Period

__all__ = [
    "DEVICE_HOURS",
    "Seen",
    "device_time",
    "even_time",
    "install_devices",
    "plain_time",
    "read_seen",
    "refresh_devices",
    "sample_pool",
]

DEVICE_HOURS = "device_hours"
"""View of (day, hour, pool, node, job, work, is_held, parts, busy, unmeasured), parts being 28ths of a ms."""

_SUMS = ("parts", "busy", "unmeasured")
_KEYS = ("day", "hour", "pool", "node", "job", "work", "is_held")
_COLUMNS = ", ".join((*_KEYS, *(f"cast(sum({name}) as bigint) as {name}" for name in _SUMS)))


class Seen(NamedTuple):
    """Device time of one pool, month, node and holder, in parts: all of it, and what of it was busy.

    `unmeasured` is held time without any measure of activity; it counts as busy.
    """

    pool: str | None
    month: str
    node: str | None
    job: str | None
    work: str | None
    is_held: bool
    parts: int
    busy: int
    unmeasured: int


def sample_pool(pools: Sequence[CapacityPool]) -> str:
    """SQL of a sample's pool: the one it names, else that of the first rule it fits; ConfigError."""
    columns = {name: f'"{name}"' for name in GPU_SAMPLES.names}
    branches = []
    for pool in pools:
        if pool.samples is None:
            continue
        try:
            rule = compile_where(pool.samples, columns).sql
        except UsageError as error:
            raise ConfigError(
                f"pool {pool.name!r}, samples: {error.message}", hint=error.hint
            ) from error
        branches.append(f"when {rule} then {quote(pool.name)}")
    return f"coalesce(pool, case {' '.join(branches)} end)" if branches else "pool"


def device_time(samples: str, pool: str) -> str:
    """SELECT of every sample's device time over the relation `samples`."""
    intervals = "(select * from whole union all by name select * from sliced) as intervals"
    return render(
        "device_time",
        sampled=render("device_samples", samples=samples, pool=pool),
        spent=render("device_spent", intervals=intervals),
    )


def even_time(samples: str, pool: str) -> str:
    """The same of devices that are sampled evenly, in one pass; `device_uneven.sql` names those that are not."""
    return render(
        "device_even",
        sampled=render("device_samples", samples=samples, pool=pool),
        spent=render("device_spent", intervals="beside"),
    )


def plain_time(samples: str, pool: str) -> str:
    """The same of whole devices that are told of once, in half the time; `is_odd` where one is not."""
    return render(
        "device_plain",
        sampled=render("device_samples", samples=samples, pool=pool),
        spent=render("device_spent", intervals="beside"),
    )


def install_devices(
    con: duckdb.DuckDBPyConnection, ledger: Ledger | None, span: Period, pool: str
) -> None:
    """Make the view `DEVICE_HOURS` of the days of `span`; without a ledger nothing is kept.

    `pool` is the SQL of a sample's pool; `gpu_samples` is a view on `con`.
    """
    last = span.end - timedelta(days=1)
    if ledger is None:
        _make(con, span.start, last, pool)
        query(con, f"create or replace temp view {DEVICE_HOURS} as select * from made_devices")
        return
    by_day = days_of(ledger, "gpu_samples")
    paths = _keep_days(con, ledger, by_day, [d for d in by_day if span.start <= d <= last], pool)
    if paths:
        files = ", ".join(literal(str(path)) for path in paths)
        rows = f"select * from read_parquet([{files}])"
    else:
        _make(con, date.max, date.max, pool)
        rows = "select * from made_devices"
    query(con, f"create or replace temp view {DEVICE_HOURS} as {rows}")


def refresh_devices(ledger: Ledger, pool: str, days: Iterable[date]) -> None:
    """Sum up the samples of `days` and of the days before them again, as after a load that touched them."""
    touched = {day - timedelta(days=shift) for day in days for shift in (0, 1)}
    by_day = days_of(ledger, "gpu_samples")
    con = ledger.connect(["gpu_samples"])
    try:
        _keep_days(con, ledger, by_day, sorted(touched & set(by_day)), pool)
    finally:
        con.close()


def _keep_days(
    con: duckdb.DuckDBPyConnection,
    ledger: Ledger,
    by_day: Mapping[date, tuple[DataFile, ...]],
    wanted: Sequence[date],
    pool: str,
) -> list[Path]:
    """The files of the `wanted` days, those made that are missing."""
    stamp = _stamp(pool)
    names = {day: fingerprint(by_day, (day, day + timedelta(days=1)), stamp) for day in wanted}
    paths = {day: _path(kept_folder(ledger), day, name) for day, name in names.items()}
    for chunk in chunks(by_day, [day for day, path in paths.items() if not path.exists()]):
        _make(con, chunk[0], chunk[-1], pool)
        for day in chunk:
            keep(con, f"select * from made_devices where day = date '{day}'", paths[day])
            prune(paths[day].parent, names[day])
    return list(paths.values())


def read_seen(con: duckdb.DuckDBPyConnection, days: Period) -> list[Seen]:
    """Device time of `days` by pool, month, node and holder; needs `install_devices`."""
    rows = query(
        con,
        f"""
        select
            pool, strftime(day, '%Y-%m') as month, node, job, work, is_held,
            cast(sum(parts) as bigint), cast(sum(busy) as bigint), cast(sum(unmeasured) as bigint)
        from {DEVICE_HOURS}
        where day >= date '{days.start}' and day < date '{days.end}'
        group by all
        order by all
        """,
    )
    return [Seen(*row) for row in rows]


def _make(con: duckdb.DuckDBPyConnection, first: date, last: date, pool: str) -> None:
    """Make temp table `made_devices`: sums of the days from `first` to `last`.

    Devices that are sampled evenly take one pass; the others are put in order by `_make_uneven`.
    """
    days = f"day between date '{first}' and date '{last}'"
    even = even_time(f"(select * from gpu_samples where {days})", pool)
    query(con, f"create or replace temp table even_devices as {even}")
    after = _after(con, last)
    following = f"select device_uuid, timestamp from gpu_samples where {after}"
    uneven = render("device_uneven", even="even_devices", after=following)
    query(con, f"create or replace temp table uneven_devices as {uneven}")
    names = "(select u.device_uuid from uneven_devices as u)"
    made = f"select {_COLUMNS} from even_devices where device_uuid not in {names} group by all"
    if query(con, "select 1 from uneven_devices limit 1"):
        _make_uneven(con, f"({days} or {after}) and device_uuid in {names}", pool)
        made = (
            f"select {_COLUMNS} from ({made} union all "
            f"select * from made_uneven where {days}) as timed group by all"
        )
    query(con, f"create or replace temp table made_devices as {made}")


def _make_uneven(con: duckdb.DuckDBPyConnection, wanted: str, pool: str) -> None:
    """Make temp table `made_uneven`: sums of the samples that are `wanted`, devices of any kind."""
    samples = f"(select * from gpu_samples where {wanted})"
    query(
        con,
        f"create or replace temp table plain_devices as select {_COLUMNS}, bool_or(is_odd) as is_odd "
        f"from ({plain_time(samples, pool)}) as timed group by all",
    )
    if query(con, "select 1 from plain_devices where is_odd limit 1"):
        made = f"select {_COLUMNS} from ({device_time(samples, pool)}) as timed group by all"
    else:
        made = "select * exclude (is_odd) from plain_devices"
    query(con, f"create or replace temp table made_uneven as {made}")


def _after(con: duckdb.DuckDBPyConnection, last: date) -> str:
    """The condition of samples after the day `last` that may cut short one of `even_devices`."""
    if last == date.max:
        return "false"
    after = last + timedelta(days=1)
    ((reach,),) = query(con, "select coalesce(max(longest), 0) from even_devices")
    moment = f"timestamptz '{after} 00:00:00+00' + to_milliseconds(cast({reach} as bigint))"
    return f"(day = date '{after}' and timestamp < {moment})"


def _path(folder: Path, day: date, name: str) -> Path:
    return folder / "devices" / f"day={day.isoformat()}" / f"{name}.parquet"


def _stamp(pool: str) -> str:
    from importlib.metadata import version

    statement = device_time("samples", pool)
    return hashlib.sha256(f"{version('duckdb')} {statement}".encode()).hexdigest()
