"""A bucket's data files, kept on this machine: they never change once written, so a copy stays right.

DuckDB then reads a bucket's ledger exactly as it reads a folder, without its own network extension.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote
from uuid import uuid4

from finops.errors import SourceError
from finops.ledger.bucket_errors import what_was_said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from obstore.store import S3Store

    from finops.ledger.location import Location
    from finops.ledger.store import DataFile

__all__ = ["bring", "fetch"]

_KEPT_S = 24 * 3600.0


def fetch(where: Location, table: str, files: Sequence[DataFile]) -> None:
    """Bring those of `files` (all the table has now) that are not here; forget old ones it lost."""
    if bring(where, table, files):
        _forget(where.table_folder(table), {file.path for file in files})


def bring(where: Location, folder: str, files: Sequence[DataFile]) -> bool:
    """Bring those of `files`, whose keys are below `folder`, that are not here; whether there were any."""
    missing = [file for file in files if not _is_here(file)]
    if missing:
        store = where.object_store()
        for file in missing:
            _bring(store, where, f"{folder}/{unquote(file.key)}", file)
    return bool(missing)


def _forget(folder: Path, current: set[str]) -> None:
    """Remove copies of files that left the table, a day after they came: no reader has them open."""
    for path in folder.rglob("*.parquet*"):
        if str(path) not in current and path.stat().st_mtime < time.time() - _KEPT_S:
            path.unlink(missing_ok=True)


def _is_here(file: DataFile) -> bool:
    try:
        return Path(file.path).stat().st_size == file.size
    except FileNotFoundError:
        return False


def _bring(store: S3Store, where: Location, key: str, file: DataFile) -> None:
    """Download beside the final name, then rename: a reader never sees half a file."""
    import obstore
    from obstore.exceptions import BaseError

    target = Path(file.path)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.{uuid4().hex}")
    try:
        with partial.open("wb") as out:
            for chunk in obstore.get(store, key).stream():
                out.write(chunk)
        partial.replace(target)
    except BaseError as error:
        raise SourceError(f"cannot read {where.url}/{key}: {what_was_said(error)}") from error
    finally:
        partial.unlink(missing_ok=True)
