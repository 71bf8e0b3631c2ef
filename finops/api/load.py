"""Files into the ledger: bills, token logs, counts of usage, GPU samples, jobs, changes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypedDict

from finops.api.answer import Answer
from finops.api.keeping import keep_in_force
from finops.api.summing import roll_up_loads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Unpack

    from connectors.loading import LoadResult, Progress
    from finops.api.session import Session
    from finops.ledger.store import Ledger

__all__ = [
    "Loaded",
    "Reading",
    "load",
    "load_changes",
    "load_costs",
    "load_gpu",
    "load_jobs",
    "load_requests",
    "load_usage",
]


class Reading(TypedDict, total=False):
    """How files are read."""

    source: str | None
    """Name of the source: what is loaded again under it replaces itself. The format's, when not given."""
    format_hint: str | None
    """Format to read as, when it is not to be detected."""
    maps: Mapping[str, str]
    """The file's column each ledger column is in."""
    sets: Mapping[str, str]
    """Values of ledger columns for every row."""
    keep_good: bool
    """Store the good rows when some are bad."""
    problems: str | Path | None
    """File to write every problem found to, as CSV."""
    progress: Callable[[Progress], None] | None
    """Told how far reading is."""


@dataclass(frozen=True, slots=True)
class Loaded(Answer["tuple[LoadResult, ...]"]):
    """What was stored, a result for each format and source found among the files."""

    warnings: tuple[str, ...] = ()
    """What gave way: slices that were replaced, rows left out, months that are there twice or closed."""
    summed: bool = True
    """Whether the roll-ups of the days are made; else the first question about them makes them."""


Paths: TypeAlias = "str | Path | Sequence[str | Path]"
"""Files, folders or globs."""


def load_costs(session: Session, paths: Paths, **how: Unpack[Reading]) -> Loaded:
    """Load bills. InputError, with every problem, for bad rows; nothing is stored then."""
    return load(session, "costs", paths, **how)


def load_requests(session: Session, paths: Paths, **how: Unpack[Reading]) -> Loaded:
    """Load token logs. InputError, with every problem, for bad rows; nothing is stored then."""
    return load(session, "requests", paths, **how)


def load_usage(session: Session, paths: Paths, **how: Unpack[Reading]) -> Loaded:
    """Load a vendor's own counts of usage. InputError for bad rows; nothing is stored then."""
    return load(session, "usage", paths, **how)


def load_gpu(session: Session, paths: Paths, **how: Unpack[Reading]) -> Loaded:
    """Load GPU samples. InputError, with every problem, for bad rows; nothing is stored then."""
    return load(session, "gpu_samples", paths, **how)


def load_jobs(session: Session, paths: Paths, **how: Unpack[Reading]) -> Loaded:
    """Load batch and training jobs. InputError for bad rows; nothing is stored then."""
    return load(session, "jobs", paths, **how)


def load_changes(session: Session, paths: Paths, **how: Unpack[Reading]) -> Loaded:
    """Load changes of models, prompts, routes and prices. InputError for bad rows; nothing is stored then."""
    return load(session, "changes", paths, **how)


def load(session: Session, table: str, paths: Paths, **how: Unpack[Reading]) -> Loaded:
    """Load files, folders or globs into `table`; a ledger that is not there yet is made."""
    from connectors.loading import LoadOptions, load_files
    from finops.report.load import load_report

    named = [paths] if isinstance(paths, str | Path) else paths
    problems = how.get("problems")
    options = LoadOptions(
        source=how.get("source"),
        hint=how.get("format_hint"),
        maps=how.get("maps", {}),
        sets=how.get("sets", {}),
        keep_good=how.get("keep_good", False),
        problems_file=None if problems is None else Path(problems),
        allowed=session.config.attributes.allow,
    )
    ledger = session.to_write()
    results = tuple(
        load_files(ledger, table, [Path(each) for each in named], options, how.get("progress"))
    )
    warnings = tuple(_warnings(ledger, table, results, options.problems_file))
    summed = roll_up_loads(session, ledger, results)
    keep_in_force(session, ledger, results)
    return Loaded(results, load_report(results), warnings, summed)


def _warnings(
    ledger: Ledger, table: str, results: Sequence[LoadResult], problems: Path | None
) -> Iterator[str]:
    from finops.report.load import narration

    for result in results:
        yield from narration(result.stored.replaced, result.source)
        if result.rows_refused:
            yield _refused(result, problems)
    if table == "costs":
        yield from _elsewhere(ledger, results)
    yield from _closed(ledger, results)


def _closed(ledger: Ledger, results: Sequence[LoadResult]) -> list[str]:
    """What the reader must know of rows loaded into months that are closed."""
    from finops.ledger.open_months import first_open_month
    from finops.ledger.snapshots import closed_months

    touched = {
        (each.names.get("month") or each.names.get("day") or "")[:7]
        for result in results
        if not result.stored.unchanged
        for each in result.stored.slices
    }
    if not touched - {""}:
        return []
    closes = closed_months(ledger.location)
    target = first_open_month(closes)
    booked = {
        "costs": f"what changed in it is booked in {target}: finops close {target} --check --show adjustments"
    }
    said = booked.get(results[0].table, "its books do not count these rows: finops close --list")
    return [f"{each.month} is closed; {said}" for each in closes if each.month in touched]


def _refused(result: LoadResult, problems: Path | None) -> str:
    where = f" (all of them: {problems})" if problems else ""
    first = "; ".join(str(problem) for problem in result.problems[:3])
    return f"{result.rows_refused:,} bad rows were left out: {first}{where}"


def _elsewhere(ledger: Ledger, results: Sequence[LoadResult]) -> list[str]:
    """Warnings for months of an account that another source has brought too: both are counted."""
    from connectors.overlap import overlapping

    loaded = {result.source for result in results if not result.stored.unchanged}
    return [
        f"{twin.scope} {twin.month} is in the ledger twice, from {' and '.join(twin.sources)}: both count"
        for twin in overlapping(ledger)
        if loaded & set(twin.sources)
    ]
