"""`finops pull`: what is new in every configured source, into the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from finops.cli.options import FormatOption, LedgerOption, OutputOption, open_session
from finops.report.formats import ReportFormat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finops.errors import FinopsError

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
    from finops.cli import diagnostics
    from finops.cli.output import emit
    from finops.report.load import NOT_SUMMED

    session = open_session(ledger, required=False)
    with diagnostics.progress("pulling") as advance:

        def tell(what: str, done: int, total: int | None) -> None:
            advance(done, total=total, what=what)

        found = session.pull(
            sources, dry_run=dry_run, keep_good=keep_good, progress=tell,
            month=month, since=since, until=until, last=last,
        )  # fmt: skip
    for line in found.replaced:
        diagnostics.say(line)
    for line in found.warnings:
        diagnostics.warn(line)
    if not found.summed:
        diagnostics.say(NOT_SUMMED)
    emit(found.report, format, output)
    _fail(found.errors)


def _fail(errors: Sequence[FinopsError]) -> None:
    """Tell every failure; leave with 3 when a source was down, else with the first failure's own code."""
    from finops.cli import diagnostics
    from finops.errors import ExitCode

    codes = [diagnostics.fail(error) for error in errors]
    if codes:
        raise typer.Exit(ExitCode.SOURCE if ExitCode.SOURCE in codes else codes[0])
