"""(g) The month of a company with capacity: time and memory of `finops unit` over bare scans of its files.

`python -m bench.month LEDGER MONTH` is the floor in a process of its own: what the question needs to read
of the month's files, read and summed by plain DuckDB statements. It prints wall and processor seconds.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from bench.company import Size, company
from bench.measure import Measured, finops, run

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["month"]

MONTH = "2026-09"
_TURNS = 3
_HISTORY = 8
"""How many times smaller the month is that is measured with a year before it."""

_SCANS = (
    """select workflow, response_model, pool, deployment, count(*), count(distinct workflow_run_id),
        sum(uncached_input_tokens), sum(cache_read_tokens), sum(output_tokens), max(latency_ms),
        max(ttft_ms), max(call_id), max(attempt), max(status)
        from requests where day >= date '{month}-01' and day < date '{month}-01' + interval 1 month
        group by all""",
    """select pool, workload, job_id, node, day, count(*), max(device_uuid), max(timestamp),
        sum(interval_s), sum(interval_s * gr_engine_active)
        from gpu_samples where day >= date '{month}-01' and day < date '{month}-01' + interval 1 month
        group by all""",
    """select ServiceName, x_Model, x_TokenType, sum(EffectiveCost), sum(ConsumedQuantity)
        from costs where x_BillingMonth = '{month}' group by all""",
)


class Asked(NamedTuple):
    """`finops unit` over a month: the first time, and again; seconds, and peak memory in bytes."""

    first: float
    again: float
    peak: int


def month(folder: Path, requests: int, gpus: int) -> list[Measured]:
    """The whole month against bare scans, half of it against the whole, and with a year before it."""
    whole = _company(folder, "month", Size(requests, gpus))
    floor = min(_scan(whole) for _ in range(_TURNS))
    ours = _ask(whole)
    half = _ask(_company(folder, "half", Size(requests // 2, gpus, days=15)))
    small = Size(requests // _HISTORY, gpus // _HISTORY)
    alone = _ask(_company(folder, "alone", small))
    year = [f"2025-{number:02}" for number in range(9, 13)]
    year += [f"2026-{number:02}" for number in range(1, 9)]
    after = _ask(_company(folder, "after", small, *year))
    what = f"unit --by workflow,model of a month: {requests:,} requests, {gpus:,} devices by the minute"
    size = f"{small.requests:,} requests and {small.samples:,} samples a month"
    return [
        Measured(
            letter="g",
            what=f"{what}, first answer",
            floor="bare scans of the same files",
            target=20,
            ceiling=True,
            ratio=ours.first / floor,
            note=f"start of the command included; asked again: {ours.again:.2f} s",
            peak=ours.peak,
            seconds={"finops": ours.first, "again": ours.again, "scans": floor},
        ),
        Measured(
            letter="g",
            what="half of that month",
            floor="the whole month",
            target=0.7,
            ceiling=True,
            ratio=half.first / ours.first,
            note="first answers",
            seconds={"half": half.first, "whole": ours.first},
        ),
        Measured(
            letter="g",
            what=f"a month with twelve before it, {size}",
            floor="the same month alone",
            target=1.15,
            ceiling=True,
            ratio=after.first / alone.first,
            note="first answers",
            seconds={"with history": after.first, "alone": alone.first},
        ),
    ]


def _company(folder: Path, name: str, size: Size, *before: str) -> Path:
    return company(folder / f"company-{name}", size, (*before, MONTH))


def _ask(ledger: Path) -> Asked:
    """The first answer has no roll-up to read: each turn drops them before it."""
    first: list[float] = []
    again: list[float] = []
    peaks = []
    for _ in range(_TURNS):
        shutil.rmtree(ledger / "_rollups", ignore_errors=True)
        for found in (first, again):
            ran = finops(
                "unit",
                "--by",
                "workflow,model",
                "--month",
                MONTH,
                "--format",
                "json",
                ledger=ledger,
            )
            found.append(ran.seconds)
            peaks.append(ran.peak)
    return Asked(min(first), min(again), max(peaks))


def _scan(ledger: Path) -> float:
    ran = run([sys.executable, "-m", "bench.month", ledger, MONTH])
    return float(json.loads(ran.stdout)["seconds"])


def main() -> None:
    """Scan in this process."""
    from finops.ledger.store import Ledger

    ledger, name = Ledger.open(sys.argv[1]), sys.argv[2]
    with ledger.connect(["requests", "gpu_samples", "costs"]) as con:
        begin, worked = time.perf_counter(), time.process_time()
        for sql in _SCANS:
            con.execute(sql.format(month=name)).fetchall()
        seconds, cpu = time.perf_counter() - begin, time.process_time() - worked
    print(json.dumps({"seconds": seconds, "cpu": cpu}))


if __name__ == "__main__":
    main()
