"""Devices sampled evenly take no ordering, and what is uneven about a device is seen: the same hours either way."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from finops.analysis.capacity.devices import DEVICE_HOURS, device_time, install_devices
from finops.ledger.engine import open_engine, query
from finops.model.period import Period
from finops.model.tables import GPU_SAMPLES
from tests.analysis.ledgers import at, sample

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

    from tests.analysis.ledgers import Row

DAYS = Period(date(2026, 10, 5), date(2026, 10, 6))
KEYS = "day, hour, pool, node, job, work, is_held"
SUMS = "sum(parts), sum(busy), sum(unmeasured)"


def minutes(device: str, first: int, last: int) -> list[Row]:
    """A sample each minute of 5 October, 7 seconds past it; each third held by a job, each fifth unmeasured."""
    rows = []
    for minute in range(first, last):
        moment = at("2026-10-05T00:00:07") + timedelta(minutes=minute)
        rows.append(
            sample(
                device,
                moment.isoformat()[:-6],
                60.0,
                node="n1",
                pool="iron",
                job_id="train" if minute % 3 == 0 else None,
                gr_engine_active=None if minute % 5 == 0 else minute % 4 / 4,
            )
        )
    return rows


def moved(row: Row, seconds: float) -> None:
    row["timestamp"] = at(str(row["timestamp"]).replace("+00:00", "")) + timedelta(seconds=seconds)


def off_phase(rows: list[Row]) -> None:
    moved(rows[40], -13)


def of_two_lengths(rows: list[Row]) -> None:
    rows[70]["interval_s"] = 75.0


def told_twice(rows: list[Row]) -> None:
    rows.append({**rows[30], "source_id": "again", "job_id": "other", "gr_engine_active": 1.0})


def told_twice_later(rows: list[Row]) -> None:
    rows.append({**rows[90], "source_id": "again"})
    del rows[31]


def sliced(rows: list[Row]) -> None:
    rows[20]["mig_profile"] = "1/3g.40gb"


def followed(rows: list[Row]) -> None:
    rows += [{**rows[0], "timestamp": at("2026-10-06T00:00:03"), "day": date(2026, 10, 6)}]


def of_no_length(rows: list[Row]) -> None:
    rows[10]["interval_s"] = 0.0


def opened(rows: list[Row]) -> duckdb.DuckDBPyConnection:
    """A connection with `rows` as `gpu_samples`."""
    con = open_engine()
    texts = {
        name: pa.array([None if row[name] is None else str(row[name]) for row in rows], pa.string())
        for name in GPU_SAMPLES.names
    }
    con.register("told", pa.table(texts))
    casts = ", ".join(
        f'cast("{c.name}" as {c.kind.stored}) as "{c.name}"' for c in GPU_SAMPLES.columns
    )
    query(con, f"create table gpu_samples as select {casts} from told")
    return con


@pytest.mark.parametrize(
    "spoil",
    [None, off_phase, of_two_lengths, told_twice, told_twice_later, sliced, followed, of_no_length],
)
def test_even_or_not_the_hours_are_those_of_samples_in_order(
    spoil: Callable[[list[Row]], None] | None,
) -> None:
    even, spoilt = minutes("even", 0, 130), minutes("spoilt", 1310, 1440)
    if spoil is not None:
        spoil(spoilt)
    con = opened([*even, *spoilt])
    install_devices(con, None, DAYS, "pool")
    assert query(con, "select device_uuid from uneven_devices") == ([("spoilt",)] if spoil else [])
    found = query(con, f"select {KEYS}, {SUMS} from {DEVICE_HOURS} group by all order by all")
    timed = f"({device_time('gpu_samples', 'pool')}) as timed where day = date '2026-10-05'"
    assert found == query(con, f"select {KEYS}, {SUMS} from {timed} group by all order by all")
    whole = sum(row[-3] for row in found)
    # 130 minutes of each device, in 28ths of a millisecond, and a minute gone with one left out
    minute = 28 * 60_000
    lost: dict[object, int] = {told_twice_later: minute, followed: 4 * 28_000, of_no_length: minute}
    if spoil not in {of_two_lengths, off_phase}:
        assert whole == 260 * minute - lost.get(spoil, 0)
    con.close()


def test_a_minute_more_than_a_stretch_is_not_told_twice() -> None:
    """61 samples fill the 60 places of a stretch and one of the next."""
    con = opened(minutes("even", 0, 61))
    install_devices(con, None, DAYS, "pool")
    assert query(con, "select count(*), sum(samples) from even_devices where stretch is null") == [
        (0, None)
    ]
    assert query(con, "select count(*) from uneven_devices") == [(0,)]
    assert query(con, f"select sum(parts) from {DEVICE_HOURS}") == [(61 * 28 * 60_000,)]
    con.close()
