"""The threshold to use: chosen on one half of the judged requests, believed only from the other.

A threshold looks best on the rows it was chosen on. So rows are split by a seed; the cheapest threshold
whose quality holds on the calibration rows is chosen, and its quality and saving are estimated on the
held-out rows, each with a percentile bootstrap interval. The same seed gives the same answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from finops.analysis.route.costs import Design, RouteCosts, Split, parts
from finops.analysis.route.sweep import Sample, escalates, mean, sweep

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from finops.analysis.route.sweep import Floats

__all__ = ["RESAMPLES", "Choice", "Interval", "Rule", "choose"]

RESAMPLES = 2000
"""Bootstrap draws."""

LEVEL = 0.95
"""Share of draws inside an interval."""

_CHUNK = 2_000_000
"""Counts drawn at once, so that memory stays bounded."""


class Rule(NamedTuple):
    """What a threshold must keep, and how the rows are split."""

    max_quality_loss: float = 0.01
    """Accuracy may be this much below all-large's; not used with `min_accuracy`."""
    min_accuracy: float | None = None
    calibration: float = 0.5
    """Share of the judged rows the threshold is chosen on."""
    seed: int = 0


class Interval(NamedTuple):
    """An estimate on held-out rows, and the bounds 95 % of the bootstrap draws lie in."""

    estimate: float
    low: float
    high: float


class Choice(NamedTuple):
    """The chosen threshold, and what held-out rows say of it."""

    threshold: Decimal
    calibration_rows: int
    held_out_rows: int
    target_accuracy: float
    """What accuracy on the calibration rows had to reach."""
    calibration_accuracy: float
    accuracy: Interval
    quality_delta: Interval
    escalation_rate: Interval
    saving: Interval


def choose(
    found: Sample,
    costs: RouteCosts,
    design: Design,
    thresholds: Sequence[Decimal],
    rule: Rule,
) -> Choice | str:
    """The cheapest threshold that keeps what `rule` asks; or the reason why there is none."""
    judged = found.take(~np.isnan(found.small) & ~np.isnan(found.large))
    rows = len(judged.confidence)
    if not rows:
        return "no request has both models' answers judged, so nothing says what a threshold costs in quality"
    size = round(rows * rule.calibration)
    if not 0 < size < rows:
        return f"{rows} judged requests cannot be split into calibration and held-out rows"
    rng = np.random.default_rng(rule.seed)
    order = rng.permutation(rows)
    calibration, held_out = judged.take(order[:size]), judged.take(order[size:])
    target = rule.min_accuracy
    if target is None:
        target = (mean(calibration.large) or 0.0) - rule.max_quality_loss
    points = [
        point
        for point in sweep(calibration, costs, design, thresholds)
        if point.accuracy is not None and point.accuracy >= target
    ]
    if not points:
        return f"no threshold reaches an accuracy of {target:.4f} on the calibration rows"
    best = min(points, key=lambda point: (point.blended_cost_ratio, point.threshold))
    estimates = _bootstrap(_outcomes(held_out, costs, design, best.threshold), rng)
    return Choice(best.threshold, size, rows - size, target, best.accuracy or 0.0, *estimates)


def _outcomes(found: Sample, costs: RouteCosts, design: Design, threshold: Decimal) -> Floats:
    """A row per request: quality, quality less the large model's, whether it is at the large one, saving."""
    sent_on = escalates(found, threshold)
    at_large = sent_on | found.forced
    answered = np.where(at_large, found.large, found.small)
    kept, escalated, forced = (
        float(sum(part.amount for part in parts(split, costs, design)))
        for split in (Split(1, 0, 0), Split(0, 1, 0), Split(0, 0, 1))
    )
    cost = np.where(found.forced, forced, np.where(sent_on, escalated, kept))
    return np.column_stack(
        [answered, answered - found.large, at_large.astype(np.float64), 1 - cost]
    )


def _bootstrap(outcomes: Floats, rng: np.random.Generator) -> list[Interval]:
    """An interval for the mean of each column: rows drawn again, with replacement, all columns together.

    Rows that are alike are drawn by their count, which is the same draw and far fewer numbers.
    """
    kinds, counts = np.unique(outcomes, axis=0, return_counts=True)
    rows = len(outcomes)
    at_once = max(1, _CHUNK // len(kinds))
    means = []
    for start in range(0, RESAMPLES, at_once):
        draws = min(at_once, RESAMPLES - start)
        drawn = rng.multinomial(rows, counts / rows, size=draws)
        means.append(drawn @ kinds / rows)
    tails = np.quantile(np.concatenate(means), [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    whole = outcomes.mean(axis=0)
    return [Interval(float(m), float(a), float(b)) for m, a, b in zip(whole, *tails, strict=True)]
