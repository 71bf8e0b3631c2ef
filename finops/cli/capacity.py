"""`finops capacity`: accelerators, provisioned throughput and seats, used, idle and unseen."""

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
    open_ledger,
    resolve_period,
    split_dimensions,
)
from finops.report.formats import ReportFormat

__all__ = ["register"]


class By(StrEnum):
    """What a row is."""

    POOL = "pool"
    HOLDER = "holder"
    TEAM = "team"


ByOption = Annotated[
    By,
    typer.Option("--by", help="A row for each pool, each holder of devices, or each team of jobs."),
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
    from finops.analysis.capacity.holders import holders, job_teams
    from finops.analysis.economics import Question, unit_economics
    from finops.cli.output import emit
    from finops.config import load_config
    from finops.report.capacity import capacity_report, holders_report

    config = load_config()
    store = open_ledger(ledger, config=config)
    choice = resolve_period(
        store, month=month, since=since, until=until, last=last, everything=everything
    )
    question = Question(period=choice.period, include=split_dimensions(include), currency=currency)
    answer = unit_economics(store, config, question)
    if by is By.POOL:
        report = capacity_report(answer, notes=choice.notes)
    else:
        rows = holders(answer.allocation.capacity.months, job_teams(store))
        report = holders_report(answer, rows, by.value, notes=choice.notes)
    emit(report, format, output)
