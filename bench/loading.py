"""(a), (c) Loading a request log and a bill against DuckDB's own copy of the same file to Parquet."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

from bench.generate import focus_csv, requests_jsonl
from bench.measure import GIB, Measured, Ran, finops, run

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["load_bill", "load_requests", "requests_ledger"]

_TURNS = 2


def load_requests(folder: Path, rows: int) -> Measured:
    """(a): wall time of `finops load` over the copy's; peak memory of the command."""
    source = folder / "requests.jsonl"
    if not source.exists():
        requests_jsonl(source, rows)
    ours, floor = _turns("requests", source, folder)
    return Measured(
        letter="a",
        what=f"load {rows:,} request lines ({source.stat().st_size / GIB:.1f} GiB JSONL)",
        floor="DuckDB's own JSONL to Parquet copy",
        target=2.0,
        ceiling=True,
        ratio=ours.seconds / floor.seconds,
        cpu_ratio=ours.cpu / floor.cpu,
        note=f"best of {_TURNS}, start of the command included",
        peak=ours.peak,
        peak_target=3 * GIB,
        seconds={"finops": ours.seconds, "duckdb": floor.seconds},
    )


def load_bill(folder: Path, rows: int) -> Measured:
    """(c): wall time of `finops load costs` over the copy's."""
    source = folder / "bill.csv"
    if not source.exists():
        focus_csv(source, rows)
    ours, floor = _turns("costs", source, folder)
    return Measured(
        letter="c",
        what=f"load a FOCUS bill of {rows:,} rows ({source.stat().st_size / GIB:.1f} GiB CSV)",
        floor="DuckDB's own decimal read and copy",
        target=2.5,
        ceiling=True,
        ratio=ours.seconds / floor.seconds,
        cpu_ratio=ours.cpu / floor.cpu,
        note=f"best of {_TURNS}, start of the command included",
        peak=ours.peak,
        seconds={"finops": ours.seconds, "duckdb": floor.seconds},
    )


def requests_ledger(folder: Path, rows: int) -> Path:
    """The ledger holding the request log, loaded now when no comparison has done it."""
    ledger = folder / "ledger-requests"
    if not ledger.exists():
        source = folder / "requests.jsonl"
        if not source.exists():
            requests_jsonl(source, rows)
        finops("load", "requests", source, ledger=ledger)
    return ledger


def _turns(kind: str, source: Path, folder: Path) -> tuple[Ran, Ran]:
    """The better of our loads, each into a fresh ledger, and the best copy, taken in turns."""
    ledger = folder / f"ledger-{kind}"
    loads, copies = [], []
    for _ in range(_TURNS):
        copies.append(_copy(kind, source, folder / "floor.parquet"))
        shutil.rmtree(ledger, ignore_errors=True)
        loads.append(finops("load", kind, source, ledger=ledger))
    return _quickest(loads), _quickest(copies)


def _quickest(runs: list[Ran]) -> Ran:
    return min(runs, key=lambda ran: ran.seconds)


def _copy(kind: str, source: Path, target: Path) -> Ran:
    """The copy in a process of its own; its times are the statement's."""
    name = {"requests": "requests", "costs": "bills"}[kind]
    ran = run([sys.executable, "-m", "bench.floors", name, source, target])
    target.unlink()
    seconds, cpu = (float(part) for part in ran.stdout.split())
    return ran._replace(seconds=seconds, cpu=cpu)
