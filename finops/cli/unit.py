"""`finops unit`: what a request, a token, a response and a workflow run cost."""

from __future__ import annotations

from typing import Annotated

import typer

from finops.cli.options import (
    AllOption,
    ByOption,
    CurrencyOption,
    FormatOption,
    FromOption,
    IncludeOption,
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

__all__ = ["register"]

RollUpsOption = Annotated[
    bool,
    typer.Option(
        "--rollups/--no-rollups", help="Use the roll-ups, or read every request again; same digits."
    ),
]
RunsOption = Annotated[
    bool,
    typer.Option(
        "--runs/--no-runs",
        help="Also price every run: p50 and p95 of what a run costs.",
    ),
]


MarginalOption = Annotated[
    bool,
    typer.Option(
        "--marginal/--no-marginal",
        help="Also tell what an added request costs, over what an average one does; reads every device hour.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add `unit` to the application."""
    app.command("unit")(unit)


def unit(  # noqa: PLR0913  (one parameter for each option)
    *,
    by: ByOption = "workflow",
    month: MonthOption = None,
    since: FromOption = None,
    until: ToOption = None,
    last: LastOption = None,
    everything: AllOption = False,
    where: WhereOption = None,
    include: IncludeOption = None,
    currency: CurrencyOption = None,
    runs: RunsOption = False,
    marginal: MarginalOption = False,
    rollups: RollUpsOption = True,
    limit: LimitOption = None,
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Show what a request, a token, a response and a run cost.

    Dimensions: workflow, model, feature, team, tenant, agent, provider, tier, environment, region,
    project, deployment, operation, run, call, hour, day, week, month and any text column of the requests
    table. Costs include retries, failures, retrieval and shared services, and meet the bill exactly.
    """
    from finops.cli.output import emit

    found = open_session(ledger).unit(
        by, where=where, include=include, currency=currency,
        runs=runs, marginal=marginal, rollups=rollups, limit=limit,
        month=month, since=since, until=until, last=last, everything=everything,
    )  # fmt: skip
    emit(found.report, format, output)
