"""`finops load`: files into the ledger, and what that changed, said loudly."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from finops.cli.options import FormatOption, LedgerOption, OutputOption, open_ledger
from finops.errors import UsageError
from finops.report.formats import ReportFormat

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from connectors.loading import LoadOptions, LoadResult, Progress
    from finops.ledger.store import Ledger

__all__ = ["register"]

_READING = "Reading"

PathsArgument = Annotated[
    list[Path],
    typer.Argument(metavar="PATH…", help="Files, folders or quoted globs.", show_default=False),
]
SourceOption = Annotated[
    str | None,
    typer.Option(
        "--source",
        metavar="NAME",
        help="Name of the source; what is loaded again under it replaces itself. (default: the format)",
    ),
]
HintOption = Annotated[
    str | None,
    typer.Option(
        "--format-hint", metavar="NAME", help="Format to read as.", rich_help_panel=_READING
    ),
]
MapOption = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="COLUMN=THEIRS",
        help="Ledger column and the file's column it is in. Repeat.",
        rich_help_panel=_READING,
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="COLUMN=VALUE",
        help="Value of a ledger column for every row. Repeat.",
        rich_help_panel=_READING,
    ),
]
KeepGoodOption = Annotated[
    bool,
    typer.Option(
        "--keep-good", help="Store the good rows when some are bad.", rich_help_panel=_READING
    ),
]
ProblemsOption = Annotated[
    Path | None,
    typer.Option(
        "--problems",
        metavar="FILE",
        help="Write every problem found to FILE, as CSV.",
        rich_help_panel=_READING,
    ),
]

_WHAT = {
    "costs": ("costs", "Load bills: FOCUS, AWS CUR, Azure, GCP, OCI."),
    "requests": ("requests", "Load token logs: our own record, provider and gateway logs, traces."),
    "usage": ("usage", "Load a vendor's own counts of usage: our own record."),
    "gpu": ("gpu_samples", "Load GPU samples: our own record, DCGM, nvidia-smi."),
    "jobs": ("jobs", "Load batch and training jobs: our own record, sacct."),
    "changes": ("changes", "Load changes of models, prompts, routes and prices: our own record."),
}


def register(app: typer.Typer) -> None:
    """Add `load` and what can be loaded to the application."""
    group = typer.Typer(
        no_args_is_help=True,
        help="Load bills, token logs, GPU samples, jobs or changes from files.",
    )
    for name, (table, summary) in _WHAT.items():
        group.command(name, help=summary)(_command(table))
    app.add_typer(group, name="load")


def _command(table: str) -> Callable[..., None]:
    def load(  # noqa: PLR0913, PLR0917  (one parameter for each option)
        paths: PathsArgument,
        source: SourceOption = None,
        hint: HintOption = None,
        maps: MapOption = None,
        sets: SetOption = None,
        keep_good: KeepGoodOption = False,  # noqa: FBT002  (Typer reads the default)
        problems: ProblemsOption = None,
        ledger: LedgerOption = None,
        format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
        output: OutputOption = None,
    ) -> None:
        from connectors.loading import LoadOptions
        from finops.config import load_config

        options = LoadOptions(
            source=source,
            hint=hint,
            maps=_pairs(maps, "--map"),
            sets=_pairs(sets, "--set"),
            keep_good=keep_good,
            problems_file=problems,
            allowed=load_config().attributes.allow,
        )
        _load(table, paths, options, open_ledger(ledger, create=True), format, output)

    return load


def _load(
    table: str,
    paths: Sequence[Path],
    options: LoadOptions,
    ledger: Ledger,
    format: ReportFormat,  # noqa: A002
    output: str | None,
) -> None:
    from connectors.loading import load_files
    from finops.cli import diagnostics
    from finops.cli.load_report import load_report, narration
    from finops.cli.output import emit

    with diagnostics.progress("reading") as advance:

        def tell(progress: Progress) -> None:
            advance(progress.done_bytes, total=progress.total_bytes)

        results = load_files(ledger, table, paths, options, tell)
    for result in results:
        for line in narration(result.stored.replaced, result.source):
            diagnostics.warn(line)
        if result.rows_refused:
            diagnostics.warn(_refused(result, options))
    for line in _elsewhere(ledger, results) if table == "costs" else ():
        diagnostics.warn(line)
    for line in _closed(ledger, results):
        diagnostics.warn(line)
    _roll_up(ledger, table, results)
    emit(load_report(results), format, output)


def _roll_up(ledger: Ledger, table: str, results: Sequence[LoadResult]) -> None:
    """Make the roll-ups of the days the load touched, so that the first report does not wait for them."""
    from finops.analysis.refreshing import roll_up_days
    from finops.cli import diagnostics
    from finops.config import load_config

    days = {
        date.fromisoformat(day)
        for result in results
        if not result.stored.unchanged
        for each in result.stored.slices
        if (day := each.names.get("day")) is not None
    }
    if not roll_up_days(ledger, load_config(), table, days):
        diagnostics.say("the first report about these days will take longer: it sums them up once")


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


def _refused(result: LoadResult, options: LoadOptions) -> str:
    where = f" (all of them: {options.problems_file})" if options.problems_file else ""
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


def _pairs(given: list[str] | None, option: str) -> dict[str, str]:
    """`NAME=VALUE` options as a dictionary; UsageError for one without `=` or given twice."""
    pairs: dict[str, str] = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"{option} {text!r} is not NAME=VALUE")
        if name.strip() in pairs:
            raise UsageError(f"{option} names {name.strip()} twice")
        pairs[name.strip()] = value
    return pairs
