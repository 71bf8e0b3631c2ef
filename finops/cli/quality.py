"""`finops quality`: what the data of a period lack, in dollars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.cli.options import (
    CurrencyOption,
    FormatOption,
    FromOption,
    LastOption,
    LedgerOption,
    MonthOption,
    OutputOption,
    ToOption,
    open_session,
)
from finops.report.formats import ReportFormat

if TYPE_CHECKING:
    import typer

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add `quality` to the application."""
    app.command("quality")(quality)


def quality(  # noqa: PLR0913  (one parameter for each option)
    *,
    month: MonthOption = None,
    since: FromOption = None,
    until: ToOption = None,
    last: LastOption = None,
    currency: CurrencyOption = None,
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Show whether the numbers can be trusted, in dollars.

    Late deliveries, missing days, sums that are not those loaded, invoices that do not tie, models without a
    price, tokens that are in no log, charges without an owner or a list cost: what most hangs on first.
    """
    from finops.cli.output import emit

    found = open_session(ledger).quality(
        currency=currency, month=month, since=since, until=until, last=last
    )
    emit(found.report, format, output)
