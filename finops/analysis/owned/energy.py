"""What GPU samples tell of power: energy measured, or at least activity, by day and node.

A device counts once in an interval however many rows (MIG slices, sources) tell of it, and an interval
ends where the device's next one begins. Energy is counted in whole millijoules and times in whole
milliseconds, so that sums do not depend on their order. Sums are kept beside the ledger, a file a day,
so that a month of a thousand accelerators is read once.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.kept import chunks, days_of, fingerprint, keep, kept_folder, prune
from finops.analysis.where import quote
from finops.ledger.engine import query
from finops.ledger.schema import literal

if TYPE_CHECKING:
    from datetime import date

    import duckdb

    from finops.ledger.store import Ledger
    from finops.model.period import Period
    from finops.sections.owned import Owned

__all__ = ["Energy", "energy_by_day", "install_energy"]

_VIEW = "device_energy"

_DAY = timedelta(days=1)


class Energy(NamedTuple):
    """What samples of one day tell: millijoules and device-ms measured, device-ms of known activity.

    `active_ms` is those device-ms times their activity.
    """

    measured_mj: int = 0
    measured_ms: int = 0
    told_ms: int = 0
    active_ms: int = 0


_SQL = """
with devices as (
    select
        day,
        device_uuid,
        timestamp,
        max(cluster) as cluster,
        max(node) as node,
        max(cast(round(interval_s * 1000) as bigint)) as length_ms,
        max(cast(round(coalesce(energy_j, power_w * interval_s) * 1000) as bigint)) as energy_mj,
        max(
            cast(round(interval_s * coalesce(gr_engine_active, gpu_util, sm_active) * 1000) as bigint)
        ) as active_ms
    from {samples}
    where {around}
    group by day, device_uuid, timestamp
),

clamped as (
    select
        *,
        least(
            length_ms,
            coalesce(
                epoch_ms(lead(timestamp) over (partition by device_uuid order by timestamp))
                - epoch_ms(timestamp),
                length_ms
            )
        ) as seen_ms
    from devices
)

select
    day,
    cluster,
    node,
    cast(sum(cast(energy_mj as hugeint) * seen_ms // length_ms) as bigint) as measured_mj,
    cast(sum(seen_ms) filter (where energy_mj is not null) as bigint) as measured_ms,
    cast(sum(seen_ms) filter (where energy_mj is null and active_ms is not null) as bigint) as told_ms,
    cast(
        sum(cast(active_ms as hugeint) * seen_ms // length_ms) filter (where energy_mj is null)
        as bigint
    ) as active_ms
from clamped
where length_ms > 0 and {counted}
group by day, cluster, node
"""


def install_energy(con: duckdb.DuckDBPyConnection, ledger: Ledger, days: Period) -> None:
    """Make the view of energy by day and node that `energy_by_day` reads, for `days`."""
    by_day = days_of(ledger, "gpu_samples")
    stamp = _stamp()
    folder = kept_folder(ledger) / "energy"
    names = {
        day: fingerprint(by_day, (day, day + _DAY), stamp)
        for day in by_day
        if days.start <= day < days.end
    }
    paths = {day: folder / f"day={day}" / f"{name}.parquet" for day, name in names.items()}
    samples = f"({ledger.reading('gpu_samples').sql})"
    for chunk in chunks(by_day, [day for day, path in paths.items() if not path.exists()]):
        _make(con, samples, chunk[0], chunk[-1])
        for day in chunk:
            keep(con, f"select * from made_energy where day = date '{day}'", paths[day])
            prune(paths[day].parent, names[day])
    if paths:
        files = ", ".join(literal(str(path)) for path in paths.values())
        rows = f"read_parquet([{files}])"
    else:
        query(
            con,
            f"create or replace temp table made_energy as {_statement(samples, 'false', 'false')}",
        )
        rows = "made_energy"
    query(con, f"create or replace temp view {_VIEW} as select * from {rows}")


def energy_by_day(con: duckdb.DuckDBPyConnection, owned: Owned, days: Period) -> dict[date, Energy]:
    """What samples tell of the power of `owned`, by day; nothing without devices or a word of where they are.

    Needs `install_energy`.
    """
    if not owned.is_located or not owned.devices:
        return {}
    places = [] if owned.cluster is None else [f"cluster = {quote(owned.cluster)}"]
    if owned.node_names:
        places.append(f"node in ({', '.join(quote(name) for name in owned.node_names)})")
    mine = " and ".join(places)
    sums = ", ".join(f"coalesce(sum({name}), 0)" for name in Energy._fields)
    rows = query(
        con,
        f"select day, {sums} from {_VIEW} where {mine} and day >= date '{days.start}' "
        f"and day < date '{days.end}' group by day",
    )
    return {day: Energy(*(int(value) for value in found)) for day, *found in rows}


def _make(con: duckdb.DuckDBPyConnection, samples: str, first: date, last: date) -> None:
    around = f"day between date '{first}' and date '{last + _DAY}'"
    counted = f"day between date '{first}' and date '{last}'"
    statement = _statement(samples, around, counted)
    query(con, f"create or replace temp table made_energy as {statement}")


def _statement(samples: str, around: str, counted: str) -> str:
    return _SQL.format(samples=samples, around=around, counted=counted)


def _stamp() -> str:
    """What besides the samples decides the sums."""
    from importlib.metadata import version

    return hashlib.sha256(f"{version('duckdb')} {_SQL}".encode()).hexdigest()
