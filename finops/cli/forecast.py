"""`finops forecast`: what coming months will cost, with a range."""

from __future__ import annotations

from typing import Annotated

import typer

from finops.cli.budget import AsOfOption  # noqa: TC001  (Typer reads the annotation)
from finops.cli.options import (
    ByOption,
    CurrencyOption,
    FormatOption,
    LedgerOption,
    OutputOption,
    WhereOption,
    open_session,
)
from finops.report.formats import ReportFormat

__all__ = ["register"]

MonthsOption = Annotated[
    int, typer.Option("--months", min=1, max=12, help="Months after the one that is going on.")
]


def register(app: typer.Typer) -> None:
    """Add `forecast` to the application."""
    app.command("forecast")(forecast)


def forecast(  # noqa: PLR0913  (one parameter for each option)
    *,
    by: ByOption = None,
    where: WhereOption = None,
    months: MonthsOption = 3,
    as_of: AsOfOption = None,
    currency: CurrencyOption = None,
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Show what coming months will cost, with a range.

    A regression on trend and weekday over the last eight weeks of daily costs; the range is as wide as its
    own past forecasts were off. Dimensions and filters are of bills (as in costs) or of requests (as in unit).
    """
    from finops.cli.output import emit

    found = open_session(ledger).forecast(
        by, months=months, where=where, currency=currency, as_of=as_of
    )
    emit(found.report, format, output)
