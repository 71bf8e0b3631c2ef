"""Device time of the reference: what samples say of each device, in 28ths of a millisecond.

28ths, because a slice of a partitioned device is so many sevenths, or quarters, of it: whole numbers only.
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import timedelta
from itertools import pairwise
from math import floor
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from tests.analysis.reference.rows import PoolOf, Row

PARTS = 28
MS = timedelta(milliseconds=1)

Holder = tuple[str, str]
"""What holds a device, and its name: ("job", id) or ("workload", name)."""


class Piece(NamedTuple):
    """Device time of one sample: held and active, held and not, or nobody's."""

    pool: str | None
    day: date
    node: str | None
    is_held: bool
    holder: Holder | None
    busy: int
    rest: int
    """Held and not active where it is held, else nobody's."""
    hour: datetime | None = None
    """The hour the sample begins in."""

    @property
    def total(self) -> int:
        return self.busy + self.rest


def device_time(samples: Sequence[Row], pools: Sequence[PoolOf]) -> list[Piece]:
    """One piece per device, slice and instant; and one for what slices leave of a device."""
    devices: dict[str, list[Row]] = defaultdict(list)
    for row in samples:
        devices[row["device_uuid"]].append(row)
    return [piece for rows in devices.values() for piece in _device(rows, pools)]


def _device(rows: Sequence[Row], pools: Sequence[PoolOf]) -> list[Piece]:
    at: dict[datetime, dict[str | None, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        at[row["timestamp"]][row["mig_profile"]].append(row)
    whole = {moment: _one([r for rows in at[moment].values() for r in rows]) for moment in at}
    for slices in at.values():
        if len(slices) > 1:  # of the device as a whole, beside its slices, only the time counts
            slices.pop(None, None)
    times = sorted(at)
    pieces: list[Piece] = []
    taken: list[tuple[datetime, datetime, int]] = []
    for place, moment in enumerate(times):
        later = times[place + 1 :]
        for profile, several in at[moment].items():
            ends = [t for t in later if profile is None or profile in at[t] or None in at[t]]
            row = _one(several)
            length = _length(row, moment, ends)
            share = weight(profile, row["device_model"])
            pieces.append(_piece(row, length, share, pools))
            taken.append((moment, moment + length * MS, share))
        taken.append((moment, moment + _length(whole[moment], moment, later) * MS, 0))
    for moment, left in _left(taken).items():
        every = whole[moment]
        where = (pool_of(every, pools), every["day"], every["node"])
        pieces.append(
            Piece(*where, is_held=False, holder=None, busy=0, rest=left, hour=hour_of(moment))
        )
    return pieces


def _left(taken: Sequence[tuple[datetime, datetime, int]]) -> dict[datetime, int]:
    """Parts of the device nobody has while it is seen, at the last moment sampled before them."""
    left: dict[datetime, int] = defaultdict(int)
    bounds = sorted({bound for start, end, _ in taken for bound in (start, end)})
    for since, until in pairwise(bounds):
        weights = [share for start, end, share in taken if start <= since < end]
        if weights:
            moment = max(start for start, _, _ in taken if start <= since)
            left[moment] += max(PARTS - sum(weights), 0) * ((until - since) // MS)
    return left


def _one(rows: Sequence[Row]) -> Row:
    """Several rows of one thing as one; where they differ the larger value."""

    def largest(name: str) -> object:
        return max((row[name] for row in rows if row[name] is not None), default=None)

    names = ("interval_s", "pool", "node", "cluster", "job_id", "gr_engine_active", "gpu_util",
             "sm_active")  # fmt: skip
    return {
        **rows[0],
        **{name: largest(name) for name in names},
        "work": max((work for row in rows if (work := _work(row)) is not None), default=None),
        "active": max((a for row in rows if (a := activity(row)) is not None), default=None),
    }


def _length(row: Row, start: datetime, ends: Sequence[datetime]) -> int:
    length = floor(min(float(row["interval_s"]), 86_400.0) * 1000 + 0.5)
    return min(length, (ends[0] - start) // MS) if ends else length


def weight(profile: str | None, model: str | None) -> int:
    """Parts of the device: all for a whole one, n sevenths for the slice `3/ng.10gb`, of some models n quarters."""
    if profile is None:
        return PARTS
    found = re.search(r"(\d)g\.", profile)
    most = 4 if any(name in (model or "") for name in ("A30", "RTX PRO 6000")) else 7
    return PARTS // most * (int(found[1]) if found else 1)


def activity(row: Row) -> float | None:
    for name in ("gr_engine_active", "gpu_util", "sm_active"):
        if row[name] is not None:
            return float(row[name])
    return None


def _work(row: Row) -> str | None:
    if row["workload"] is not None:
        return str(row["workload"])
    if row["pod"] is None:
        return None
    return f"{row['namespace']}/{row['pod']}" if row["namespace"] is not None else str(row["pod"])


def hour_of(moment: datetime) -> datetime:
    """The start of the hour `moment` is in."""
    return moment.replace(minute=0, second=0, microsecond=0)


def pool_of(row: Row, pools: Sequence[PoolOf]) -> str | None:
    """The pool a sample names, else the first whose rule has it."""
    if row["pool"] is not None:
        return str(row["pool"])
    for pool in pools:
        if pool.samples is not None and row[pool.samples[0]] == pool.samples[1]:
            return pool.name
    return None


def _piece(row: Row, length: int, share: int, pools: Sequence[PoolOf]) -> Piece:
    job, work, active = row["job_id"], row["work"], row["active"]
    holder = ("job", job) if job is not None else ("workload", work) if work is not None else None
    is_held = holder is not None or (active or 0) > 0
    busy = length if active is None else floor(length * active + 0.5)
    where = (pool_of(row, pools), row["day"], row["node"], is_held, holder)
    return Piece(
        *where,
        busy=busy * share if is_held else 0,
        rest=(length - busy * is_held) * share,
        hour=hour_of(row["timestamp"]),
    )
