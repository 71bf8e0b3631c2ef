"""What dead loaders left behind: Parquet no commit names, working folders, half-written log files.

A folder's dead loaders are those whose lock is free; a bucket has no locks, so there age decides.
"""

from __future__ import annotations

import re
import shutil
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from finops.ledger.commit import LOAD_ID
from finops.ledger.staging import LOCK, UNBORN, try_lock
from finops.ledger.store import files_of, load_of
from finops.model.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from finops.ledger.store import Ledger

__all__ = ["BUCKET_AGE", "remove_strays", "sweep"]

BUCKET_AGE = timedelta(days=1)
"""How old an object that no commit names must be before it counts as a dead loader's."""

_UNBORN_AGE_S = 3600.0
_HALF_WRITTEN = re.compile(r"(#\d+|^_commit_.*\.tmp)$")


def sweep(ledger: Ledger) -> tuple[str, ...]:
    """Remove what dead loaders left; the names of what was removed."""
    removed = list(_sweep_folders(ledger))
    if not ledger.location.is_local:
        removed += list(_sweep_bucket(ledger))
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
                yield from remove_strays(ledger, folder.name)
            shutil.rmtree(folder, ignore_errors=True)
    if ledger.location.is_local and not alive:
        yield from _remove_half_written(ledger.location.root, started)


def _free_lock(folder: Path) -> Any:  # noqa: ANN401  (an open file, or None)
    try:
        return try_lock(folder / LOCK)
    except FileNotFoundError:
        return None


def remove_strays(ledger: Ledger, load_id: str) -> Iterator[str]:
    """Delete the files of `load_id`, which is over, that no commit names; yields their names."""
    for name in TABLES:
        folder = ledger.location.table_folder(name)
        found = list(folder.rglob(f"load-{load_id}-*.parquet"))
        committed = _committed(ledger, name, {load_id}) if found else frozenset()
        for path in found:
            key = path.relative_to(folder).as_posix()
            if key not in committed:
                path.unlink(missing_ok=True)
                yield f"{name}/{key}"


def _committed(ledger: Ledger, table: str, load_ids: set[str]) -> frozenset[str]:
    """Keys of all files that `load_ids` ever committed to `table`, replaced ones included."""
    snapshot = ledger.snapshot(table)
    if snapshot is None:
        return frozenset()
    keys: set[str] = set()
    for info in snapshot.delta.history():
        if info.get(LOAD_ID) in load_ids:
            snapshot.delta.load_as_version(info["version"])
            keys |= {file.key for file in files_of(snapshot.delta, ledger.location, table)}
    return frozenset(keys)


def _remove_half_written(root: Path, before: float) -> Iterator[str]:
    for name in TABLES:
        for path in (root / name).rglob("*"):
            if _HALF_WRITTEN.search(path.name) and path.stat().st_mtime < before:
                path.unlink(missing_ok=True)
                yield path.relative_to(root).as_posix()


def _sweep_bucket(ledger: Ledger) -> Iterator[str]:
    """Old objects of loads that no commit names; other objects are not ours to touch."""
    import obstore

    store = ledger.location.object_store()
    limit = datetime.now(tz=UTC) - BUCKET_AGE
    for name in TABLES:
        current = {file.key for file in ledger.files(name)}
        suspects: dict[str, str] = {}
        for batch in obstore.list(store, prefix=f"{name}/"):
            for item in batch:
                key = str(item["path"]).removeprefix(f"{name}/")
                load_id = load_of(key)
                if load_id and key not in current and item["last_modified"] < limit:
                    suspects[key] = load_id
        strays = set(suspects) - (
            _committed(ledger, name, set(suspects.values())) if suspects else frozenset()
        )
        for key in sorted(strays):
            obstore.delete(store, f"{name}/{key}")
            yield f"{name}/{key}"
