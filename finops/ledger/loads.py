"""The record of loads: what came in, when, how much, and whether the same delivery is still what we hold.

A load's record travels in the custom metadata of its commit and is written to the `loads` table last.
A loader that died between the two left the record in the commit: `repair` copies it.
"""

from __future__ import annotations

import getpass
import json
import os
import platform
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from finops import __version__
from finops.errors import CommitConflict
from finops.ledger.commit import LOAD_ID, Outrun, commit, ensure_table
from finops.ledger.engine import beside, join_engine, query
from finops.ledger.plan import Delivery
from finops.ledger.schema import identifier
from finops.ledger.staging import copy_rows, workspace
from finops.ledger.store import files_sql
from finops.ledger.totals import add_amounts, as_json, dump
from finops.ledger.upload import publish, retract
from finops.model.tables import LOADS, TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from finops.ledger.store import DataFile, Ledger, Snapshot
    from finops.ledger.totals import SliceTotal

__all__ = [
    "METADATA",
    "Load",
    "LoadedFile",
    "Record",
    "cursors",
    "find_unchanged",
    "moved_on",
    "new_load_id",
    "record",
    "repair",
]

METADATA = "finops.load"
"""Key of a load's record in its commit's metadata."""

_ATTEMPTS = 60
_MANY_FILES = 24
_NOTHING = "[]"
"""Scope of a load that found everything in place: its rows are another load's."""

Record = dict[str, Any]
"""One row of `loads`, by column; times as ISO text."""


class LoadedFile(NamedTuple):
    """One input file: where it was, how long, and its SHA-256."""

    path: str
    bytes: int
    digest: str


class Load(NamedTuple):
    """What a loader says about one load into one table.

    `digest` covers the files' contents and the options that change how they are read. `rows_in`
    counts the rows read, None when that is what was stored, repeated and refused together. `stream` and
    `cursor` say how far a pulled source has been read: they are committed with the rows, or not at all.
    """

    load_id: str
    source_id: str
    format: str
    files: tuple[LoadedFile, ...]
    digest: str
    rows_in: int | None = None
    rows_refused: int = 0
    options: dict[str, Any] = {}  # noqa: RUF012  (never changed)
    stream: str | None = None
    cursor: str | None = None


def new_load_id(now: datetime | None = None) -> str:
    """An identity that sorts by time: `20261031T235959-1f2e3d4c`."""
    moment = now or datetime.now(tz=UTC)
    return f"{moment:%Y%m%dT%H%M%S}-{uuid4().hex[:8]}"


def make_record(
    load: Load,
    table: str,
    slices: Sequence[SliceTotal],
    *,
    stored: int,
    duplicate: int,
    replaced: int,
) -> Record:
    """The `loads` row of a load; `slices` are its totals."""
    scope = [
        {**each.names, "rows": each.rows, "folder": each.folder, "totals": as_json(each.amounts)}
        for each in slices
    ]
    totals: dict[str, Any] = as_json(add_amounts(each.amounts for each in slices))
    if table != "costs":
        totals["rows_replaced"] = replaced
    refused = load.rows_refused
    return {
        "load_id": load.load_id,
        "table_name": table,
        "source_id": load.source_id,
        "scope": dump(scope),
        "format": load.format,
        "files": dump([file._asdict() for file in load.files]),
        "loaded_at": datetime.now(tz=UTC).isoformat(),
        "loaded_by": f"{_user()}@{platform.node()}",
        "rows_in": stored + duplicate + refused if load.rows_in is None else load.rows_in,
        "rows_stored": stored,
        "rows_duplicate": duplicate,
        "rows_refused": refused,
        "totals": dump(totals),
        "digest": load.digest,
        "options": dump(load.options),
        "version": __version__,
        "stream": load.stream,
        "cursor": load.cursor,
    }


def _user() -> str:
    """Who is running us; a container's user may have a number and no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def record(ledger: Ledger, rows: Sequence[Record], near: duckdb.DuckDBPyConnection) -> None:
    """Write rows of `loads`; those already there are left out. Small files are merged on the way.

    Here and below, `near` is a connection whose database may be asked too.
    """
    own = new_load_id()
    with beside(near) as con, workspace(ledger.location, LOADS, own) as target:
        for _ in range(_ATTEMPTS):
            snapshot = ensure_table(ledger, LOADS)
            present = _present(con, ledger, snapshot.files)
            fresh = [row for row in rows if (row["load_id"], row["table_name"]) not in present]
            if not fresh:
                return
            merged = snapshot.files if len(snapshot.files) >= _MANY_FILES else ()
            delivery = Delivery(con, LOADS, own, target, ())
            files = _write_rows(delivery, fresh, ledger.local(merged, LOADS.name))
            try:
                publish(ledger.location, LOADS, files)
                commit(snapshot, LOADS, files, merged, {LOAD_ID: own})
            except Outrun:
                retract(ledger.location, LOADS, files)
            else:
                return
    raise CommitConflict("the load is stored, but its record is not: other loaders were faster")


def _present(
    con: duckdb.DuckDBPyConnection, ledger: Ledger, files: Sequence[DataFile]
) -> set[tuple[str, str]]:
    if not files:
        return set()
    paths = ledger.local(files, LOADS.name)
    return set(query(con, f"SELECT load_id, table_name FROM {files_sql(paths)}"))


def _write_rows(
    delivery: Delivery, rows: Sequence[Record], merged: Sequence[str]
) -> tuple[DataFile, ...]:
    listed = ", ".join(
        f"CAST(r->>'{column.name}' AS {column.kind.stored}) AS {identifier(column.name)}"
        for column in LOADS.columns
    )
    query(
        delivery.con,
        "CREATE OR REPLACE TEMP TABLE _finops_loads AS "
        f"SELECT {listed} FROM (SELECT unnest($rows::VARCHAR[]) AS r)",
        {"rows": [json.dumps(row, ensure_ascii=False) for row in rows]},
    )
    select = "SELECT * FROM _finops_loads"
    if merged:
        select += f" UNION ALL BY NAME SELECT * FROM {files_sql(merged)}"
    return copy_rows(delivery.con, LOADS, select, delivery.target, delivery.load_id)


def find_unchanged(
    ledger: Ledger, table: str, load: Load, near: duckdb.DuckDBPyConnection
) -> Record | None:
    """The record of an earlier load of the same delivery, when what it stored is still in place.

    A slice that another delivery replaced since, or a row that one corrected, makes it None: then
    the delivery is news again.
    """
    earlier = _same_delivery(ledger, table, load, near)
    if earlier is None:
        return None
    holding = {(file.folder, file.load_id) for file in ledger.files(table)}
    slices = json.loads(earlier["scope"])
    in_place = all((each["folder"], earlier["load_id"]) in holding for each in slices)
    return earlier if in_place else None


def _same_delivery(
    ledger: Ledger, table: str, load: Load, near: duckdb.DuckDBPyConnection
) -> Record | None:
    """The newest load of this digest, unless one after it replaced rows of the same source."""
    known = ledger.reading(LOADS.name)
    if not known.paths:
        return None
    with beside(near) as con:
        rows = query(
            con,
            "SELECT load_id, scope, rows_in, rows_refused, digest = $digest, "
            f"coalesce(CAST(totals->>'rows_replaced' AS BIGINT), 0) FROM ({known.sql}) "
            "WHERE table_name = $table AND source_id = $source ORDER BY loaded_at DESC, load_id DESC",
            {"digest": load.digest, "table": table, "source": load.source_id},
        )
    keyed = bool(TABLES[table].key)
    for load_id, scope, rows_in, refused, same, replaced in rows:
        if same and (keyed or scope != _NOTHING):
            return {"load_id": load_id, "scope": scope, "rows_in": rows_in, "rows_refused": refused}
        if keyed and replaced:
            return None
    return None


def repair(ledger: Ledger, near: duckdb.DuckDBPyConnection, *tables: str) -> None:
    """Write the records of loads that were committed to `tables` and never recorded."""
    found = {table: ledger.snapshot(table) for table in tables}
    wrote = {
        (file.load_id, table)
        for table, snapshot in found.items()
        for file in (snapshot.files if snapshot else ())
        if file.load_id is not None
    }
    if not wrote:
        return
    with beside(near) as con:
        lost = wrote - _present(con, ledger, ledger.files(LOADS.name))
    rows = [
        row
        for table, snapshot in found.items()
        if snapshot and any(name == table for _, name in lost)
        for row in _committed(snapshot)
        if (row["load_id"], table) in lost
    ]
    if rows:
        record(ledger, rows, near)


def _committed(snapshot: Snapshot) -> list[Record]:
    """The records in a table's commits."""
    return [json.loads(info[METADATA]) for info in snapshot.delta.history() if METADATA in info]


def moved_on(
    ledger: Ledger, table: str, load: Load, rows: int, near: duckdb.DuckDBPyConnection
) -> None:
    """Record that a pull found `rows` rows that were all in place: only its cursor is news."""
    if load.stream is not None:
        row = make_record(load, table, (), stored=0, duplicate=rows, replaced=0)
        record(ledger, [row], near)


def cursors(ledger: Ledger, source: str) -> dict[tuple[str, str], str]:
    """How far each (table, stream) of a pulled source has been read, as its newest load said."""
    with join_engine() as con:
        repair(ledger, con, *(table for table in TABLES if table != LOADS.name))
        rows = query(
            con,
            "SELECT table_name, stream, arg_max(cursor, (loaded_at, load_id)) "
            f"FROM ({ledger.reading(LOADS.name).sql}) WHERE source_id = $source AND stream IS NOT NULL GROUP BY ALL",
            {"source": source},
        )
    return {(table, stream): cursor for table, stream, cursor in rows}
