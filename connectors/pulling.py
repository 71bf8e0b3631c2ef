"""Running connectors: what is new in each source goes into the ledger, or is left for next time, whole.

    read       the connector, from the cursors its last committed deliveries left
    spool      rows become a Parquet file beside the fetched ones
    store      as `finops load` does, the cursor inside the same commit

A source that fails leaves what it had delivered before, and never stops the others. Days that somebody asked for move no
cursor: what is new is read on from where it was, so that days nobody asked for are not passed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from connectors.arrow import HINTS, schema_of
from connectors.contract import Files, Rows, Session, Spooled
from connectors.loading import LoadOptions, Pulled, load_files
from connectors.objects import Changed
from connectors.spool import spool_of
from finops.errors import FinopsError
from finops.ledger.loads import cursors
from finops.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from connectors.configured import Source
    from connectors.contract import Delivery
    from connectors.loading import LoadResult
    from connectors.settings import SourceSettings
    from connectors.spool import Spool
    from finops.ledger.store import Ledger
    from finops.model.period import Period

__all__ = ["BROKEN", "Planned", "PullOptions", "SourceResult", "fault", "pull", "session_of"]

_READINGS = 3
"""Times a source is read when it changes under our hands."""

BROKEN = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NameError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What a connector with a fault may raise; it is its own source that then fails, and no other."""


class PullOptions(NamedTuple):
    """What the person asked of a pull; `now` is UTC."""

    now: datetime
    window: Period | None = None
    dry_run: bool = False
    keep_good: bool = False
    allowed: tuple[str, ...] = ()
    tell: Callable[[str, int, int | None], None] | None = None


class Planned(NamedTuple):
    """A delivery that was fetched and, because it was a dry run, not stored."""

    table: str
    stream: str
    files: tuple[str, ...]


class SourceResult(NamedTuple):
    """What one source brought: loads by stream, or what would be loaded; and why it stopped early."""

    source: str
    connector: str
    loads: tuple[tuple[str, LoadResult], ...]
    planned: tuple[Planned, ...]
    notes: tuple[str, ...]
    error: FinopsError | None


class _Run(NamedTuple):
    """One source on its way in."""

    ledger: Ledger
    source: Source
    options: PullOptions
    spool: Spool
    loads: list[tuple[str, LoadResult]]
    planned: list[Planned]
    notes: list[str]


def pull(ledger: Ledger, sources: Sequence[Source], options: PullOptions) -> Iterator[SourceResult]:
    """Pull each source in turn; a result for each as it is done, its error inside it."""
    for source in sources:
        loads: list[tuple[str, LoadResult]] = []
        planned: list[Planned] = []
        notes: list[str] = []
        error: FinopsError | None = None
        try:
            with spool_of(ledger.location.root, source.name) as spool:
                _pull(_Run(ledger, source, options, spool, loads, planned, notes))
        except FinopsError as found:
            error = found
        except BROKEN as found:
            error = fault(source, found)
        yield SourceResult(
            source.name,
            source.connector.name,
            tuple(loads),
            tuple(planned),
            tuple(redact(note) for note in notes),
            error,
        )


def fault(source: Source, found: Exception) -> FinopsError:
    """An error of the connector's own making, as one that names the source."""
    said = redact(" ".join(str(found).split()) or "no message")
    error = FinopsError(
        f"{source.name}: the connector {source.connector.name} failed in a way it should not:"
        f" {type(found).__name__}: {said}",
        hint="run it again with FINOPS_DEBUG=1 and report the output",
    )
    error.__cause__ = found
    return error


def _pull(run: _Run) -> None:
    """Read until nothing changes meanwhile; what was stored before is not read again."""
    for reading in range(_READINGS):
        try:
            for delivery in run.source.connector.read(_session(run)):
                _take(run, delivery)
        except Changed:
            if reading + 1 == _READINGS:
                raise
        else:
            run.spool.clear()
            return


def _session(run: _Run) -> Session[SourceSettings]:
    return session_of(
        run.source, run.options, run.spool, cursors(run.ledger, run.source.name), run.notes
    )


def session_of(
    source: Source,
    options: PullOptions,
    spool: Spool,
    cursors: dict[tuple[str, str], str] | None = None,
    notes: list[str] | None = None,
) -> Session[SourceSettings]:
    """What the source's connector is given."""
    silent = _nobody_watches
    return Session(
        source=source.name,
        settings=source.settings,
        now=options.now,
        spool=spool,
        window=options.window,
        cursors=cursors or {},
        allowed=options.allowed,
        notes=notes if notes is not None else [],
        tell=options.tell or silent,
    )


def _nobody_watches(what: str, done: int, total: int | None) -> None:
    """Progress, when there is no terminal."""


def _take(run: _Run, delivery: Delivery) -> None:
    """Store one delivery, and its cursor with it unless days were asked for."""
    if delivery.table not in run.source.connector.tables:
        raise FinopsError(
            f"{run.source.name}: {run.source.connector.name} delivers {delivery.table},"
            " which it does not say it feeds"
        )
    files = delivery.files if isinstance(delivery, Files) else _spooled(run, delivery)
    if not files:
        return
    if run.options.dry_run:
        origins = tuple(file.origin for file in files)
        run.planned.append(Planned(delivery.table, delivery.stream, origins))
        return
    options = LoadOptions(
        source=run.source.name,
        hint=delivery.hint if isinstance(delivery, Files) else HINTS[delivery.table],
        sets=delivery.sets if isinstance(delivery, Files) else {},
        keep_good=run.options.keep_good,
        allowed=run.options.allowed,
        pulled=Pulled(
            None if run.options.window else delivery.stream,
            None if run.options.window else delivery.cursor,
            {file.path: redact(file.origin) for file in files},
            delivery.months if isinstance(delivery, Files) else (),
            delivery.days if isinstance(delivery, Files) else None,
        ),
    )
    for result in load_files(run.ledger, delivery.table, [file.path for file in files], options):
        run.loads.append((delivery.stream, result))
    run.spool.forget(files)


def _spooled(run: _Run, delivery: Rows) -> tuple[Spooled, ...]:
    """The delivery's batches as one Parquet file, a batch in memory at a time; nothing for no rows."""
    import pyarrow.parquet as pq

    origin = f"{run.source.connector.name}:{delivery.table}/{delivery.stream}"
    path = run.spool.place(origin, "rows").with_name("rows.parquet")
    rows = 0
    with pq.ParquetWriter(path, schema_of(delivery.table), compression="zstd") as writer:
        for batch in delivery.batches:
            rows += batch.num_rows
            writer.write_batch(batch)
            if run.options.tell is not None:
                run.options.tell(delivery.stream, rows, None)
    return (Spooled(path, origin),) if rows else ()
