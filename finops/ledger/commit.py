"""The one place that changes a table: files in, files out, in one commit or not at all.

A commit names the version its plan was made against. If another writer came first, delta-rs refuses
(`Outrun`), nothing of ours is visible, and the caller plans again.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING
from urllib.parse import unquote

from finops.ledger.past import refuse_to_write
from finops.ledger.schema import delta_fields, delta_schema
from finops.ledger.store import delta_errors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deltalake import DeltaTable
    from deltalake.schema import Field

    from finops.ledger.store import DataFile, Ledger, Snapshot
    from finops.model.schema import Table

__all__ = ["LOAD_ID", "Outrun", "commit", "ensure_table"]

LOAD_ID = "finops.load_id"
"""Key, in a commit's metadata, of the load whose files it adds."""

_CONFIGURATION = {
    "delta.logRetentionDuration": "interval 3650 days",
    "delta.deletedFileRetentionDuration": "interval 3650 days",
}
"""Commits carry the loads' records and old versions are evidence: neither is dropped by default."""


class Outrun(Exception):
    """Another writer committed after our plan was made."""


def ensure_table(ledger: Ledger, table: Table) -> Snapshot:
    """`table` at its newest version; made when it is not there, widened when columns are missing."""
    refuse_to_write(ledger.location)
    found = ledger.snapshot(table.name)
    if found is None:
        _create(ledger, table)
        found = ledger.snapshot(table.name)
    if found is None:
        message = f"{table.name} vanished while it was made"
        raise Outrun(message)
    present = {field.name for field in found.delta.schema().fields}
    missing = [field for field in delta_fields(table) if field.name not in present]
    if not missing:
        return found
    _widen(found.delta, missing)
    return ensure_table(ledger, table)


def _create(ledger: Ledger, table: Table) -> None:
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    where = ledger.location
    with delta_errors(f"cannot create {table.name} in the ledger at {where.url}"):
        try:
            DeltaTable.create(
                where.table_url(table.name),
                delta_schema(table),
                mode="ignore",
                partition_by=list(table.partition_by) or None,
                name=table.name,
                description=table.about,
                configuration=_CONFIGURATION,
                storage_options=dict(where.options),
            )
        except DeltaError:
            if ledger.delta(table.name) is None:
                raise


def _widen(delta: DeltaTable, missing: list[Field]) -> None:
    with delta_errors("cannot add columns"):
        delta.alter.add_columns(missing)


def commit(
    snapshot: Snapshot,
    table: Table,
    adds: Sequence[DataFile],
    removes: Sequence[DataFile],
    metadata: Mapping[str, str],
) -> int:
    """Add and remove files on top of exactly `snapshot`; the new version, or `Outrun`."""
    from deltalake import CommitProperties
    from deltalake.exceptions import CommitFailedError
    from deltalake.transaction import AddAction, RemoveAction

    now = int(time.time() * 1000)
    actions: list[AddAction | RemoveAction] = [
        AddAction(
            path=file.key,
            size=file.size,
            partition_values=file.partition,
            modification_time=now,
            data_change=True,
            stats=json.dumps({"numRecords": file.rows}),
        )
        for file in adds
    ]
    actions += [
        RemoveAction(
            path=unquote(file.key),
            data_change=True,
            deletion_timestamp=now,
            size=file.size,
            partition_values=file.partition,
        )
        for file in removes
    ]
    with delta_errors(f"cannot commit to {table.name}"):
        try:
            snapshot.delta.create_write_transaction(
                actions,
                "append",
                snapshot.delta.schema(),
                list(table.partition_by) or None,
                commit_properties=CommitProperties(
                    custom_metadata=dict(metadata), max_commit_retries=0
                ),
            )
        except CommitFailedError as error:
            raise Outrun(str(error)) from error
    return snapshot.version + 1
