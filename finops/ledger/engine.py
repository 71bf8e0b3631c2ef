"""DuckDB connections as finops uses them: UTC, bounded memory, temporary files where we say.

The one place that opens one, so that no query depends on the machine's time zone or eats its memory.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from finops.stopping import watch

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

__all__ = ["MEMORY_LIMIT", "hear", "open_engine", "query", "read_table", "scratch_folder"]

MEMORY_LIMIT = "2GB"
"""What one connection may hold before it spills to its temporary folder."""


_COUNT = count()


def scratch_folder() -> Path:
    """Where a new connection spills: a folder of its own, made when needed and removed with the connection."""
    return Path(tempfile.gettempdir()) / f"finops-{os.getpid()}-{next(_COUNT)}"


def open_engine(
    database: str = ":memory:", *, scratch: Path | None = None
) -> duckdb.DuckDBPyConnection:
    """A connection in UTC that spills to `scratch` above `MEMORY_LIMIT`.

    DuckDB draws its progress bar on stdout, which is for data: it stays off.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY_LIMIT,
        "temp_directory": str(scratch or scratch_folder()),
        "preserve_insertion_order": False,
        "partitioned_write_flush_threshold": 20_000,
    }
    con = duckdb.connect(database, config=config)
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
