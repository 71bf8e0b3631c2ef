"""`finops explain`: where a number comes from."""

from __future__ import annotations

from typing import Annotated

import typer

from finops.cli.explain_options import ExplainCommand, told
from finops.cli.options import (
    AllOption,
    CurrencyOption,
    FormatOption,
    FromOption,
    IncludeOption,
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

NumberArgument = Annotated[
    str,
    typer.Argument(
        help="A number of finops unit (cost_per_run, components.retried, latency_ms.p95, error_rate), a "
        "line of its reconciliation (unlogged), an amount of finops costs (EffectiveCost), or a command and "
        "its number: marginal.added_cost, capacity.holder.cost, owners.cost, close.invoices.difference, "
        "close.list.EffectiveCost, compare.price, budget.forecast, savings.high, scorecard.verified. A command "
        "alone is all numbers of a row: budget; run is a run's cost, call by call.",
    ),
]

RowArgument = Annotated[
    str | None,
    typer.Argument(
        help="Whose number it is, by a name in the command's own rows: gpu-team of budget, a team of "
        "chargeback. Without it, the line of all rows.",
    ),
]

SplitOption = Annotated[
    str | None,
    typer.Option(
        "--by", help="What the rows of compare, forecast or chargeback are split by, as there."
    ),
]


def register(app: typer.Typer) -> None:
    """Add `explain` to the application."""
    app.command("explain", cls=ExplainCommand)(explain)


def explain(  # noqa: PLR0913  (one parameter for each option)
    ctx: typer.Context,
    number: NumberArgument = "cost_per_1k_requests",
    row: RowArgument = None,
    *,
    by: SplitOption = None,
    month: MonthOption = None,
    since: FromOption = None,
    until: ToOption = None,
    last: LastOption = None,
    everything: AllOption = False,
    where: WhereOption = None,
    include: IncludeOption = None,
    currency: CurrencyOption = None,
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Show where a number comes from.

    Prints the formula, every input with its source, every step, and the number. Choose whose number by
    its row (finops explain budget gpu-team), or with --where, as in `finops unit` (of an amount, as in
    `finops costs`; else by the words in the command's own rows: pool, kind, side, InvoiceId):
    --where "workflow = 'rag-answer'". With a row of compare, forecast or commitments --where is the command's own.

    A number of finops breakeven, route or vendor quote takes that command's options as well, and what else
    it is given after the row ('' for every row): finops explain breakeven.npv own --scenario lp2368,
    finops explain vendor.quote.month_cost '' offers.csv --need gpus=64. So does one of a command that is told
    more than a period and a filter: finops explain compare.price "OpenAI API" --against 2026-07.
    """
    from finops.cli.output import emit

    asked, arguments = told(ctx)
    found = open_session(ledger, required=False).explain(
        number, row or None, asked=asked, arguments=arguments,
        by=by, where=where, include=include, currency=currency,
        month=month, since=since, until=until, last=last, everything=everything,
    )  # fmt: skip
    emit(found.report, format, output)
