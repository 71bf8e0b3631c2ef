"""`finops owners`: who answers for which cost, and what nobody answers for."""

from __future__ import annotations

from typing import Annotated

import typer

from finops.cli.options import (
    AllOption,
    CurrencyOption,
    FormatOption,
    LedgerOption,
    LimitOption,
    MonthOption,
    OutputOption,
    open_session,
)
from finops.report.formats import ReportFormat

__all__ = ["register"]

ProposeOption = Annotated[
    bool,
    typer.Option("--propose", help="Write rows for owners.csv instead (--format csv to paste)."),
]
MaxUnownedOption = Annotated[
    float | None,
    typer.Option(
        "--max-unowned",
        min=0,
        max=1,
        metavar="SHARE",
        help="Fail (exit code 4) when a larger share of what was charged has no team, for example 0.05.",
    ),
]
OnOption = Annotated[
    str | None,
    typer.Option("--on", metavar="YYYY-MM-DD", help="Only rows in force on this day."),
]


def register(app: typer.Typer) -> None:
    """Add `owners` and its commands to the application."""
    group = typer.Typer(
        no_args_is_help=True, help="Show who answers for which cost, and what nobody does."
    )
    group.command("check")(check)
    group.command("list")(list_)
    app.add_typer(group, name="owners")


def check(  # noqa: PLR0913  (one parameter for each option)
    *,
    month: MonthOption = None,
    everything: AllOption = False,
    propose: ProposeOption = False,
    max_unowned: MaxUnownedOption = None,
    currency: CurrencyOption = None,
    limit: LimitOption = None,
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Show what has no owner, dearest first, and propose rows.

    Charges of the bill by account or service, requests by API key or project, and how much of the bill
    carries each tag. --propose writes the rows of owners.csv that would settle it, with the team guessed
    from the log or the name where there is anything to guess from.
    """
    from finops.cli.output import emit

    found = open_session(ledger).owners.check(
        month=month, everything=everything, currency=currency, limit=limit
    )
    emit(found.propose().report if propose else found.report, format, output)
    if max_unowned is not None:
        found.require(max_unowned)


def list_(
    *,
    on: OnOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """List the rows of owners.csv."""
    from finops.cli.output import emit

    emit(open_session(required=False).owners.list(on=on).report, format, output)
