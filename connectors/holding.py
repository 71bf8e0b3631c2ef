"""How much of the files it reads DuckDB may hold: of many plain CSV files it keeps each in memory until its end.

That is however large the file is, unless memory is short: a plain file can be read again. What is compressed cannot be let
go of, and is held in buffers of a fixed size alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.formats.contract import Shape
from finops.ledger.engine import query

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from connectors.reading import SourceFile

__all__ = ["THREAD_MB", "bound"]

THREAD_MB = 400
"""Megabytes for each thread: buffers of the file, and rows on their way to Parquet."""

_NOW = "select current_setting('threads'), parse_formatted_bytes(current_setting('memory_limit'))"


def bound(con: duckdb.DuckDBPyConnection, files: Sequence[SourceFile]) -> None:
    """Lower the memory limit of `con` where all of `files` are plain CSV; it is never raised."""
    if {(file.head.shape, file.compression) for file in files} != {(Shape.CSV, "none")}:
        return
    ((threads, most),) = query(con, _NOW)
    wanted = THREAD_MB * 10**6 * threads
    if wanted < most:
        query(con, f"set memory_limit = '{wanted}B'")
