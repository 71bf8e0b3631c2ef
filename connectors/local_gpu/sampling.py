"""From readings to samples: each stands for the time until the next one.

A sample's utilization, clock and power are those read at its start, its energy and throttling the difference of
counters at both ends; a counter that went back (the driver was reloaded) gives none. GPM ratios are told at
the end of the time they are about, and so belong to the sample that ends there. Where the clock stood still or
jumped (a machine that slept), time between two readings longer than three intervals is not claimed.
"""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from connectors.formats.gpu.intervals import CLAMP
from connectors.local_gpu.holders import Holder, holder_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from connectors.local_gpu.nvml import Gpus, Reading

__all__ = ["COLUMNS", "Labels", "append", "samples"]

COLUMNS = (
    *("timestamp", "interval_s", "cluster", "node", "device_uuid", "device_model", "mig_profile"),
    *(
        "pool",
        "namespace",
        "pod",
        "workload",
        "job_id",
        "gpu_util",
        "gr_engine_active",
        "sm_active",
    ),
    *("tensor_active", "dram_active", "memory_used_bytes", "memory_total_bytes", "power_w"),
    *("energy_j", "sm_clock_mhz", "throttle_s"),
)
"""Columns of the file: the ledger's own."""


class Labels(NamedTuple):
    """What is said of every sample of this machine."""

    node: str
    cluster: str | None = None
    pool: str | None = None
    workload: str | None = None
    """In place of the program's name."""


class _Read(NamedTuple):
    at: float
    """Seconds since 1970."""
    holder: Holder
    reading: Reading


def samples(
    gpus: Gpus,
    labels: Labels,
    interval_s: float,
    wait: Callable[[float], bool],
    clock: Callable[[], float],
) -> Iterator[list[dict[str, Any]]]:
    """The samples that each reading ends, until `wait(seconds)` says False; then what is left is ended.

    `clock` gives seconds since 1970.
    """
    open_: dict[tuple[str, str | None], _Read] = {}
    going = True
    due = clock()
    while going:
        due += interval_s
        going = wait(max(due - clock(), 0.0)) if open_ else True
        now = clock()
        due = max(due, now - interval_s) if open_ else now
        ended = []
        for reading in gpus.read():
            key = (reading.device_uuid, reading.mig_profile)
            if key in open_:
                ended.append(_sample(open_[key], now, reading, labels, interval_s))
            open_[key] = _Read(now, holder_of(reading.pids), reading)
        yield [one for one in ended if one["interval_s"] > 0]


def _sample(
    start: _Read, now: float, end: Reading, labels: Labels, interval_s: float
) -> dict[str, Any]:
    spent = now - start.at
    whole = spent <= CLAMP * interval_s
    first = start.reading
    found: dict[str, Any] = {
        "timestamp": datetime.fromtimestamp(start.at, tz=UTC).isoformat(timespec="milliseconds"),
        "interval_s": round(min(max(spent, 0.0), CLAMP * interval_s), 3),
        "cluster": labels.cluster,
        "node": labels.node,
        **start.holder._asdict(),
        "pool": labels.pool,
        "device_uuid": first.device_uuid,
        "device_model": first.device_model,
        "mig_profile": first.mig_profile,
        "gpu_util": first.gpu_util,
        "memory_used_bytes": first.memory_used_bytes,
        "memory_total_bytes": first.memory_total_bytes,
        "power_w": first.power_w,
        "sm_clock_mhz": first.sm_clock_mhz,
        "energy_j": _counted(first.energy_j, end.energy_j) if whole else None,
        "throttle_s": _counted(first.throttled_s, end.throttled_s) if whole else None,
        **(end.active if whole else {}),
    }
    if labels.workload is not None and found["workload"] is not None:
        found["workload"] = labels.workload
    if found["throttle_s"] is not None:
        found["throttle_s"] = min(found["throttle_s"], found["interval_s"])
    return found


def _counted(before: float | None, after: float | None) -> float | None:
    if before is None or after is None or after < before:
        return None
    return after - before


def append(path: Path, rows: list[dict[str, Any]]) -> None:
    """Add `rows` to the CSV file at `path`, which is begun with its header where it is not there."""
    is_new = not path.exists() or not path.stat().st_size
    with path.open("a", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        if is_new:
            writer.writerow(COLUMNS)
        for row in rows:
            writer.writerow(["" if (cell := row.get(name)) is None else cell for name in COLUMNS])
