"""`finops costs`: spend by any column of the bill, tag, pool or stretch of time."""

from __future__ import annotations

from typing import Annotated

import typer

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
from finops.model.basis import Basis
from finops.report.formats import ReportFormat

__all__ = ["register"]

BasisOption = Annotated[
    Basis | None,
    typer.Option(
        "--basis",
        help="Select by the invoice's month or by the day of use "
        "(default: billing for months, charge for --from/--to and --last).",
        rich_help_panel="Period",
    ),
]


def register(app: typer.Typer) -> None:
    """Add `costs` to the application."""
    app.command("costs")(costs)


def costs(  # noqa: PLR0913  (one parameter for each option)
    *,
    by: ByOption = "ServiceName",
    month: MonthOption = None,
    since: FromOption = None,
    until: ToOption = None,
    last: LastOption = None,
    everything: AllOption = False,
    basis: BasisOption = None,
    where: WhereOption = None,
    currency: CurrencyOption = None,
    limit: LimitOption = None,
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Show spend by any column of the bill, tag or pool.

    Dimensions: any FOCUS column (ServiceName, RegionId, SubAccountName, x_Model …), tag:KEY, pool, layer
    (of the stack), line (of the books: usage, commitment_unused, credits, tax …), team, product, cost_centre and gl_code (owners.csv), origin (bill or owned), element (of owned
    hardware), provider, day, week and month of use, billing_month. Rows are sorted by EffectiveCost and split by
    currency; --currency exchanges all into one, at the rates of finops.toml.
    """
    from finops.cli.output import emit

    found = open_session(ledger).costs(
        by, basis=basis, where=where, currency=currency, limit=limit,
        month=month, since=since, until=until, last=last, everything=everything,
    )  # fmt: skip
    emit(found.report, format, output)
