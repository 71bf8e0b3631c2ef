"""Staged files on their way to a bucket; a folder needs nothing, its files are written in place."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from finops.errors import SourceError
from finops.ledger.bucket_errors import what_was_said
from finops.ledger.staging import discard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finops.ledger.location import Location
    from finops.ledger.store import DataFile
    from finops.model.schema import Table

__all__ = ["publish", "retract"]


def publish(where: Location, table: Table, files: Sequence[DataFile]) -> None:
    """Put `files` where the commit will name them, and keep a copy for this machine's readers."""
    if where.is_local or not files:
        return
    store = where.object_store()
    import obstore
    from obstore.exceptions import BaseError

    for file in files:
        key = f"{table.name}/{file.key}"
        try:
            obstore.put(store, key, Path(file.path))
        except BaseError as error:
            raise SourceError(f"cannot write {where.url}/{key}: {what_was_said(error)}") from error
        copy = where.table_folder(table.name) / file.key
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file.path, copy)


def retract(where: Location, table: Table, files: Sequence[DataFile]) -> None:
    """Take back files whose commit was refused; nothing refers to them."""
    discard(files)
    if where.is_local or not files:
        return
    import obstore

    copies = [file._replace(path=str(where.table_folder(table.name) / file.key)) for file in files]
    discard(copies)
    obstore.delete(where.object_store(), [f"{table.name}/{file.key}" for file in files])
