"""Routing small first: scored requests from a file or the ledger, and what asking small first saves."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.route.costs import Design
from finops.api.answer import Answer
from finops.errors import InputError, UsageError

if TYPE_CHECKING:
    from finops.analysis.derived.table import Table
    from finops.analysis.route.answer import Money, Plan, Routing  # noqa: F401  (base of Routed)
    from finops.analysis.route.costs import SelfHosted
    from finops.analysis.route.fleet import FleetEffect
    from finops.analysis.route.fleet_file import MeasuredDemand
    from finops.analysis.route.ledger import Pair
    from finops.analysis.route.scores import ScoreColumns, Scores
    from finops.config import Config
    from finops.ledger.store import Ledger

__all__ = ["Choosing", "How", "Prices", "Routed", "route_ledger", "route_scores"]

ZERO = Decimal(0)


class Prices(NamedTuple):
    """What is known of the two models' cost; ratios are shares of the large model's cost per request."""

    cost_ratio: Decimal | None = None
    """The small model's."""
    verifier: Decimal = ZERO
    context_growth: Decimal = ZERO
    router: Decimal = ZERO
    per_hour: Decimal | None = None
    """Money for an hour of the small model's own capacity."""
    tokens_per_second: Decimal | None = None
    utilization: Decimal | None = None
    large_per_million: Decimal | None = None
    """Money for a million tokens of the large model."""

    def self_hosted(self) -> SelfHosted | None:
        """The small model's own capacity; UsageError when only a part of it is given."""
        from finops.analysis.route.costs import SelfHosted

        given = (self.per_hour, self.tokens_per_second, self.utilization)
        if given == (None, None, None):
            if self.large_per_million is not None:
                raise UsageError("--large-cost-per-million needs --small-cost-per-hour")
            return None
        if self.cost_ratio is not None:
            raise UsageError("--cost-ratio and --small-cost-per-hour exclude each other")
        per_hour, speed, utilization = given
        if per_hour is None or not speed or not utilization or utilization > 1:
            raise UsageError(
                "a self-hosted model needs its cost per hour, its tokens per second (above 0) and its "
                "utilization (above 0, at most 1)",
                hint="--small-cost-per-hour 2.50 --tokens-per-second 1500 --utilization 0.4",
            )
        return SelfHosted(per_hour, speed, utilization)


class Choosing(NamedTuple):
    """How a threshold is chosen."""

    thresholds: tuple[Decimal, ...] | None = None
    """Those to look at; None: 0, 0.05 … 1."""
    max_quality_loss: float = 0.01
    min_accuracy: float | None = None
    calibration: float = 0.5
    """Share of the judged rows it is chosen on."""
    seed: int = 0


class How(NamedTuple):
    """What the models cost, how a threshold is chosen, who decides, and classes that never stay small."""

    prices: Prices = Prices()
    choosing: Choosing = Choosing()
    design: Design = Design.CASCADE
    never_small: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Routed(Answer["Routing"]):
    """A row per threshold; `demand` is what the ledger measured, where it was asked."""

    given_notes: tuple[str, ...] = ()
    demand: MeasuredDemand | None = None

    def table(self) -> Table:
        """How every number at every threshold is derived."""
        from finops.analysis.route.derivation import route_table

        return route_table(self.value)

    def derivation(self) -> Answer[Table]:
        """The arithmetic at the chosen threshold, or the only one; UsageError without either.

        It is `finops explain route` of that threshold.
        """
        from finops.report.explain import explain_rows_report
        from finops.report.route import chosen_point, route_notes

        table, point = self.table(), chosen_point(self.value)
        chosen = table._replace(
            rows=tuple(
                row for row in table.rows if row.names["threshold"] == f"{point.threshold:f}"
            )
        )
        plan = self.value.plan
        title = f"Small-model routing, {plan.design}, at threshold {point.threshold:f}"
        currency = None if plan.money is None else plan.money.currency
        notes = (*self.given_notes, *route_notes(self.value))
        return Answer(chosen, explain_rows_report(chosen, title, currency, notes=notes))

    def fleet_table(self, path: str | Path) -> Table:
        """How every number of the fleet in `path` is derived."""
        from finops.analysis.route.fleet_file import load_fleet
        from finops.analysis.route.fleet_steps import Placed, fleet_table
        from finops.report.route import chosen_point

        fleet, point = load_fleet(Path(path), self.demand), chosen_point(self.value)
        plan = self.value.plan
        effect = self.fleet(path).value
        growth = plan.costs.context_growth
        placed = Placed(str(path), point.split, plan.design, growth, self.demand)
        return fleet_table(fleet, effect, placed)

    def fleet(self, path: str | Path) -> Answer[FleetEffect]:
        """Accelerators, power and sites of the fleet in `path` at that threshold."""
        from finops.analysis.route.fleet import fleet_effect
        from finops.analysis.route.fleet_file import load_fleet
        from finops.report.route import chosen_point
        from finops.report.route_fleet import fleet_report

        fleet, point = load_fleet(Path(path), self.demand), chosen_point(self.value)
        plan = self.value.plan
        effect = fleet_effect(fleet, point.split, plan.design, plan.costs.context_growth)
        notes = self.given_notes
        return Answer(effect, fleet_report(self.value, point, fleet, effect, notes=notes))


def route_scores(
    scores: str | Path | Scores, how: How, *, columns: ScoreColumns | None = None
) -> Routed:
    """Route the scored requests of a CSV file, or those given; InputError for a bad file."""
    from finops.analysis.route.scores import ScoreColumns, Scores

    if not isinstance(scores, Scores):
        scores = _read(Path(scores), columns or ScoreColumns("confidence"))
    return _routed(scores, _plan(how, None))


def route_ledger(
    ledger: Ledger,
    pair: Pair,
    how: How | None = None,
    *,
    config: Config | None = None,
    notes: tuple[str, ...] = (),
) -> Routed:
    """Route the requests of two models of the ledger, at what unit economics says they cost.

    Confidences and judgements are those of the file that `[[route]]` names for the pair, else the log's.
    """
    from finops.analysis.route.ledger import read_logged
    from finops.config import load_config

    how, config = how or How(), config or load_config()
    scores = _named_scores(config, pair)
    if scores is not None:
        notes = (
            *notes,
            "Confidences and judgements are those of the file in [[route]], not the log's.",
        )
    logged = read_logged(
        ledger,
        config,
        pair,
        self_hosted=how.prices.self_hosted(),
        with_costs=how.prices.cost_ratio is None and how.prices.large_per_million is None,
        scores=scores,
    )
    return _routed(logged.scores, _plan(how, logged.money), notes, logged.demand)


def _named_scores(config: Config, pair: Pair) -> Scores | None:
    """The judged answers that the settings name for the pair."""
    from finops.analysis.route.scores import ScoreColumns

    wanted = (pair.small, pair.large, pair.workflow)
    files = [
        each.scores for each in config.route if (each.small, each.large, each.workflow) == wanted
    ]
    if not files or files[0] is None:
        return None
    columns = ScoreColumns("confidence", "small_correct", "large_correct", pair.risk)
    return _read(Path(files[0]), columns)


def _routed(
    scores: Scores,
    plan: Plan,
    notes: tuple[str, ...] = (),
    demand: MeasuredDemand | None = None,
) -> Routed:
    from finops.analysis.route.answer import route
    from finops.report.route import route_report

    found = route(scores, plan)
    return Routed(found, route_report(found, notes=notes), notes, demand)


def _plan(how: How, money: Money | None) -> Plan:
    """What is asked, with the cost ratio worked out; UsageError when nothing says what small costs."""
    from finops.analysis.route.answer import Plan
    from finops.analysis.route.choice import Rule
    from finops.analysis.route.costs import RouteCosts

    prices, choosing = how.prices, how.choosing
    if not 0 < choosing.calibration < 1:
        raise UsageError("--calibration has to leave rows on both sides: above 0 and below 1")
    rho = _cost_ratio(prices, money)
    plan = Plan(
        RouteCosts(rho, prices.verifier, prices.context_growth, prices.router),
        how.design,
        how.never_small,
        rule=Rule(
            choosing.max_quality_loss, choosing.min_accuracy, choosing.calibration, choosing.seed
        ),
        self_hosted=prices.self_hosted(),
        large_cost_per_million_tokens=prices.large_per_million,
        money=money,
    )
    if choosing.thresholds is None:
        return plan
    return plan._replace(thresholds=choosing.thresholds)


def _cost_ratio(prices: Prices, money: Money | None) -> Decimal:
    from finops.model.money import divide

    if prices.cost_ratio is not None:
        return prices.cost_ratio
    if money is not None:
        return divide(money.small, money.large)
    hosted = prices.self_hosted()
    if hosted is not None and prices.large_per_million:
        return divide(hosted.cost_per_million_tokens, prices.large_per_million)
    if hosted is not None:
        raise UsageError("--small-cost-per-hour needs --large-cost-per-million, above 0")
    raise UsageError(
        "nothing says what the small model costs",
        hint="--cost-ratio 0.05, or --small-cost-per-hour … --large-cost-per-million …",
    )


def _read(path: Path, columns: ScoreColumns) -> Scores:
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
