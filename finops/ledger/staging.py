"""Files on their way into the ledger: a loader's working folder, its lock, and the Parquet it writes.

Data files carry the load's id in their name from the first byte, and the loader holds a lock on
`_staging/<load id>/lock` while it lives: whoever finds files of an id that nobody holds, and that no
commit names, knows they are a dead loader's (`finops.ledger.sweep`).
"""

from __future__ import annotations

import fcntl
import shutil
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, TYPE_CHECKING

from finops.errors import LedgerError
from finops.ledger.engine import query
from finops.ledger.schema import columns_sql, folder_columns, folders_sql, identifier, literal
from finops.ledger.store import DataFile, files_sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import duckdb

    from finops.ledger.location import Location
    from finops.model.schema import Column, Table

__all__ = ["LOCK", "UNBORN", "copy_rows", "discard", "hold", "try_lock", "workspace"]

LOCK = "lock"
"""Name of the lock file in a loader's working folder."""

UNBORN = ".new-"
"""What a working folder's name begins with until its lock is held."""


def try_lock(path: Path) -> IO[bytes] | None:
    """An open, exclusively locked handle of `path`; None when another process holds it."""
    handle = path.open("ab")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        return None
    return handle


@contextmanager
def hold(folder: Path, load_id: str) -> Iterator[Path]:
    """A new folder `folder/load_id` with its lock held; removed, with all in it, at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    unborn, final = folder / f"{UNBORN}{load_id}", folder / load_id
    if final.exists():
        raise LedgerError(f"load {load_id} is already running")
    unborn.mkdir()
    with try_lock(unborn / LOCK) or nullcontext():
        unborn.rename(final)
        try:
            yield final
        finally:
            shutil.rmtree(final, ignore_errors=True)


@contextmanager
def workspace(where: Location, table: Table, load_id: str) -> Iterator[Path]:
    """The folder this load writes Parquet into: the table's own, or a temporary one for a bucket."""
    try:
        with hold(where.staging, load_id) as own:
            target = where.table_folder(table.name) if where.is_local else own / table.name
            target.mkdir(parents=True, exist_ok=True)
            yield target
    except OSError as error:
        raise LedgerError(f"cannot write the ledger at {where.url}: {error}") from error


def copy_rows(
    con: duckdb.DuckDBPyConnection, table: Table, select_sql: str, target: Path, load_id: str
) -> tuple[DataFile, ...]:
    """Write the rows of `select_sql` as Parquet below `target`; nothing refers to the files yet.

    Columns the SELECT does not yield are left out of the files, where they would cost as much to write
    as full ones.
    """
    select_sql, columns = _yielded(con, table, select_sql)
    names = [identifier(f"by_{name}") for name in folder_columns(table)]
    folders = ", ".join(
        f"{value} AS {name}" for value, name in zip(folders_sql(table), names, strict=True)
    )
    rows = query(
        con,
        f"COPY (SELECT {columns_sql(columns)}, {folders} FROM ({select_sql}\n)) "
        f"TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd, PARTITION_BY ({', '.join(names)}), "
        f"FILENAME_PATTERN {literal(f'load-{load_id}-{{uuid}}')}, RETURN_STATS, APPEND)",
    )
    partitions = _partitions(con, table, [row[0] for row in rows])
    return tuple(
        DataFile(
            path=path,
            partition=partitions[path],
            size=size,
            rows=count,
            key=Path(path).relative_to(target).as_posix(),
        )
        for path, count, size, *_ in rows
    )


def _yielded(
    con: duckdb.DuckDBPyConnection, table: Table, select_sql: str
) -> tuple[str, list[Column]]:
    """The SELECT with what folders and keys need put in as null, and the columns it then yields."""
    select_sql = select_sql.rstrip().rstrip(";")
    yielded = {row[0] for row in query(con, f"DESCRIBE {select_sql}")}
    needed = {*folder_columns(table), *table.partition_by, *table.key}
    columns = [column for column in table.columns if column.name in yielded | needed]
    blank = [
        f"CAST(NULL AS {column.kind.stored}) AS {identifier(column.name)}"
        for column in columns
        if column.name not in yielded
    ]
    if blank:
        select_sql = f"SELECT *, {', '.join(blank)} FROM ({select_sql}\n)"
    return select_sql, columns


def _partitions(
    con: duckdb.DuckDBPyConnection, table: Table, paths: Sequence[str]
) -> dict[str, dict[str, str | None]]:
    """Each file's Delta partition values, read back from the file."""
    if not paths or not table.partition_by:
        return {path: {} for path in paths}
    values = ", ".join(f"any_value({identifier(name)})::VARCHAR" for name in table.partition_by)
    rows = query(
        con,
        f"SELECT filename, {values} FROM {files_sql(paths, 'filename = true')} GROUP BY filename",
    )
    return {row[0]: dict(zip(table.partition_by, row[1:], strict=True)) for row in rows}


def discard(files: Sequence[DataFile]) -> None:
    """Delete staged files, and the folders they leave empty."""
    for file in files:
        path = Path(file.path)
        path.unlink(missing_ok=True)
        for _ in range(file.key.count("/")):
            path = path.parent
            try:
                path.rmdir()
            except OSError:
                break
