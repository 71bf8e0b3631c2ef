"""Device time of the reference: what samples say of each device, in sevenths of a millisecond.

A seventh, because a slice `ng.` of a partitioned device is n sevenths of it: whole numbers only.
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime

    from tests.analysis.reference.rows import PoolOf, Row

WHOLE = 7
MS = timedelta(milliseconds=1)

Holder = tuple[str, str]
"""What holds a device, and its name: ("job", id) or ("workload", name)."""


class Piece(NamedTuple):
    """Device time of one sample: held and active, held and not, or nobody's; `total` is their sum."""

    pool: str | None
    day: date
    node: str | None
    holder: Holder | None
    busy: int
    idle_held: int
    idle: int
    is_measured: bool

    @property
    def total(self) -> int:
        return self.busy + self.idle_held + self.idle


def device_time(samples: Sequence[Row], pools: Sequence[PoolOf]) -> list[Piece]:
    """One piece per physical device, slice and instant; and one for what no slice has of a device."""
    seen: dict[tuple[str, str | None], dict[datetime, Row]] = defaultdict(dict)
    for row in sorted(samples, key=_preference):
        seen[row["device_uuid"], row["mig_profile"]].setdefault(row["timestamp"], row)
    pieces: list[Piece] = []
    rests: dict[tuple[str, datetime], list[tuple[int, int, Row]]] = defaultdict(list)
    for (device, profile), by_time in seen.items():
        times = sorted(by_time)
        for place, moment in enumerate(times):
            row = by_time[moment]
            length = milliseconds(row["interval_s"])
            if place + 1 < len(times):
                length = min(length, (times[place + 1] - moment) // MS)
            share = sevenths(profile)
            pieces.append(_piece(row, length, share, pools))
            if profile is not None:
                rests[device, moment].append((share, length, row))
    for slices in rests.values():
        left = WHOLE - sum(share for share, _, _ in slices)
        _, length, row = max(slices, key=lambda each: each[1])
        idle = max(left, 0) * length
        pieces.append(
            Piece(pool_of(row, pools), row["day"], row["node"], None, 0, 0, idle, is_measured=True)
        )
    return pieces


def _preference(row: Row) -> tuple[object, ...]:
    return (not is_held(row), row["source_id"])


def milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def sevenths(profile: str | None) -> int:
    """Sevenths of the device: all for a whole one, n for the slice `3/ng.10gb`."""
    found = re.search(r"(\d)g\.", profile or "")
    return int(found[1]) if found else WHOLE


def activity(row: Row) -> float | None:
    for name in ("gr_engine_active", "gpu_util", "sm_active"):
        if row[name] is not None:
            return float(row[name])
    return None


def is_held(row: Row) -> bool:
    named = any(row[name] is not None for name in ("pod", "workload", "job_id"))
    return named or (activity(row) or 0) > 0


def holder(row: Row) -> Holder | None:
    if row["job_id"] is not None:
        return "job", row["job_id"]
    if row["workload"] is not None:
        return "workload", row["workload"]
    if row["pod"] is not None:
        return "workload", f"{row['namespace']}/{row['pod']}" if row["namespace"] else row["pod"]
    return None


def pool_of(row: Row, pools: Sequence[PoolOf]) -> str | None:
    """The pool a sample names, else the first whose rule has it."""
    if row["pool"] is not None:
        return str(row["pool"])
    for pool in pools:
        if pool.samples is not None and row[pool.samples[0]] == pool.samples[1]:
            return pool.name
    return None


def _piece(row: Row, length: int, share: int, pools: Sequence[PoolOf]) -> Piece:
    active = activity(row)
    where = (pool_of(row, pools), row["day"], row["node"])
    if not is_held(row):
        return Piece(*where, None, 0, 0, length * share, is_measured=True)
    busy = length if active is None else min(round(length * active), length)
    return Piece(
        *where,
        holder(row),
        busy * share,
        (length - busy) * share,
        0,
        is_measured=active is not None,
    )


def total(pieces: Sequence[Piece], of: Callable[[Piece], int] = lambda each: each.total) -> int:
    return sum(of(each) for each in pieces)
