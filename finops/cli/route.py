"""`finops route`: what asking a small model first saves, and where it loses money."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
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
    open_ledger,
    resolve_period,
)
from finops.errors import InputError, UsageError
from finops.report.formats import ReportFormat

if TYPE_CHECKING:
    import typer

    from finops.analysis.route.answer import Money, Plan, Routing
    from finops.analysis.route.fleet_file import MeasuredDemand
    from finops.analysis.route.scores import ScoreColumns, Scores
    from finops.report.model import Report

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


class Found(NamedTuple):
    """Scored requests, what is known of their cost, and what the reader must know about both."""

    scores: Scores
    money: Money | None = None
    notes: tuple[str, ...] = ()
    demand: MeasuredDemand | None = None


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
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Show what asking a small model first saves, and where it loses money.

    A row per threshold: requests at or above it stay small, the others go to the large model. Give a
    file of scores and a cost ratio, or name two models of the ledger. Where answers are judged a
    threshold is chosen on one part of them and tested on the other.
    """
    prices = its.Prices(
        cost_ratio, verifier_cost_ratio, context_growth, router_cost_ratio,
        small_cost_per_hour, tokens_per_second, utilization, large_cost_per_million,
    )  # fmt: skip
    classes = its.named_classes(never_small, risk)
    columns = (confidence, small_correct, large_correct, risk, small_latency, large_latency)
    asked = Selection(small, large, workflow, month, since, until, last, everything, ledger)
    found = _read(scores, columns, asked, prices)
    choosing = its.Choosing(thresholds, max_quality_loss, min_accuracy, calibration, seed)
    plan = its.make_plan(prices, choosing, design, classes, found.money)
    _emit(found, plan, fleet, explain=explain, format=format, output=output)


def _read(
    scores: str | None,
    columns: tuple[str, str | None, str | None, str | None, str | None, str | None],
    asked: Selection,
    prices: its.Prices,
) -> Found:
    """Scored requests from where the options say; UsageError when they say both or neither."""
    from finops.analysis.route.scores import ScoreColumns

    named = ScoreColumns(*columns)
    if scores is not None:
        if any(option for option in asked):
            raise UsageError(
                "--scores answers from the file alone: leave out models, periods and --ledger"
            )
        return Found(_from_file(Path(scores), named))
    if asked.small is None or asked.large is None:
        raise UsageError(
            "nothing to route",
            hint="--scores FILE.csv --cost-ratio 0.05, or --small MODEL --large MODEL",
        )
    if any(named._replace(confidence="", risk=None)):
        raise UsageError(
            "columns of judgements and latencies are of a file: give --scores FILE.csv"
        )
    return _from_ledger(asked, named.risk, prices)


def _from_file(path: Path, columns: ScoreColumns) -> Scores:
    """Scores of a CSV file, packed with gzip or not; InputError says what is wrong with it."""
    import gzip
    import zlib

    from connectors.formats.contract import Shape
    from connectors.reading import Found as Named
    from connectors.reading import open_source
    from finops.analysis.route.scores import parse_scores

    if not path.exists():
        raise InputError(f"{path}: no such file")
    source = open_source(Named(path, from_folder=False))
    csv_like = source.head.shape in {Shape.CSV, Shape.TEXT}
    if not csv_like or source.compression not in {"none", "gzip"}:
        raise InputError(
            f"{path}: is not a CSV file", hint="export the scores as CSV with a header"
        )
    opened = gzip.open if source.compression == "gzip" else open
    try:
        with opened(path, "rt", encoding="utf-8-sig", newline="") as lines:
            return parse_scores(str(path), lines, columns, delimiter=source.delimiter)
    except (EOFError, OSError, zlib.error) as error:
        raise InputError(f"{path}: cannot be read to its end: {error}") from error


def _from_ledger(asked: Selection, risk: str | None, prices: its.Prices) -> Found:
    from finops.analysis.route.ledger import Pair, read_logged
    from finops.config import load_config

    config = load_config()
    store = open_ledger(asked.ledger, config=config)
    choice = resolve_period(
        store,
        month=asked.month,
        since=asked.since,
        until=asked.until,
        last=asked.last,
        everything=asked.everything,
    )
    pair = Pair(asked.small or "", asked.large or "", choice.period, asked.workflow, risk)
    logged = read_logged(
        store,
        config,
        pair,
        self_hosted=prices.self_hosted(),
        with_costs=prices.cost_ratio is None and prices.large_per_million is None,
    )
    return Found(logged.scores, logged.money, choice.notes, logged.demand)


def _emit(
    found: Found,
    plan: Plan,
    fleet: Path | None,
    *,
    explain: bool,
    format: ReportFormat,  # noqa: A002  (the option is called --format)
    output: str | None,
) -> None:
    from finops.analysis.route.answer import route as answer_of
    from finops.cli.output import emit
    from finops.report.route import route_explained, route_report

    if fleet is not None and explain:
        raise UsageError("--fleet and --explain are two different answers: give one of them")
    answer = answer_of(found.scores, plan)
    if fleet is not None:
        emit(_fleet(answer, fleet, found), format, output)
        return
    report = route_explained if explain else route_report
    emit(report(answer, notes=found.notes), format, output)


def _fleet(answer: Routing, path: Path, found: Found) -> Report:
    """Accelerators, power and sites at the threshold of `answer`."""
    from finops.analysis.route.fleet import fleet_effect
    from finops.analysis.route.fleet_file import load_fleet
    from finops.report.route_fleet import fleet_point, fleet_report

    fleet = load_fleet(path, found.demand)
    point = fleet_point(answer)
    plan = answer.plan
    effect = fleet_effect(fleet, point.split, plan.design, plan.costs.context_growth)
    return fleet_report(answer, point, fleet, effect, notes=found.notes)
