"""`finops close`: close a month, see what it still lacks, take a close back."""

from __future__ import annotations

from typing import Annotated

import typer

from finops.api.close import Shown
from finops.cli.options import (
    CurrencyOption,
    FormatOption,
    LedgerOption,
    OutputOption,
    open_session,
)
from finops.errors import UsageError
from finops.report.formats import ReportFormat

__all__ = ["register"]


MonthArgument = Annotated[str | None, typer.Argument(metavar="[MONTH]", help="Month, as YYYY-MM.")]
CheckOption = Annotated[
    bool,
    typer.Option(
        "--check", help="Close nothing: show the month, and exit with 4 while it cannot be closed."
    ),
]
ShowOption = Annotated[
    Shown | None,
    typer.Option(
        "--show",
        help="What --check shows: each source and what it lacks, where each invoice's money went, what was "
        "used and not invoiced, what changed in closed months. (default: sources)",
    ),
]
AccrualsOption = Annotated[
    bool,
    typer.Option(
        "--accruals", help="Accrue what the month used and no bill covers; with --check, show it."
    ),
]
ListOption = Annotated[bool, typer.Option("--list", help="Show every month and where it stands.")]
ReopenOption = Annotated[
    bool, typer.Option("--reopen", help="Take back the newest close, on record; needs --reason.")
]
ReasonOption = Annotated[
    str | None,
    typer.Option(
        "--reason",
        metavar="TEXT",
        help="Why the month is reopened, or closed although it is not complete; kept with the close.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add `close` to the application."""
    app.command("close")(close)


def close(  # noqa: PLR0913  (one parameter for each option)
    month: MonthArgument = None,
    *,
    check: CheckOption = False,
    show: ShowOption = None,
    accruals: AccrualsOption = False,
    listed: ListOption = False,
    reopen: ReopenOption = False,
    reason: ReasonOption = None,
    currency: CurrencyOption = None,
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Close a month, so that its numbers never move again.

    A month is open; provisional when every source has delivered it; closed when you say so. Closing keeps
    its rows, settings and prices beside the ledger, and every command answers for the month from there.
    What changes in it later is booked in the first open month, line by line. Months close in order.
    """
    from finops.cli.diagnostics import say
    from finops.cli.output import emit

    if sum((check, listed, reopen)) > 1:
        raise UsageError("give one of --check, --list and --reopen")
    if show is not None and not check:
        raise UsageError(
            "--show goes with --check", hint="finops close MONTH --check --show invoices"
        )
    asked = open_session(ledger).close
    if listed:
        emit(asked.list().report, format, output)
    elif month is None:
        raise UsageError("which month?", hint="finops close 2026-10, or finops close --list")
    elif check:
        wanted = show or (Shown.ACCRUALS if accruals else Shown.SOURCES)
        found = asked.check(month, show=wanted, currency=currency)
        emit(found.report, format, output)
        found.require()
    elif reopen:
        kept = asked.folder(asked.reopen(month, reason=reason))
        say(f"{month} is open again; what was closed stays in {kept}.")
    else:
        done = asked(month, reason=reason, accruals=accruals, currency=currency)
        kept = asked.folder(done.closed)
        say(f"{done.closed.month} is closed: {len(done.closed.files)} files in {kept}.")
        emit(done.report, format, output)
