"""The ledger as readers see it: its tables' current files, and a DuckDB connection with a view of each.

Delta Lake decides which files make up a table; DuckDB reads those files. Writing is
`finops.ledger.write`.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from finops.errors import LedgerError, LedgerMissing
from finops.ledger.location import Location, parse_location
from finops.ledger.past import check_there, travel
from finops.ledger.schema import identifier, literal
from finops.model.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import duckdb
    from deltalake import DeltaTable

    from finops.model.period import Period
    from finops.model.schema import Column, Table

__all__ = [
    "DataFile",
    "Ledger",
    "Reading",
    "Snapshot",
    "as_pattern",
    "delta_errors",
    "files_of",
    "files_sql",
    "load_of",
    "of_days",
    "one_version",
    "rows_sql",
]

_OURS = re.compile(
    r"^load-(?P<load>[0-9A-Za-z-]+)-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.parquet$"
)


_GLOB = re.compile(r"[*?\[]")
"""Characters DuckDB takes for a pattern; in brackets they are themselves."""


class DataFile(NamedTuple):
    """One Parquet file of a table: `path` on this machine, `key` its name (URL-encoded) in the log."""

    path: str
    partition: dict[str, str | None]
    size: int
    rows: int | None
    key: str

    @property
    def folder(self) -> str:
        """The part of `key` before the file's name."""
        return self.key.rpartition("/")[0]

    @property
    def load_id(self) -> str | None:
        """The load that wrote the file; None when something other than finops did."""
        return load_of(self.key)


def load_of(key: str) -> str | None:
    """The load whose file `key` names; None for a file that is not ours."""
    found = _OURS.match(key.rpartition("/")[2])
    return found["load"] if found else None


_SEEN: ContextVar[dict[tuple[object, ...], tuple[DataFile, ...]] | None] = ContextVar(
    "files seen", default=None
)
"""The files of each table, by where and when it is looked at, that the question being answered has seen."""


class Snapshot(NamedTuple):
    """One version of a table: the Delta handle a commit is checked against, and its files."""

    delta: DeltaTable
    version: int
    files: tuple[DataFile, ...]


class Reading(NamedTuple):
    """A SELECT of every declared column of a table, and the only files it opens."""

    sql: str
    paths: tuple[str, ...]


@contextmanager
def delta_errors(doing: str) -> Iterator[None]:
    """Turn delta-rs's and the file system's failures into a LedgerError that says what we did.

    Of what they say the first line is kept: delta-rs sends its stack after it.
    """
    from deltalake.exceptions import DeltaError

    try:
        yield
    except (DeltaError, OSError) as error:
        said = str(error).strip().partition("\n")[0]
        raise LedgerError(f"{doing}: {said}") from error


@dataclass(frozen=True, slots=True)
class Ledger:
    """The tables at one location; holds no state, so every call sees the newest version."""

    location: Location

    @classmethod
    def open(cls, location: str, *, create: bool = False) -> Ledger:
        """The ledger at `location` (a folder or an `s3://` URL).

        LedgerMissing when there is none and `create` is False; with `create`, its tables appear as
        they are first written.
        """
        ledger = cls(parse_location(location))
        if create:
            if ledger.location.is_local:
                with delta_errors(f"cannot create a ledger at {ledger.location.url}"):
                    ledger.location.root.mkdir(parents=True, exist_ok=True)
        elif not ledger.exists():
            raise LedgerMissing(
                f"there is no ledger at {ledger.location.url}",
                hint="load something into it (finops load FILE …), try `finops demo`, or name another with --ledger",
            )
        return ledger

    def exists(self) -> bool:
        """Whether any table stands here."""
        return any(self.delta(name) is not None for name in TABLES)

    def delta(self, table: str) -> DeltaTable | None:
        """The Delta handle of `table` at its newest version (of the moment looked at); None when there is none."""
        where = self.location
        if where.is_local and not (where.table_folder(table) / "_delta_log").is_dir():
            return None
        from deltalake import DeltaTable
        from deltalake.exceptions import TableNotFoundError

        with delta_errors(f"cannot read {table} in the ledger at {where.url}"):
            try:
                found = DeltaTable(where.table_url(table), storage_options=dict(where.options))
            except TableNotFoundError:
                return None
            return travel(found, where, table)

    def snapshot(self, table: str) -> Snapshot | None:
        """`table` at its newest version; None when it was never written."""
        delta = self.delta(table)
        if delta is None:
            return None
        files = files_of(delta, self.location, table)
        check_there(self.location, table, files)
        return Snapshot(delta, delta.version(), files)

    def version(self, table: str) -> int | None:
        """Newest Delta version of `table`; None when it was never written."""
        delta = self.delta(table)
        return None if delta is None else delta.version()

    def files(self, table: str) -> tuple[DataFile, ...]:
        """The files `table` consists of now; `local` must fetch them before a bucket's are read.

        Within `one_version` now is when they were first asked for.
        """
        seen = _SEEN.get()
        if seen is None:
            found = self.snapshot(table)
            return () if found is None else found.files
        where = self.location
        versions = None if where.versions is None else tuple(sorted(where.versions.items()))
        key = (where.url, where.at, versions, table)
        if key not in seen:
            found = self.snapshot(table)
            seen[key] = () if found is None else found.files
        return seen[key]

    def local(self, files: Sequence[DataFile], table: str) -> list[str]:
        """Paths on this machine of `files`, fetched from the bucket where they are not here yet."""
        if not self.location.is_local:
            from finops.ledger.cache import fetch

            fetch(self.location, table, files)
        return [file.path for file in files]

    def connect(
        self,
        tables: Iterable[str] | None = None,
        days: Period | None = None,
        *,
        alone: bool = False,
    ) -> duckdb.DuckDBPyConnection:
        """A DuckDB connection with one temporary view for each of `tables` (default: all).

        A view has exactly the declared columns, JSON as text; a table never written is empty. Of tables cut by
        day, given `days`, a view has those days only: files of others are not even looked at. What else is made
        on it must be temporary too, and its database keeps its settings, unless it is `alone` there.
        """
        from finops.ledger.engine import join_engine, open_engine, query

        con = open_engine() if alone else join_engine()
        for name in TABLES if tables is None else tables:
            query(con, f"CREATE TEMP VIEW {identifier(name)} AS {self.reading(name, days).sql}")
        return con

    def reading(self, table: str, days: Period | None = None) -> Reading:
        """How to read `table` as it is now (of a table cut by day those `days`); a bucket's files are fetched."""
        files = of_days(table, self.files(table), days)
        return Reading(rows_sql(TABLES[table], files), tuple(self.local(files, table)))


def of_days(table: str, files: tuple[DataFile, ...], days: Period | None) -> tuple[DataFile, ...]:
    """Those of `files` that hold rows of `days`; all of them when `table` is not cut by day."""
    if days is None or "day" not in TABLES[table].partition_by:
        return files
    first, end = days.start.isoformat(), days.end.isoformat()
    return tuple(file for file in files if first <= (file.partition["day"] or "")[:10] < end)


@contextmanager
def one_version() -> Iterator[None]:
    """Within it a ledger's tables are what they were when first looked at: one question, or document, one version."""
    if _SEEN.get() is not None:
        yield
        return
    token = _SEEN.set({})
    try:
        yield
    finally:
        _SEEN.reset(token)


def files_of(delta: DeltaTable, where: Location, table: str) -> tuple[DataFile, ...]:
    """The files of the version of `table` that `delta` is at, by key."""
    actions: Any = delta.get_add_actions()
    names = set(actions.schema.names)
    partitions = actions.column("partition").to_pylist() if "partition" in names else None
    folder = where.table_folder(table)
    found = []
    keys = actions.column("path").to_pylist()
    sizes = actions.column("size_bytes").to_pylist()
    rows = (
        actions.column("num_records").to_pylist() if "num_records" in names else [None] * len(keys)
    )
    for index, key in enumerate(keys):
        values = partitions[index] if partitions else {}
        partition = {name: None if v is None else str(v) for name, v in values.items()}
        found.append(
            DataFile(str(folder / unquote(key)), partition, sizes[index], rows[index], key)
        )
    return tuple(sorted(found, key=lambda file: file.key))


def as_pattern(path: str) -> str:
    """`path` as DuckDB must be given it: every file name is a pattern to it."""
    return _GLOB.sub(r"[\g<0>]", path)


def files_sql(paths: Iterable[str], *options: str) -> str:
    """A FROM item over Parquet files, columns as they are in them; `options` as DuckDB spells them."""
    listed = ", ".join(literal(as_pattern(path)) for path in paths)
    extra = "".join(f", {option}" for option in options)
    return f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false{extra})"


def rows_sql(
    table: Table,
    files: Sequence[DataFile],
    *,
    columns: Sequence[str] | None = None,
    addressed: bool = False,
) -> str:
    """A SELECT of declared `columns` (default: all) over `files`; a column a file lacks is null there.

    `addressed` adds each row's `filename` and `file_row_number`. Files another Delta writer made lack
    the partition columns: those come from the log.
    """
    chosen = [table.column(name) for name in (columns or table.names)]
    groups: dict[tuple[tuple[str, str | None], ...], list[str]] = {}
    for file in files:
        given = () if file.load_id is not None else tuple(sorted(file.partition.items()))
        groups.setdefault(given, []).append(file.path)
    if not groups:
        return f"SELECT {', '.join(_typed(column, 'NULL') for column in chosen)} WHERE false"
    return " UNION ALL ".join(
        _group_sql(chosen, paths, dict(given), addressed=addressed)
        for given, paths in groups.items()
    )


def _typed(column: Column, value: str) -> str:
    return f"CAST({value} AS {column.kind.stored}) AS {identifier(column.name)}"


def _group_sql(
    chosen: Sequence[Column],
    paths: Sequence[str],
    given: Mapping[str, str | None],
    *,
    addressed: bool,
) -> str:
    """One SELECT over files that share the partition values the log gives them (ours: none).

    Files leave out columns that were empty in their delivery: a first branch without rows says which
    columns there are, and of which type.
    """
    names, blank = [], []
    for column in chosen:
        if column.name in given:
            value = given[column.name]
            names.append(_typed(column, "NULL" if value is None else literal(value)))
        else:
            names.append(identifier(column.name))
            blank.append(_typed(column, "NULL"))
    options = ("filename = true", "file_row_number = true") if addressed else ()
    names += ["filename", "file_row_number"] if addressed else []
    here = files_sql(paths, *options)
    if not blank:
        return f"SELECT {', '.join(names)} FROM {here}"
    rows = f"SELECT {', '.join(blank)} WHERE false UNION ALL BY NAME SELECT * FROM {here}"
    return f"SELECT {', '.join(names)} FROM ({rows})"
