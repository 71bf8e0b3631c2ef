"""`finops runs`: workflow runs one by one, when each ran, how it came out, and what it cost."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

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


class Order(StrEnum):
    """Which runs come first."""

    COST = "cost"
    NEWEST = "newest"
    OLDEST = "oldest"
    REQUESTS = "requests"
    FAILURES = "failures"


OrderOption = Annotated[
    Order,
    typer.Option(
        "--order",
        help="Which come first: the dearest, the newest, the oldest, those with most requests or failures.",
    ),
]
CountOption = Annotated[int, typer.Option("--limit", min=1, help="Runs to show.")]
OffsetOption = Annotated[int, typer.Option("--offset", min=0, help="Runs to leave out before.")]


def register(app: typer.Typer) -> None:
    """Add `runs` to the application."""
    app.command("runs")(runs)


def runs(  # noqa: PLR0913  (one parameter for each option)
    *,
    month: MonthOption = None,
    since: FromOption = None,
    until: ToOption = None,
    last: LastOption = None,
    everything: AllOption = False,
    where: WhereOption = None,
    order: OrderOption = Order.COST,
    limit: CountOption = 1000,
    offset: OffsetOption = 0,
    include: IncludeOption = None,
    currency: CurrencyOption = None,
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Show workflow runs one by one: when each ran, how it came out, what it cost.

    A run is listed with the calls of it that --where lets through, and costs what it costs in `finops unit
    --by run`, which also filters by columns that roll-ups do not keep.
    """
    from finops.cli.output import emit

    found = open_session(ledger).runs(
        where, order=order.value, limit=limit, offset=offset, include=include, currency=currency,
        month=month, since=since, until=until, last=last, everything=everything,
    )  # fmt: skip
    emit(found.report, format, output)
