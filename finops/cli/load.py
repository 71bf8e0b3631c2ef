"""`finops load`: files into the ledger, and what that changed, said loudly."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from finops.cli.options import FormatOption, LedgerOption, OutputOption, open_session
from finops.errors import UsageError
from finops.report.formats import ReportFormat

if TYPE_CHECKING:
    from collections.abc import Callable

    from connectors.loading import Progress
    from finops.cli.diagnostics import Advance

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
        from finops.api.load import load as load_into
        from finops.cli import diagnostics
        from finops.cli.output import emit
        from finops.report.load import NOT_SUMMED

        columns, values = _pairs(maps, "--map"), _pairs(sets, "--set")
        session = open_session(ledger, required=False)
        with diagnostics.progress("reading") as advance:
            found = load_into(
                session, table, paths, source=source, format_hint=hint, maps=columns, sets=values,
                keep_good=keep_good, problems=problems, progress=partial(_advance, advance),
            )  # fmt: skip
        for line in found.warnings:
            diagnostics.warn(line)
        if not found.summed:
            diagnostics.say(NOT_SUMMED)
        emit(found.report, format, output)

    return load


def _advance(advance: Advance, progress: Progress) -> None:
    advance(progress.done_bytes, total=progress.total_bytes)


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
