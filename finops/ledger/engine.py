"""DuckDB connections as finops uses them: UTC, bounded memory, temporary files where we say.

The one place that opens one, so that no query depends on the machine's time zone or eats its memory.
"""

from __future__ import annotations

import atexit
import os
import tempfile
from contextlib import suppress
from decimal import Context, Decimal
from functools import cache, partial
from itertools import count
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import duckdb

from finops.stopping import watch

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

__all__ = [
    "MEMORY_LIMIT",
    "beside",
    "hear",
    "join_engine",
    "open_engine",
    "query",
    "query_many",
    "read_table",
    "scratch_folder",
]

MEMORY_LIMIT = "2GB"
"""What one connection may hold before it spills to its temporary folder."""


_MANY = 20_000
"""Rows from which on reading them by way of Arrow is worth loading it."""

_EXACT = Context(prec=60)

_COUNT = count()

_OPENING = Lock()


def scratch_folder() -> Path:
    """Where a new connection spills: a folder of its own, made when needed and removed with the connection."""
    return Path(tempfile.gettempdir()) / f"finops-{os.getpid()}-{next(_COUNT)}"


def open_engine(
    database: str = ":memory:", *, scratch: Path | None = None
) -> duckdb.DuckDBPyConnection:
    """A connection in UTC to a database of its own, which spills to `scratch` above `MEMORY_LIMIT`.

    DuckDB draws its progress bar on stdout, which is for data: it stays off.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY_LIMIT,
        "temp_directory": str(scratch or scratch_folder()),
        "preserve_insertion_order": False,
        "partitioned_write_flush_threshold": 20_000,
    }
    return _settled(duckdb.connect(database, config=config))


def join_engine() -> duckdb.DuckDBPyConnection:
    """A connection in UTC to the database all questions of this process share: what it makes must be temporary.

    Settings of the database (threads, order, memory) are not to be changed on it: `open_engine` is for that.
    """
    with _OPENING:
        return beside(_shared(os.getpid()))


@cache
def _shared(process: int) -> duckdb.DuckDBPyConnection:
    """The database of one process: a fork has one of its own."""
    del process
    con = open_engine()
    atexit.register(_leave, con)
    return con


def _leave(con: duckdb.DuckDBPyConnection) -> None:
    """Remove what was spilled; a thread that still asks when the process ends takes it with it."""
    with suppress(duckdb.Error):
        con.close()


def beside(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A further connection to the database of `con`, with temporary tables of its own.

    To be closed like any other. A database takes fifty times as long to make as a connection to one that is there.
    """
    return _settled(con.cursor())


def _settled(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    hear(con)
    query(con, "SET TimeZone = 'UTC'")
    with suppress(duckdb.InvalidInputException):  # a notebook without ipywidgets: it has no bar
        query(con, "SET enable_progress_bar = false")
    return con


def hear(con: duckdb.DuckDBPyConnection) -> None:
    """Let the one who may stop this thread end what `con` runs; a connection kept open is told again."""
    watch(partial(_interrupt, con))


def _interrupt(con: duckdb.DuckDBPyConnection) -> None:
    """End what `con` runs; a connection that is closed runs nothing."""
    with suppress(duckdb.ConnectionException):
        con.interrupt()


def query(
    con: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, object] | None = None
) -> list[tuple[Any, ...]]:
    """Run `sql` to its end and return its rows."""
    watch()
    return con.execute(sql, dict(parameters) if parameters else None).fetchall()


def read_table(con: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
    """Run `sql` to its end and return its rows as a table, for another connection to read."""
    watch()
    return con.sql(sql).to_arrow_table()


def query_many(con: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    """The rows `query` returns; where there are many, by way of Arrow, whose decimals cost a third to read."""
    query(con, f"create or replace temp table many_rows as {sql}")
    try:
        ((count,),) = query(con, "select count(*) from many_rows")
        if count < _MANY:
            return query(con, "select * from many_rows")
        columns = read_table(con, "select * from many_rows").columns
        values = ([each for chunk in one.chunks for each in _values(chunk)] for one in columns)
        return list(zip(*values, strict=True))
    finally:
        query(con, "drop table many_rows")


def _values(chunk: pa.Array) -> list[Any]:
    """The values of a column; whole numbers and decimals from the words they are stored in."""
    kind = str(chunk.type).partition("(")[0]
    if chunk.null_count == len(chunk):
        return [None] * len(chunk)
    if kind == "int64" and not chunk.null_count:
        words = memoryview(chunk.buffers()[1]).cast("B").cast("q")
        return words[chunk.offset : chunk.offset + len(chunk)].tolist()
    if kind != "decimal128":
        found: list[Any] = chunk.to_pylist()
        return found
    amounts = _decimals(chunk)
    if not chunk.null_count:
        return amounts
    known = chunk.is_valid().to_pylist()
    return [amount if is_known else None for amount, is_known in zip(amounts, known, strict=True)]


def _decimals(chunk: pa.Array) -> list[Any]:
    """Decimals, two words each; without places they are whole numbers. A null is any of them."""
    words = memoryview(chunk.buffers()[1]).cast("B")
    first, after = 2 * chunk.offset, 2 * (chunk.offset + len(chunk))
    low, high = words.cast("Q")[first:after:2], words.cast("q")[first + 1 : after : 2]
    units = [up << 64 | down for up, down in zip(high.tolist(), low.tolist(), strict=True)]
    scale, move = -chunk.type.scale, _EXACT.scaleb
    return [move(Decimal(each), scale) for each in units] if scale else units
