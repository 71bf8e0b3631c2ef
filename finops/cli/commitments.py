"""`finops commitments`: utilization, coverage, savings and expiry of commitments."""

from __future__ import annotations

from typing import Annotated

import typer

from finops.cli.options import (
    AllOption,
    CurrencyOption,
    FormatOption,
    FromOption,
    LastOption,
    LedgerOption,
    MonthOption,
    OutputOption,
    ToOption,
    WhereOption,
    open_session,
)
from finops.report.formats import ReportFormat

__all__ = ["register"]

ServicesOption = Annotated[
    bool,
    typer.Option(
        "--services/--each",
        help="A row for each service that can be covered instead of each commitment.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add `commitments` to the application."""
    app.command("commitments")(commitments)


def commitments(  # noqa: PLR0913  (one parameter for each option)
    *,
    month: MonthOption = None,
    since: FromOption = None,
    until: ToOption = None,
    last: LastOption = None,
    everything: AllOption = False,
    where: WhereOption = None,
    currency: CurrencyOption = None,
    services: ServicesOption = False,
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Show what commitments cover, save, leave unused, and when they end.

    Commitment discounts and capacity reservations of the bills: utilization by amortized cost, coverage by
    list cost, the effective savings rate with what went unused. Purchases are not counted beside the usage
    they pay for. Terms are read from one-time purchases and [[commitments]] in finops.toml.
    """
    from finops.cli.output import emit

    found = open_session(ledger).commitments(
        where=where, currency=currency,
        month=month, since=since, until=until, last=last, everything=everything,
    )  # fmt: skip
    emit(found.services().report if services else found.report, format, output)
