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
    open_ledger,
    resolve_period,
    split_dimensions,
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
    from finops.analysis.economics import Question, unit_economics
    from finops.cli.output import emit
    from finops.config import load_config
    from finops.report.unit import unit_report

    config = load_config()
    names = split_dimensions(by)
    store = open_ledger(ledger, config=config)
    choice = resolve_period(
        store, month=month, since=since, until=until, last=last, everything=everything
    )
    question = Question(
        period=choice.period,
        by=names,
        where=where,
        include=split_dimensions(include),
        currency=currency,
        use_rollups=rollups,
        run_costs=runs,
        marginal=marginal,
    )
    answer = unit_economics(store, config, question)
    emit(unit_report(answer, limit=limit, notes=choice.notes), format, output)
