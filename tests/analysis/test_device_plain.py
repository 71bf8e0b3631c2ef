"""Device time in one pass says what it says in many, and knows when it cannot."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from finops.analysis.capacity.devices import device_time, plain_time
from finops.ledger.engine import open_engine, query
from finops.model.tables import GPU_SAMPLES
from tests.analysis.ledgers import at, sample

if TYPE_CHECKING:
    from tests.analysis.ledgers import Row

KEYS = "day, hour, pool, node, job, work, is_held"
SUMS = "sum(parts), sum(busy), sum(unmeasured)"


def samples(seed: int, odd: str | None) -> list[Row]:
    """Devices sampled at irregular moments, held by this and that; `odd`: a slice, or a moment told twice."""
    dice = random.Random(seed)
    rows = []
    for device in ("a", "b", "c"):
        moment = at("2026-10-05T22:00:00")
        for _ in range(40):
            moment += timedelta(milliseconds=dice.randint(1, 400_000))
            rows.append(
                sample(
                    device, moment.isoformat()[:-6], dice.choice((60.0, 300.0)),
                    node=dice.choice(("n1", "n2")), pool=dice.choice(("iron", None)),
                    workload=dice.choice(("chat", None, None)), job_id=dice.choice(("j", None)),
                    gr_engine_active=dice.choice((0.0, 0.25, None)), gpu_util=dice.choice((0.5, None)),
                )
            )  # fmt: skip
    if odd == "slice":
        rows[7]["mig_profile"] = "1/3g.40gb"
    if odd == "twice":
        rows.append({**rows[7], "source_id": "again", "job_id": "other"})
    return rows


@pytest.mark.parametrize(("seed", "odd"), [(1, None), (2, None), (3, "slice"), (4, "twice")])
def test_one_pass_says_the_same_or_that_it_cannot(seed: int, odd: str | None) -> None:
    rows = samples(seed, odd)
    texts = {
        name: pa.array([None if row[name] is None else str(row[name]) for row in rows], pa.string())
        for name in GPU_SAMPLES.names
    }
    casts = ", ".join(
        f'cast("{c.name}" as {c.kind.stored}) as "{c.name}"' for c in GPU_SAMPLES.columns
    )
    con = open_engine()
    con.register("told", pa.table(texts))
    query(con, f"create table seen as select {casts} from told")
    plain, full = (
        query(con, f"select {KEYS}, {SUMS} from ({sql}) as timed group by all order by all")
        for sql in (plain_time("seen", "pool"), device_time("seen", "pool"))
    )
    ((is_odd,),) = query(
        con, f"select bool_or(is_odd) from ({plain_time('seen', 'pool')}) as timed"
    )
    assert is_odd is (odd is not None)
    assert (plain == full) is (odd is None)
    con.close()
