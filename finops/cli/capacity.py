"""`finops capacity`: accelerators, provisioned throughput and seats, used, idle and unseen."""

from __future__ import annotations

from typing import Annotated

import typer

from finops.api.capacity import By
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
    open_session,
)
from finops.report.formats import ReportFormat

__all__ = ["register"]


ByOption = Annotated[
    By,
    typer.Option(
        "--by",
        help="A row for each pool, each holder of devices, each team of jobs, or of every day each pool or "
        "node.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add `capacity` to the application."""
    app.command("capacity")(capacity)


def capacity(  # noqa: PLR0913  (one parameter for each option)
    *,
    by: ByOption = By.POOL,
    month: MonthOption = None,
    since: FromOption = None,
    until: ToOption = None,
    last: LastOption = None,
    everything: AllOption = False,
    include: IncludeOption = None,
    currency: CurrencyOption = None,
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Show what accelerators were used for, and what was idle or unseen.

    Hours are device-hours: billed = busy + idle (held by somebody, or by nobody) + unseen. Dollars of a pool
    add up to its charges. The price of a GPU-hour names the part of an instance's price it takes.
    """
    from finops.cli.output import emit

    found = open_session(ledger).capacity(
        by, include=include, currency=currency,
        month=month, since=since, until=until, last=last, everything=everything,
    )  # fmt: skip
    emit(found.report, format, output)
