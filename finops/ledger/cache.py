"""A bucket's data files, kept on this machine: they never change once written, so a copy stays right.

DuckDB then reads a bucket's ledger exactly as it reads a folder, without its own network extension.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from finops.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from obstore.store import S3Store

    from finops.ledger.location import Location
    from finops.ledger.store import DataFile

__all__ = ["fetch"]


def fetch(where: Location, table: str, files: Sequence[DataFile]) -> None:
    """Bring those of `files` that are not here yet; forget copies the table no longer uses."""
    missing = [file for file in files if not _is_here(file)]
    if missing:
        store = where.object_store()
        for file in missing:
            _bring(store, where, f"{table}/{file.key}", file)


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
        os.replace(partial, target)
    except BaseError as error:
        raise SourceError(f"cannot read {where.url}/{key}: {error}") from error
    finally:
        partial.unlink(missing_ok=True)
