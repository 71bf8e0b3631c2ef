"""`finops route`: what asking a small model first saves, and where it loses money."""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.route.costs import Design
from finops.cli import route_options as its
from finops.cli.options import (
    AllOption,
    FormatOption,
    FromOption,
    LastOption,
    LedgerOption,
    MonthOption,
    OutputOption,
    ToOption,
    open_session,
)
from finops.errors import UsageError
from finops.report.formats import ReportFormat

if TYPE_CHECKING:
    from pathlib import Path

    import typer

    from finops.api.route import How, Routed

__all__ = ["register"]

ZERO = Decimal(0)


def register(app: typer.Typer) -> None:
    """Add `route` to the application."""
    app.command("route")(route)


class Selection(NamedTuple):
    """The options that choose requests of the ledger, as given."""

    small: str | None
    large: str | None
    workflow: str | None
    month: str | None
    since: str | None
    until: str | None
    last: str | None
    everything: bool
    ledger: str | None


def route(  # noqa: PLR0913  (one parameter for each option)
    *,
    scores: its.ScoresOption = None,
    confidence: its.ConfidenceOption = "confidence",
    small_correct: its.SmallCorrectOption = None,
    large_correct: its.LargeCorrectOption = None,
    small_latency: its.SmallLatencyOption = None,
    large_latency: its.LargeLatencyOption = None,
    small: its.SmallOption = None,
    large: its.LargeOption = None,
    workflow: its.WorkflowOption = None,
    ledger: LedgerOption = None,
    month: MonthOption = None,
    since: FromOption = None,
    until: ToOption = None,
    last: LastOption = None,
    everything: AllOption = False,
    design: its.DesignOption = Design.CASCADE,
    risk: its.RiskOption = None,
    never_small: its.NeverSmallOption = None,
    cost_ratio: its.CostRatioOption = None,
    verifier_cost_ratio: its.VerifierRatioOption = ZERO,
    context_growth: its.ContextGrowthOption = ZERO,
    router_cost_ratio: its.RouterRatioOption = ZERO,
    small_cost_per_hour: its.SmallHourOption = None,
    tokens_per_second: its.TokensPerSecondOption = None,
    utilization: its.UtilizationOption = None,
    large_cost_per_million: its.LargePriceOption = None,
    thresholds: its.ThresholdsOption = None,
    max_quality_loss: its.MaxQualityLossOption = 0.01,
    min_accuracy: its.MinAccuracyOption = None,
    calibration: its.CalibrationOption = 0.5,
    seed: its.SeedOption = 0,
    fleet: its.FleetOption = None,
    explain: its.ExplainOption = False,
    chart: its.ChartOption = False,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Show what asking a small model first saves, and where it loses money.

    A row per threshold: requests at or above it stay small, the others go to the large model. Give a
    file of scores and a cost ratio, or name two models of the ledger. Where answers are judged a
    threshold is chosen on one part of them and tested on the other.
    """
    from finops.api.route import Choosing, How, Prices

    prices = Prices(
        cost_ratio, verifier_cost_ratio, context_growth, router_cost_ratio,
        small_cost_per_hour, tokens_per_second, utilization, large_cost_per_million,
    )  # fmt: skip
    looked_at = None if thresholds is None else its.asked_thresholds(thresholds)
    choosing = Choosing(looked_at, max_quality_loss, min_accuracy, calibration, seed)
    how = How(prices, choosing, design, its.named_classes(never_small, risk))
    columns = (confidence, small_correct, large_correct, risk, small_latency, large_latency)
    asked = Selection(small, large, workflow, month, since, until, last, everything, ledger)
    found = _ask(scores, columns, asked, how)
    _emit(found, fleet, format, output, explain=explain, chart=chart)


def _draw(
    found: Routed,
    format: ReportFormat,  # noqa: A002  (the option is called --format)
    output: str | None,
    *,
    alone: bool,
) -> None:
    """Write the chart; UsageError where a program is to read it, or another answer is wanted as well."""
    from finops.cli.output import terminal_width, write_bytes

    if format is not ReportFormat.TABLE or not alone:
        raise UsageError("a chart is text", hint="leave out --chart, or everything else it answers")
    width = terminal_width(tty=output is None and sys.stdout.isatty())
    write_bytes(found.chart(width=width).encode(), output)


def _emit(
    found: Routed,
    fleet: Path | None,
    format: ReportFormat,  # noqa: A002  (the option is called --format)
    output: str | None,
    *,
    explain: bool,
    chart: bool,
) -> None:
    from finops.cli.output import emit

    if chart:
        _draw(found, format, output, alone=fleet is None and not explain)
        return
    if fleet is not None and explain:
        raise UsageError("--fleet and --explain are two different answers: give one of them")
    if fleet is not None:
        emit(found.fleet(fleet).report, format, output)
    else:
        emit(found.derivation().report if explain else found.report, format, output)


def _ask(
    scores: str | None,
    columns: tuple[str, str | None, str | None, str | None, str | None, str | None],
    asked: Selection,
    how: How,
) -> Routed:
    """The answer from where the options say; UsageError when they say both or neither."""
    from finops.analysis.route.scores import ScoreColumns
    from finops.api.route import route_scores

    named = ScoreColumns(*columns)
    if scores is not None:
        if any(option for option in asked):
            raise UsageError(
                "--scores answers from the file alone: leave out models, periods and --ledger"
            )
        return route_scores(scores, how, columns=named)
    if asked.small is None or asked.large is None:
        raise UsageError(
            "nothing to route",
            hint="--scores FILE.csv --cost-ratio 0.05, or --small MODEL --large MODEL",
        )
    if any(named._replace(confidence="", risk=None)):
        raise UsageError(
            "columns of judgements and latencies are of a file: give --scores FILE.csv"
        )
    return open_session(asked.ledger).route(
        asked.small, asked.large, how, workflow=asked.workflow, risk=named.risk,
        month=asked.month, since=asked.since, until=asked.until, last=asked.last,
        everything=asked.everything,
    )  # fmt: skip
