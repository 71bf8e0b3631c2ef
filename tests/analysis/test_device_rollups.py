"""Device time kept by day: made by the load, read instead of the samples, and cut where days meet."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from finops.analysis.refreshing import roll_up_days
from tests.analysis.ledgers import add, ask, config, make_ledger, sample
from tests.analysis.test_capacity import GPUS, hours_of, instance, left

if TYPE_CHECKING:
    from pathlib import Path

    from finops.ledger.store import Ledger
    from tests.analysis.ledgers import Row

D = Decimal


def company(folder: Path, samples: list[Row]) -> Ledger:
    """Four device-hours for 40.32, 10.08 each."""
    return make_ledger(folder, costs=[instance("40.32", 2)], samples=samples)


def test_after_a_load_the_first_question_reads_no_sample(tmp_path: Path) -> None:
    """With rubbish in the place of every sample (but the footers) the answer is what was summed up."""
    ledger = company(tmp_path, hours_of("a", 0, 3, job_id="17", gr_engine_active=1))
    assert roll_up_days(ledger, config(GPUS), "gpu_samples", {date(2026, 10, 1)})
    for file in ledger.files("gpu_samples"):
        path = tmp_path / "gpu_samples" / file.key
        content = path.read_bytes()
        footer = int.from_bytes(content[-8:-4], "little") + 8
        path.write_bytes(b"PAR1" + b"\xff" * (len(content) - footer - 4) + content[-footer:])
    found = ask(ledger, config(GPUS))
    assert found.reconciliation.jobs == D("30.24")
    assert left(found) == {"unobserved": D("10.08")}


def test_an_interval_into_the_next_day_ends_at_the_next_sample(tmp_path: Path) -> None:
    """Two hours from 23:00, sampled again at 00:30: an hour and a half, and then two more."""
    ledger = company(
        tmp_path,
        [
            sample("a", "2026-10-01T23:00:00", 7200, pool="gpus", job_id="17"),
            sample("a", "2026-10-02T00:30:00", 7200, pool="gpus", job_id="17"),
        ],
    )
    assert ask(ledger, config(GPUS)).reconciliation.jobs == D("35.28")


def test_days_are_summed_up_alone_or_together(tmp_path: Path) -> None:
    """A sample of the next day changes what the day before is summed up to, and only that."""
    ledger = company(tmp_path, [sample("a", "2026-10-01T23:00:00", 7200, pool="gpus", job_id="17")])
    roll_up_days(ledger, config(GPUS), "gpu_samples", {date(2026, 10, 1)})
    assert ask(ledger, config(GPUS)).reconciliation.jobs == D("20.16")
    add(
        ledger,
        "gpu_samples",
        [sample("a", "2026-10-02T00:00:00", 3600, pool="gpus", job_id="17")],
    )
    roll_up_days(ledger, config(GPUS), "gpu_samples", {date(2026, 10, 2)})
    kept = list((tmp_path / "_rollups" / "devices").rglob("*.parquet"))
    assert len({file.parent for file in kept}) == 2
    assert ask(ledger, config(GPUS)).reconciliation.jobs == D("20.16")
