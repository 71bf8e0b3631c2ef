"""Files into the ledger: found, recognised, read once, checked on the way, stored or refused whole.

    find       files at the paths given, and how each is laid out       connectors.reading
    recognise  one format for each file                                  connectors.detecting
    read       a format's SELECT, every value typed and checked          connectors.wrapping
    store      in one commit                                             finops.ledger.write
    diagnose   only when a row was wrong: every problem, by name          connectors.diagnosing

Clean files are read exactly once. The first bad value ends that reading before anything is stored, and
a second one finds all of them; with `keep_good` the rows without a problem are then stored.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from connectors.delivery import FileDelivery, Reading
from connectors.detecting import group_files
from connectors.diagnosing import REFUSED, diagnose, write_problems
from connectors.fingerprint import check_unchanged, fingerprints, of_delivery
from connectors.formats.contract import Shape
from connectors.holding import bound
from connectors.narrowing import attempts_in_place, of_days, of_months, replays_in_place
from connectors.progress import Progress, watching
from connectors.reading import find_files, open_source
from connectors.runs import refuse_several_runs
from connectors.wrapping import wrap
from finops.errors import InputError, UsageError
from finops.model.tables import BOOK_COLUMNS, COSTS, TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import duckdb

    from connectors.fingerprint import Fingerprint
    from connectors.formats.contract import Format
    from connectors.reading import SourceFile
    from connectors.wrapping import Wrapped
    from finops.ledger.store import Ledger
    from finops.ledger.write import Load, Stored
    from finops.model.period import Period
    from finops.model.problem import Problem

__all__ = ["LoadOptions", "LoadResult", "Progress", "Pulled", "load_files"]

_SHOWN = 10_000
"""Problems an error carries; the file of `--problems` has them all."""


_ROWS_HELD = 50_000
"""Rows a thread holds before it writes them to their partitions; DuckDB's 524,288 wide ones spill."""


_IN_CLAUSE = "in_clause"
"""Makes a join of every list of words a value is compared with: of a log's many, seconds for each load."""


_ATTRIBUTES = "attributes"
"""The column that keeps what the allow-list lets through; a table without it does not depend on the list."""


class Pulled(NamedTuple):
    """Where fetched files come from, and how far their source has been read once they are stored.

    Of costs, only `months` (YYYY-MM) are stored, and of dated rows only `days`, where given. A delivery without
    rows is no error, and one without a stream moves no cursor.
    """

    stream: str | None
    cursor: str | None
    origins: Mapping[Path, str] = {}
    months: tuple[str, ...] = ()
    days: Period | None = None


class LoadOptions(NamedTuple):
    """What the person said about the files: `finops load` options, and the allow-list of finops.toml."""

    source: str | None = None
    hint: str | None = None
    maps: Mapping[str, str] = {}
    sets: Mapping[str, str] = {}
    keep_good: bool = False
    problems_file: Path | None = None
    allowed: tuple[str, ...] = ()
    """`[attributes] allow` of finops.toml: which of a log's own attributes may be kept."""
    pulled: Pulled | None = None


class LoadResult(NamedTuple):
    """One format's files, loaded: what the ledger did with them and what was left out."""

    table: str
    format: str
    source: str
    files: tuple[Path, ...]
    stored: Stored
    problems: tuple[Problem, ...]
    rows_refused: int
    notes: tuple[str, ...]

    @property
    def rows_in(self) -> int:
        """Rows read: stored, there already and refused."""
        return self.stored.rows_stored + self.stored.rows_duplicate + self.rows_refused


class _Job(NamedTuple):
    """One delivery on its way: what to load, how, and what to call when something moves."""

    ledger: Ledger
    table: str
    format: Format
    files: tuple[SourceFile, ...]
    options: LoadOptions
    progress: Callable[[Progress], None] | None

    @property
    def source(self) -> str:
        return self.options.source or self.format.name


def load_files(
    ledger: Ledger,
    table: str,
    paths: Sequence[Path],
    options: LoadOptions | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> tuple[LoadResult, ...]:
    """Load the files at `paths` (files, folders, globs) into `table`; one result for each format.

    InputError (with every problem) when a row is wrong and `keep_good` is off, or a file is not what
    it should be; UsageError for options that name no column. Nothing of a delivery that raised is stored.
    """
    options = options or LoadOptions()
    sources = tuple(open_source(found) for found in find_files(paths))
    hint = options.hint or ("mapped-requests" if options.maps and table == "requests" else None)
    grouped = group_files(table, sources, hint, options.maps)
    if options.pulled is not None and len(grouped.deliveries) > 1:
        mixed = ", ".join(format_.name for format_, _ in grouped.deliveries)
        raise InputError(f"files of one delivery are of several kinds: {mixed}")
    if table == COSTS.name:
        for _, files in grouped.deliveries:
            refuse_several_runs(file.path for file in files)
    results = [
        _load(_Job(ledger, table, format_, files, options, progress))
        for format_, files in grouped.deliveries
    ]
    if grouped.left_out:
        results[0] = results[0]._replace(notes=(*results[0].notes, *grouped.left_out))
    return tuple(results)


def _load(job: _Job) -> LoadResult:
    from finops.ledger.engine import open_engine

    prints = fingerprints(job.files)
    with open_engine() as con:
        con.execute(f"set partitioned_write_flush_threshold = {_ROWS_HELD}").fetchall()
        con.execute(f"set disabled_optimizers = '{_IN_CLAUSE}'").fetchall()
        bound(con, job.files)
        load = _load_record(job, of_delivery(prints, _reading(job)), prints)
        delivery, wrapped = _wrapped(job, con, Reading.FAST, load.load_id)
        with watching(con, job.files, job.progress):
            try:
                rows = _narrowed(job, con, wrapped.strict())
                stored = _store(job, con, rows, load)
            except _data_errors() as error:
                return _with_problems(job, con, load, error)
        _refuse_nothing(job, stored)
    return _result(job, stored, (), 0, delivery.notes)


def _narrowed(job: _Job, con: duckdb.DuckDBPyConnection, rows: str) -> str:
    """Of `rows` those a pull is about, copies of calls the ledger has put where those are."""
    pulled = job.options.pulled
    if pulled is not None and pulled.months:
        rows = of_months(rows, pulled.months)
    days = None if pulled is None else pulled.days
    if job.format.numbers_attempts:
        return attempts_in_place(job.ledger, rows, job.source, days)
    if days is not None:
        rows = of_days(rows, days)
    if job.format.replays:
        rows = replays_in_place(job.ledger, con, rows, job.source)
    return rows


def _data_errors() -> tuple[type[Exception], ...]:
    """DuckDB's ways of saying that the input, not the machine, is at fault."""
    import duckdb

    return (
        duckdb.ConversionException,
        duckdb.InvalidInputException,
        duckdb.OutOfRangeException,
        duckdb.InvalidTypeException,
    )


def _wrapped(
    job: _Job, con: duckdb.DuckDBPyConnection, reading: Reading, load_id: str
) -> tuple[FileDelivery, Wrapped]:
    delivery = FileDelivery(
        con,
        job.files,
        settings=job.options.sets,
        maps=job.options.maps,
        allowed=job.options.allowed,
        rename=job.format.name != "mapped-requests",
        reading=reading,
    )
    _check_maps(job, delivery)
    try:
        raw = job.format.select(delivery)
        sets = _column_sets(job, delivery)
        return delivery, wrap(con, TABLES[job.table], raw, sets, source=job.source, load_id=load_id)
    except _data_errors() as error:
        raise _unreadable(job, error) from error


def _with_problems(
    job: _Job, con: duckdb.DuckDBPyConnection, load: Load, error: Exception
) -> LoadResult:
    """The second reading: name every problem, then refuse, or store the rows without one."""
    check_unchanged(job.files)
    delivery, wrapped = _wrapped(job, con, Reading.EXACT, load.load_id)
    try:
        problems = diagnose(delivery, wrapped)
    except _data_errors() as again:
        raise _unreadable(job, again) from again
    if not problems:
        return _as_told(job, con, load, error)
    if job.options.problems_file is not None:
        write_problems(job.options.problems_file, problems)
    if not job.options.keep_good or any(problem.row is None for problem in problems):
        raise _refused(problems)
    refused = len({(problem.file, problem.row) for problem in problems})
    kept = load._replace(rows_refused=refused)
    rows = _narrowed(job, con, wrapped.lenient(REFUSED))
    stored = _store(job, con, rows, kept)
    return _result(job, stored, problems, refused, delivery.notes)


def _as_told(job: _Job, con: duckdb.DuckDBPyConnection, load: Load, error: Exception) -> LoadResult:
    """Store a delivery without a problem that the quick reading stopped at: what it met was not wrong.

    An odd value in a line the format does not read, say, or a key the beginning of the file has not.
    """
    if job.files[0].head.shape not in {Shape.JSON, Shape.JSONL}:
        raise _unreadable(job, error) from error
    delivery, wrapped = _wrapped(job, con, Reading.LOOSE, load.load_id)
    try:
        rows = _narrowed(job, con, wrapped.strict())
        stored = _store(job, con, rows, load)
    except _data_errors() as again:
        raise _unreadable(job, error) from again
    _refuse_nothing(job, stored)
    return _result(job, stored, (), 0, delivery.notes)


def _store(job: _Job, con: duckdb.DuckDBPyConnection, rows: str, load: Load) -> Stored:
    """Store what was read, if the files are still what they were."""
    from finops.ledger.write import store

    return store(
        job.ledger,
        job.table,
        con,
        rows,
        load,
        before_commit=lambda: check_unchanged(job.files),
        numbered=job.format.numbers_attempts,
    )


def _load_record(job: _Job, digest: str, prints: Sequence[Fingerprint]) -> Load:
    from finops.ledger.loads import new_load_id
    from finops.ledger.write import Load, LoadedFile

    pulled = job.options.pulled
    origins = pulled.origins if pulled else {}
    files = tuple(
        LoadedFile(origins.get(each.path, str(each.path)), each.size, each.digest)
        for each in prints
    )
    return Load(
        new_load_id(),
        job.source,
        job.format.name,
        files,
        digest,
        options=_reading(job),
        stream=pulled.stream if pulled else None,
        cursor=pulled.cursor if pulled else None,
    )


def _reading(job: _Job) -> dict[str, object]:
    """The options that change what is read from the same bytes."""
    said = {
        "format": job.format.name,
        "maps": dict(job.options.maps),
        "sets": dict(job.options.sets),
        "keep_good": job.options.keep_good,
        "months": job.options.pulled.months if job.options.pulled else (),
        "days": _days(job.options.pulled),
        "allowed": sorted(set(job.options.allowed))
        if _ATTRIBUTES in TABLES[job.table].names
        else (),
    }
    return {name: value for name, value in said.items() if value}


def _days(pulled: Pulled | None) -> tuple[str, ...]:
    days = pulled.days if pulled else None
    return (days.start.isoformat(), days.end.isoformat()) if days else ()


def _check_maps(job: _Job, delivery: FileDelivery) -> None:
    """UsageError for a `--map` from a column the files have nowhere."""
    here = set(delivery.head_columns)
    if not here.issuperset(job.options.maps.values()):
        here.update(delivery.late_columns)
    for ledger_column, file_column in job.options.maps.items():
        if here and file_column not in here:
            raise UsageError(
                f"--map {ledger_column}={file_column}: the files have no column {file_column!r}",
                hint=f"they have: {', '.join(sorted(here))}",
            )


def _column_sets(job: _Job, delivery: FileDelivery) -> dict[str, str]:
    """`--set` values that are columns; UsageError for one that is neither column nor asked for."""
    columns = [name for name in TABLES[job.table].names if name not in BOOK_COLUMNS]
    sets = {}
    for name, value in job.options.sets.items():
        if name in columns:
            sets[name] = value
        elif name not in delivery.settings.asked:
            near = get_close_matches(name, columns, n=1)
            raise UsageError(
                f"--set {name}: {job.table} has no such column",
                hint=f"did you mean {near[0]}?" if near else None,
            )
    return sets


def _refuse_nothing(job: _Job, stored: Stored) -> None:
    if job.options.pulled is not None:
        return
    if not stored.unchanged and stored.rows_stored + stored.rows_duplicate == 0:
        named = ", ".join(str(file.path) for file in job.files[:3])
        raise InputError(f"{named}: no rows to load (a header alone?)")


def _refused(problems: Sequence[Problem]) -> InputError:
    rows = len({(problem.file, problem.row) for problem in problems})
    many = "row has a problem" if rows == 1 else "rows have problems"
    return InputError(
        f"{rows:,} {many}; nothing was stored",
        hint="mend the file, or load the other rows with --keep-good; --problems FILE lists all of them",
        problems=problems[:_SHOWN],
    )


def _unreadable(job: _Job, error: Exception) -> InputError:
    first = str(error).strip().splitlines()[0]
    sentence = first.partition(": ")[2] or first
    named = (
        "" if any(str(file.path) in sentence for file in job.files) else f"{job.files[0].path}: "
    )
    return InputError(
        f"{named}cannot be read as {job.format.name}: {sentence}; nothing was stored",
        hint="another format may fit: --format-hint NAME",
    )


def _result(
    job: _Job,
    stored: Stored,
    problems: tuple[Problem, ...],
    refused: int,
    notes: Sequence[str],
) -> LoadResult:
    paths = tuple(file.path for file in job.files)
    return LoadResult(
        job.table, job.format.name, job.source, paths, stored, problems, refused, tuple(notes)
    )
