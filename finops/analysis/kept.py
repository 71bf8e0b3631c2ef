"""Derived files kept beside the ledger: plain Parquet, a file a day, named after what it was made from.

A file whose name no longer fits is never read, so what is kept cannot be wrong, only missing.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from contextlib import suppress
from datetime import date, timedelta
from typing import TYPE_CHECKING

from finops.ledger.engine import query
from finops.ledger.schema import literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import duckdb

    from finops.ledger.store import DataFile, Ledger

__all__ = ["chunks", "days_of", "fingerprint", "keep", "kept_folder", "prune"]

_CHUNK_ROWS = 3_000_000
"""Rows read in one go; more would spill."""

_KEPT_S = 3600
"""How long a replaced file stays, for readers that have begun with it, in seconds."""


def kept_folder(ledger: Ledger) -> Path:
    """Where derived files of `ledger` are: in it, or for a bucket in this machine's cache."""
    if ledger.location.is_local:
        return ledger.location.root / "_rollups"
    import platformdirs

    name = hashlib.sha256(str(ledger.location.url).encode()).hexdigest()[:24]
    return platformdirs.user_cache_path("finops") / "rollups" / name


def days_of(ledger: Ledger, table: str) -> dict[date, tuple[DataFile, ...]]:
    """The files of every day `table` has, oldest day first."""
    found: dict[date, list[DataFile]] = {}
    for file in ledger.files(table):
        found.setdefault(date.fromisoformat(str(file.partition["day"])[:10]), []).append(file)
    return {day: tuple(found[day]) for day in sorted(found)}


def fingerprint(
    by_day: Mapping[date, tuple[DataFile, ...]], days: Iterable[date], stamp: str
) -> str:
    """The name of what is made on the terms of `stamp` from the files of `days`."""
    digest = hashlib.sha256(stamp.encode())
    for near in days:
        for file in by_day.get(near, ()):
            digest.update(f"{near} {file.key} {file.size}\n".encode())
    return digest.hexdigest()[:32]


def chunks(by_day: Mapping[date, tuple[DataFile, ...]], days: Iterable[date]) -> list[list[date]]:
    """`days` cut into stretches without gaps of at most about `_CHUNK_ROWS` rows each."""
    found: list[list[date]] = []
    rows = 0
    for day in sorted(days):
        size = sum(file.rows or 0 for file in by_day[day])
        follows = found and day - found[-1][-1] == timedelta(days=1)
        if follows and rows + size <= _CHUNK_ROWS:
            found[-1].append(day)
            rows += size
        else:
            found.append([day])
            rows = size
    return found


def keep(
    con: duckdb.DuckDBPyConnection, select: str, target: Path, rows: int | None = None
) -> None:
    """Write `select` to `target`, in groups of `rows` where given; it appears whole or not at all."""
    size = "" if rows is None else f", row_group_size {rows}"
    target.parent.mkdir(parents=True, exist_ok=True)
    making = target.with_name(f".{uuid.uuid4().hex}.parquet")
    query(
        con, f"copy ({select}) to {literal(str(making))} (format parquet, compression zstd{size})"
    )
    making.replace(target)


def prune(folder: Path, name: str) -> None:
    """Remove files of `folder` that are not named after `name` and that nobody reads any more."""
    for old in folder.iterdir():
        with suppress(FileNotFoundError):
            if name not in old.name and time.time() - old.stat().st_mtime > _KEPT_S:
                old.unlink()
