"""`finops budget`: what may be spent, what is, and what it will come to."""

from __future__ import annotations

from typing import Annotated

import typer

from finops.cli.options import FormatOption, LedgerOption, MonthOption, OutputOption, open_session
from finops.report.formats import ReportFormat

__all__ = ["AsOfOption", "register"]

AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="YYYY-MM-DD",
        help="First day nothing is to be known of: what is newer is left out. "
        "(default: all that every source has delivered)",
        rich_help_panel="Period",
    ),
]
FailOverOption = Annotated[
    bool, typer.Option("--fail-over", help="Exit with 4 when a budget is overspent.")
]
FailForecastOption = Annotated[
    bool,
    typer.Option("--fail-forecast", help="Exit with 4 also when one will be, by its forecast."),
]


def register(app: typer.Typer) -> None:
    """Add `budget` to the application."""
    app.command("budget")(budget)


def budget(
    *,
    month: MonthOption = None,
    as_of: AsOfOption = None,
    fail_over: FailOverOption = False,
    fail_forecast: FailForecastOption = False,
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Show how budgets stand: what is spent, and what it will come to.

    Budgets are the [[budgets]] of finops.toml: a month, quarter or year, of everything or of what an
    expression over bills (team, pool, provider …) or requests (workflow, model …) says. The forecast adds
    what the days left are foreseen to cost, with a range.
    """
    from finops.cli.output import emit

    found = open_session(ledger).budget(month=month, as_of=as_of)
    emit(found.report, format, output)
    if fail_over or fail_forecast:
        found.demand(forecast=fail_forecast)
