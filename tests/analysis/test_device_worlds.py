"""Samples of random accelerators: who held them, and for how long, is what the reference says, part by part."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

import pyarrow as pa

from finops.analysis.capacity.devices import device_time
from finops.ledger.engine import open_engine, query
from finops.model.tables import GPU_SAMPLES
from tests.analysis import clusters
from tests.analysis.reference.devices import device_time as expected

if TYPE_CHECKING:
    from tests.analysis.ledgers import Row

WORLDS = range(60)
MODELS = (None, "NVIDIA H100 80GB HBM3", "NVIDIA A30", "RTX PRO 6000 Blackwell")
RARE: dict[str, tuple[object, ...]] = {
    "mig_profile": ("unnamed", "4/1c.3g.20gb", None),
    "interval_s": (100_000.0, 0.0004, 0.0005),
    "pool": ("iron", "zinc", None),
    "namespace": (None,),
    "sm_active": (0.5,),
}
"""What hardly any sample says: a slice without a size, one of a part of a slice, more than a day, next to nothing."""


def samples(world: int) -> list[Row]:
    """A day's devices as one world has them; moments are told in milliseconds, and no two sources agree."""
    dice = random.Random(world)
    found = []
    model, has_whole = dice.choice(MODELS), dice.random() < 0.5
    for row in clusters.samples(dice, clusters.Style.of(dice), 40):
        moment = row["timestamp"] + timedelta(milliseconds=dice.choice((0, 0, 1, 1_799_999)))
        changed = {
            name: dice.choice(values) for name, values in RARE.items() if dice.random() < 1 / 40
        }
        if row["device_uuid"].startswith("n2") and row["mig_profile"] is None:
            changed["interval_s"] = dice.choice((60.0, 5400.0))
        if row["source_id"] == "other":
            changed |= {**clusters.held(dice), "pool": "zinc", "node": "n0", "interval_s": 1234.5}
        named = {"device_uuid": row["device_uuid"], "node": row["node"], **changed}
        named = {name: f"{world}-{named[name]}" for name in ("device_uuid", "node")}
        timed = {"timestamp": moment, "day": moment.date(), "device_model": model}
        if has_whole or row["mig_profile"] or not row["device_uuid"].startswith("n2"):
            found.append({**row, **timed, **changed, **named})
    return list({clusters.key(row): row for row in found}.values())


def test_device_time_is_what_the_reference_says() -> None:
    rows = [row for world in WORLDS for row in samples(world)]
    wanted: dict[tuple[object, ...], list[int]] = defaultdict(lambda: [0, 0])
    for piece in expected(rows, clusters.COLO):
        job, work = (
            piece.holder[1] if piece.holder and piece.holder[0] == kind else None
            for kind in ("job", "workload")
        )
        sums = wanted[piece.day, piece.pool, piece.node, job, work, piece.is_held]
        sums[0] += piece.total
        sums[1] += piece.busy
    assert told(rows) == {key: tuple(sums) for key, sums in wanted.items() if sums[0]}


def told(rows: list[Row]) -> dict[tuple[object, ...], tuple[int, ...]]:
    """Parts and busy parts by day, pool, node and holder; a job's workload is the job's."""
    texts = {
        name: pa.array([None if row[name] is None else str(row[name]) for row in rows], pa.string())
        for name in GPU_SAMPLES.names
    }
    casts = ", ".join(
        f'cast("{c.name}" as {c.kind.stored}) as "{c.name}"' for c in GPU_SAMPLES.columns
    )
    con = open_engine()
    con.register("said", pa.table(texts))
    query(con, f"create table seen as select {casts} from said")
    timed = device_time("seen", "coalesce(pool, case when cluster = 'colo' then 'colo' end)")
    found = query(
        con,
        "select day, pool, node, job, case when job is null then work end as work, is_held, "
        f"sum(parts), sum(busy) from ({timed}) as timed group by all having sum(parts) > 0",
    )
    con.close()
    return {tuple(keys): (parts, busy) for *keys, parts, busy in found}
