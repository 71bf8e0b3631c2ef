"""What the work costs at the least: plain DuckDB statements, each in a process of its own.

    python -m bench.floors requests|bills SOURCE TARGET

prints the wall and the processor seconds of the statement alone, the start of Python and DuckDB apart.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import duckdb

from bench.generate import BILL_TYPES, REQUEST_TYPES

__all__ = ["bills_sql", "requests_sql"]


def _types(columns: dict[str, str]) -> str:
    return ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())


def requests_sql(source: Path, target: Path) -> str:
    """DuckDB's own copy of a JSONL file to Parquet, the columns' types given."""
    scan = f"read_json('{source}', format = 'newline_delimited', columns = {{{_types(REQUEST_TYPES)}}})"
    return f"copy (select * from {scan}) to '{target}' (format parquet)"


def bills_sql(source: Path, target: Path) -> str:
    """DuckDB's own copy of a CSV bill to Parquet, amounts read as DECIMAL(38,24)."""
    scan = f"read_csv('{source}', header = true, columns = {{{_types(BILL_TYPES)}}})"
    return f"copy (select * from {scan}) to '{target}' (format parquet)"


def main() -> None:
    """Run the floor the arguments name and print its times."""
    name, source, target = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    statement = {"requests": requests_sql, "bills": bills_sql}[name](source, target)
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'").fetchall()
        begin, worked = time.perf_counter(), time.process_time()
        con.execute(statement).fetchall()
        print(time.perf_counter() - begin, time.process_time() - worked)


if __name__ == "__main__":
    main()
