"""`finops marginal`: what doubled traffic would cost, and what would have to be bought."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.cli.options import (
    AllOption,
    ByOption,
    CurrencyOption,
    FormatOption,
    FromOption,
    LastOption,
    LedgerOption,
    LimitOption,
    MonthOption,
    OutputOption,
    ToOption,
    WhereOption,
    open_session,
)
from finops.report.formats import ReportFormat

if TYPE_CHECKING:
    import typer

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add `marginal` to the application."""
    app.command("marginal")(marginal)


def marginal(  # noqa: PLR0913  (one parameter for each option)
    *,
    by: ByOption = "workflow,model",
    month: MonthOption = None,
    since: FromOption = None,
    until: ToOption = None,
    last: LastOption = None,
    everything: AllOption = False,
    where: WhereOption = None,
    currency: CurrencyOption = None,
    limit: LimitOption = None,
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Show what doubled traffic would cost.

    Tokens and what is charged by usage grow with traffic, unused commitments cover first, and capacity is
    bought once its busiest hour would be fuller than objectives allow: how much, from when, at what price.
    The factor is the cost of an added request over that of an average one.
    """
    from finops.cli.output import emit

    found = open_session(ledger).marginal(
        by, where=where, currency=currency, limit=limit,
        month=month, since=since, until=until, last=last, everything=everything,
    )  # fmt: skip
    emit(found.report, format, output)
