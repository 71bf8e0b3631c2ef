"""`finops owners`: who answers for which cost, and what nobody answers for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from finops.cli.options import (
    AllOption,
    CurrencyOption,
    FormatOption,
    LedgerOption,
    LimitOption,
    MonthOption,
    OutputOption,
    open_ledger,
    resolve_period,
)
from finops.errors import GateFailed, UsageError
from finops.report.formats import ReportFormat

if TYPE_CHECKING:
    from datetime import date

    from finops.analysis.owners.check import OwnersCheck

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
    from finops.analysis.owners.check import check_owners
    from finops.cli.output import emit
    from finops.config import load_config
    from finops.report.owners import check_report, proposal_report

    config = load_config()
    store = open_ledger(ledger, config=config)
    choice = resolve_period(store, month=month, everything=everything)
    found = check_owners(store, config, choice.period, currency)
    if propose:
        report = proposal_report(found, period=choice.period)
    else:
        report = check_report(found, period=choice.period, limit=limit, notes=choice.notes)
    emit(report, format, output)
    if max_unowned is not None:
        _gate(found, max_unowned)


def _gate(found: OwnersCheck, allowed: float) -> None:
    """GateFailed when more of what was charged has no team than `allowed`, in any currency."""
    from finops.analysis.owners.check import BILL

    for (side, currency), cost in found.spent.items():
        if side == BILL and cost and found.left(side, currency) / cost > allowed:
            raise GateFailed(
                f"{float(found.left(side, currency) / cost):.1%} of what was charged in {currency} has no team; "
                f"allowed is {allowed:.1%}",
                hint="finops owners check --propose --format csv",
            )


def list_(
    *,
    on: OnOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """List the rows of owners.csv."""
    from finops.analysis.owners.registry import read_registry
    from finops.cli.output import emit
    from finops.config import load_config
    from finops.report.owners import list_report

    registry = read_registry(load_config().owners.file)
    emit(list_report(registry, on=None if on is None else _day(on)), format, output)


def _day(text: str) -> date:
    from datetime import date

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a date", hint="write it as YYYY-MM-DD") from None
