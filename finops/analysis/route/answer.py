"""The whole answer about routing: the sweep, the break-even and the threshold to use, from scored requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from finops.analysis.route.choice import Choice, Rule, choose
from finops.analysis.route.costs import Design, break_even_escalation
from finops.analysis.route.sweep import (
    DEFAULT_THRESHOLDS,
    Point,
    mean,
    percentile_99,
    sample,
    sweep,
)
from finops.errors import InputError
from finops.model.money import multiply

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from finops.analysis.explanation import Line
    from finops.analysis.route.costs import RouteCosts, SelfHosted
    from finops.analysis.route.scores import Scores
    from finops.model.period import Period

__all__ = ["Money", "Plan", "Routing", "route"]


class Money(NamedTuple):
    """Costs per request in a currency, where they are known, and where they are from."""

    currency: str
    small: Decimal
    large: Decimal
    period: Period | None = None
    source: str = ""
    small_utilization: Decimal | None = None
    """Of a small model on capacity of one's own: the busy share of what its pool held for it."""
    large_requests: int = 0
    """Attempts the large model answered in the period: what could be asked of the small one first."""
    how: tuple[Line, ...] = ()
    """How both costs come about, the last two lines `small` and `large`."""


class Plan(NamedTuple):
    """How requests would be routed, and what is asked about it."""

    costs: RouteCosts
    design: Design = Design.CASCADE
    never_small: tuple[str, ...] = ()
    thresholds: tuple[Decimal, ...] = DEFAULT_THRESHOLDS
    rule: Rule = Rule()
    self_hosted: SelfHosted | None = None
    large_cost_per_million_tokens: Decimal | None = None
    money: Money | None = None


class Routing(NamedTuple):
    """What routing leads to at every threshold, and which of them to use."""

    plan: Plan
    requests: int
    judged: int
    """Requests with both models' answers judged; accuracy is theirs."""
    points: tuple[Point, ...]
    break_even: Decimal | None
    """Escalation rate above which it costs more than all-large; None: at any rate."""
    all_small_accuracy: float | None
    all_large_accuracy: float | None
    all_large_p99_ms: float | None
    choice: Choice | None
    no_choice: str | None
    """Why no threshold was chosen."""
    by_class: Mapping[str, int]
    """Requests by risk class; the empty name are those without one."""

    @property
    def chosen(self) -> Point | None:
        """The chosen threshold's point, over all requests."""
        if self.choice is None:
            return None
        return next(p for p in self.points if p.threshold == self.choice.threshold)

    def numbers_at(self, point: Point) -> dict[str, Decimal | float | None]:
        """Every number of a threshold by its name in JSON; cost per request is None where no cost is known."""
        split, money = point.split, self.plan.money
        return {
            "threshold": point.threshold,
            "kept_share": split.kept / split.requests,
            "escalation_rate": (split.escalated + split.forced) / split.requests,
            "forced_share": split.forced / split.requests,
            "accuracy": point.accuracy,
            "quality_delta": point.quality_delta,
            "kept_accuracy": point.kept_accuracy,
            "blended_cost_ratio": point.blended_cost_ratio,
            "saving": point.saving,
            "cost_per_request": None
            if money is None
            else multiply(point.blended_cost_ratio, money.large),
            "escalated_p99_ms": point.escalated_p99_ms,
            "p99_ms": point.p99_ms,
        }


def route(scores: Scores, plan: Plan) -> Routing:
    """Answer `plan` for `scores`; InputError when there is nothing to route."""
    if not scores.confidence:
        raise InputError("there are no scored requests")
    found = sample(scores, plan.never_small)
    thresholds = tuple(sorted(set(plan.thresholds)))
    points = sweep(found, plan.costs, plan.design, thresholds)
    judged = ~np.isnan(found.small) & ~np.isnan(found.large)
    chosen = choose(found, plan.costs, plan.design, thresholds, plan.rule)
    classes: dict[str, int] = {}
    for risk in scores.risk or ():
        classes[risk or ""] = classes.get(risk or "", 0) + 1
    return Routing(
        plan,
        len(scores.confidence),
        int(judged.sum()),
        points,
        break_even_escalation(points[0].split, plan.costs, plan.design),
        mean(found.small[~np.isnan(found.small)]),
        mean(found.large[~np.isnan(found.large)]),
        percentile_99(found.large_ms),
        None if isinstance(chosen, str) else chosen,
        chosen if isinstance(chosen, str) else None,
        dict(sorted(classes.items())),
    )
