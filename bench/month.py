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
from bench.measure import Measured, Ran, finops, run

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["month"]

MONTH = "2026-09"
_HISTORY = 80
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
    """`finops unit` over a month: with nothing summed up, with what a load leaves, and again; the best of each.

    `peak` is memory in bytes.
    """

    first: Ran
    loaded: Ran
    again: Ran
    peak: int


def month(folder: Path, requests: int, gpus: int, turns: int) -> list[Measured]:
    """The whole month against bare scans, half of it against the whole, and with a year before it."""
    whole = _company(folder, "month", Size(requests, gpus))
    floor = _best([_scan(whole) for _ in range(turns)])
    ours = _ask(whole, turns)
    half = _ask(_company(folder, "half", Size(requests // 2, gpus, days=15)), turns)
    what = f"unit --by workflow,model of a month: {requests:,} requests, {gpus:,} devices by the minute"
    scans = "bare scans of the same files"
    return [
        _against(f"{what}, first answer", ours.first, scans, floor, 20)._replace(peak=ours.peak),
        _against("the same after a load, which sums up device time", ours.loaded, scans, floor, 20),
        _against("the same again", ours.again, scans, floor, 20),
        _against(
            "half of that month, first answer", half.first, "the whole month", ours.first, 0.7
        ),
        _with_history(folder, Size(requests // _HISTORY, gpus // _HISTORY), turns),
    ]


def _with_history(folder: Path, size: Size, turns: int) -> Measured:
    """A small month alone, and the same with twelve months before it."""
    alone = _ask(_company(folder, "alone", size), turns)
    year = [f"2025-{number:02}" for number in range(9, 13)]
    year += [f"2026-{number:02}" for number in range(1, 9)]
    after = _ask(_company(folder, "after", size, *year), turns)
    of = f"{size.requests:,} requests and {size.samples:,} samples a month"
    what = f"a month with twelve before it, first answer, {of}"
    return _against(what, after.first, "the same month alone", alone.first, 1.15)


def _against(what: str, ours: Ran, floor: str, least: Ran, target: float) -> Measured:
    return Measured(
        letter="g",
        what=what,
        floor=floor,
        target=target,
        ceiling=True,
        ratio=ours.seconds / least.seconds,
        cpu_ratio=ours.cpu / least.cpu,
        note="start of the command included",
        seconds={
            "ours": ours.seconds,
            "floor": least.seconds,
            "ours cpu": ours.cpu,
            "floor cpu": least.cpu,
        },
    )


def _company(folder: Path, name: str, size: Size, *before: str) -> Path:
    return company(folder / f"company-{name}", size, (*before, MONTH))


def _ask(ledger: Path, turns: int) -> Asked:
    """Each turn drops every roll-up, asks twice, drops those a large load does not make, and asks again."""
    found: dict[str, list[Ran]] = {"first": [], "again": [], "loaded": []}
    for _ in range(turns):
        shutil.rmtree(ledger / "_rollups", ignore_errors=True)
        found["first"].append(_unit(ledger))
        found["again"].append(_unit(ledger))
        for folder in (ledger / "_rollups").iterdir():
            if folder.name != "devices":
                shutil.rmtree(folder)
        found["loaded"].append(_unit(ledger))
    peak = max(ran.peak for each in found.values() for ran in each)
    return Asked(**{name: _best(ran) for name, ran in found.items()}, peak=peak)


def _unit(ledger: Path) -> Ran:
    asked = ("unit", "--by", "workflow,model", "--month", MONTH, "--format", "json")
    return finops(*asked, ledger=ledger, config=ledger / "finops.toml")


def _best(ran: list[Ran]) -> Ran:
    return min(ran, key=lambda each: each.seconds)


def _scan(ledger: Path) -> Ran:
    ran = run([sys.executable, "-m", "bench.month", ledger, MONTH])
    told = json.loads(ran.stdout)
    return ran._replace(seconds=told["seconds"], cpu=told["cpu"])


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
