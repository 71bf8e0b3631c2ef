"""`finops pull`: what is new in every configured source, into the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from finops.cli.options import FormatOption, LedgerOption, OutputOption, open_ledger
from finops.report.formats import ReportFormat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.pulling import SourceResult
    from finops.model.period import Period

__all__ = ["register"]

_AGAIN = "Read again"

SourcesArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SOURCE…", help="Sources of finops.toml. (default: all)", show_default=False
    ),
]
MonthOption = Annotated[
    str | None,
    typer.Option("--month", metavar="YYYY-MM", help="One month.", rich_help_panel=_AGAIN),
]
FromOption = Annotated[
    str | None,
    typer.Option("--from", metavar="YYYY-MM-DD", help="First day (UTC).", rich_help_panel=_AGAIN),
]
ToOption = Annotated[
    str | None,
    typer.Option(
        "--to", metavar="YYYY-MM-DD", help="First day left out (UTC).", rich_help_panel=_AGAIN
    ),
]
LastOption = Annotated[
    str | None,
    typer.Option(
        "--last",
        metavar="30d|4w|3m",
        help="The last days or weeks until yesterday, or whole months.",
        rich_help_panel=_AGAIN,
    ),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Fetch and say what would be loaded, store nothing.")
]
KeepGoodOption = Annotated[
    bool, typer.Option("--keep-good", help="Store the good rows when some are bad.")
]


def register(app: typer.Typer) -> None:
    """Add `pull` to the application."""
    app.command("pull")(pull)


def pull(  # noqa: PLR0913  (one parameter for each option)
    sources: SourcesArgument = None,
    *,
    month: MonthOption = None,
    since: FromOption = None,
    until: ToOption = None,
    last: LastOption = None,
    dry_run: DryRunOption = False,
    keep_good: KeepGoodOption = False,
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Pull what is new from the sources of finops.toml.

    Safe to repeat and to interrupt: what is stored is not read again, and nothing is skipped or doubled. A source
    that cannot be reached leaves the others alone; the exit code is then 3. A period reads its days again.
    """
    from datetime import UTC, datetime

    from connectors.configured import configured
    from connectors.pulling import PullOptions
    from finops.cli.output import emit
    from finops.cli.pull_report import pull_report
    from finops.config import load_config
    from finops.errors import UsageError
    from finops.model.period import parse_period

    config = load_config()
    if not config.sources:
        raise UsageError(
            "finops.toml names no sources",
            hint="add a [sources.NAME] table; `finops connectors list` shows what there is",
        )
    now = datetime.now(tz=UTC)
    window: Period | None = parse_period(
        month=month, since=since, until=until, last=last, today=now.date()
    )
    chosen = configured(config.sources, sources or ())
    options = PullOptions(now, window, dry_run, keep_good, config.attributes.allow)
    opened = open_ledger(ledger, config=config, create=True)
    from connectors.pulling import pull as pull_all
    from finops.cli import diagnostics

    with diagnostics.progress("pulling") as advance:

        def tell(what: str, done: int, total: int | None) -> None:
            advance(done, total=total, what=what)

        results = tuple(pull_all(opened, chosen, options._replace(tell=tell)))
    _narrate(results)
    emit(pull_report(results, dry_run=dry_run), format, output)
    _fail(results)


def _narrate(results: Sequence[SourceResult]) -> None:
    from finops.cli import diagnostics
    from finops.cli.load_report import narration

    for result in results:
        for _, load in result.loads:
            for line in narration(load.stored.replaced, load.source):
                diagnostics.say(line)
            if load.rows_refused:
                diagnostics.warn(f"{result.source}: {load.rows_refused:,} bad rows were left out")
        for note in result.notes:
            diagnostics.warn(f"{result.source}: {note}")


def _fail(results: Sequence[SourceResult]) -> None:
    """Tell every failure; leave with 3 when a source was down, else with the first failure's own code."""
    from finops.cli import diagnostics
    from finops.errors import ExitCode

    codes = [diagnostics.fail(result.error) for result in results if result.error is not None]
    if codes:
        raise typer.Exit(ExitCode.SOURCE if ExitCode.SOURCE in codes else codes[0])
