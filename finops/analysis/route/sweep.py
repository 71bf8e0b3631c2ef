"""What each threshold does to a set of scored requests: who stays small, at what quality and delay.

A request stays small when its confidence is at or above the threshold; a request of a class that may
never stay small goes to the large model whatever its confidence.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from finops.analysis.route.costs import Design, RouteCosts, Split, blended_cost_ratio
from finops.model.money import subtract

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from finops.analysis.route.scores import Scores

__all__ = [
    "DEFAULT_THRESHOLDS",
    "Flags",
    "Floats",
    "Point",
    "Quality",
    "Sample",
    "escalates",
    "mean",
    "percentile_99",
    "sample",
    "sweep",
]

Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]

DEFAULT_THRESHOLDS = tuple(Decimal(5 * step) / 100 for step in range(21))
"""0, 0.05 … 1: at 0 everything stays small, at 1 only what is certain."""


class Sample(NamedTuple):
    """Scored requests as columns; NaN is not known."""

    confidence: Floats
    forced: Flags
    small: Floats
    """Quality of the small model's answers."""
    large: Floats
    small_ms: Floats
    large_ms: Floats

    def take(self, rows: Flags | NDArray[np.intp]) -> Sample:
        """Only `rows` of it."""
        return Sample(
            self.confidence[rows],
            self.forced[rows],
            self.small[rows],
            self.large[rows],
            self.small_ms[rows],
            self.large_ms[rows],
        )


class Quality(NamedTuple):
    """What means of quality are made of; a sum of nothing is 0."""

    right: float
    """Sum over requests with both models' answers judged, of what the mix answers."""
    large_right: float
    """The same of the large model alone."""
    large_accuracy: float | None
    kept_right: float
    """Sum over the small model's answers that are kept and judged."""
    kept_judged: int


class Point(NamedTuple):
    """One threshold, and everything it leads to. Rates are shares of all requests."""

    threshold: Decimal
    split: Split
    blended_cost_ratio: Decimal
    saving: Decimal
    """Share of all-large's cost: below 0 it loses money."""
    accuracy: float | None
    """Mean quality of what is answered, over requests where both models' answers are judged."""
    kept_accuracy: float | None
    """Mean quality of the small model's answers that are kept."""
    quality_delta: float | None
    """Accuracy less that of all-large, on the same requests."""
    escalated_p99_ms: float | None
    """Nearest-rank p99 of requests sent on: in a cascade the small model's time and the large one's."""
    p99_ms: float | None
    """Nearest-rank p99 of all requests."""
    quality: Quality


def sample(scores: Scores, never_small: Iterable[str] = ()) -> Sample:
    """`scores` as columns. With classes that may never stay small, one without a class may not either."""
    size = len(scores.confidence)
    floors = frozenset(never_small)
    forced = [False] * size
    if scores.risk is not None and floors:
        forced = [risk is None or risk in floors for risk in scores.risk]
    return Sample(
        np.array(scores.confidence, dtype=np.float64),
        np.array(forced, dtype=np.bool_),
        _column(scores.small_correct, size),
        _column(scores.large_correct, size),
        _column(scores.small_ms, size),
        _column(scores.large_ms, size),
    )


def _column(values: Sequence[float | None] | None, size: int) -> Floats:
    return np.array([None] * size if values is None else values, dtype=np.float64)


def sweep(
    found: Sample, costs: RouteCosts, design: Design, thresholds: Iterable[Decimal]
) -> tuple[Point, ...]:
    """A point for each threshold, in their order."""
    return tuple(_point(found, costs, design, threshold) for threshold in thresholds)


def escalates(found: Sample, threshold: Decimal) -> Flags:
    """Requests the threshold sends on; those their risk class sends are not among them."""
    return ~found.forced & (found.confidence < float(threshold))


def _point(found: Sample, costs: RouteCosts, design: Design, threshold: Decimal) -> Point:
    sent_on = escalates(found, threshold)
    at_large = sent_on | found.forced
    size, large = len(at_large), int(at_large.sum())
    split = Split(size - large, int(sent_on.sum()), int(found.forced.sum()))
    ratio = blended_cost_ratio(split, costs, design)
    judged = ~np.isnan(found.small) & ~np.isnan(found.large)
    answered = np.where(at_large, found.large, found.small)
    accuracy = mean(answered[judged])
    of_large = mean(found.large[judged])
    kept = found.small[~at_large & ~np.isnan(found.small)]
    right, large_right = float(answered[judged].sum()), float(found.large[judged].sum())
    quality = Quality(right, large_right, of_large, float(kept.sum()), len(kept))
    tried = found.small_ms if design is Design.CASCADE else np.zeros(size)
    large_ms = np.where(sent_on, tried + found.large_ms, found.large_ms)
    return Point(
        threshold,
        split,
        ratio,
        subtract(Decimal(1), ratio),
        accuracy,
        mean(kept),
        None if accuracy is None or of_large is None else accuracy - of_large,
        percentile_99(large_ms[sent_on]),
        percentile_99(np.where(at_large, large_ms, found.small_ms)),
        quality,
    )


def mean(values: Floats) -> float | None:
    """The mean, None of nothing."""
    return float(values.mean()) if len(values) else None


def percentile_99(values: Floats) -> float | None:
    """The nearest-rank 99th percentile; None of nothing, or where one value is not known."""
    if not len(values) or bool(np.isnan(values).any()):
        return None
    rank = -(-99 * len(values) // 100)
    return float(np.partition(values, rank - 1)[rank - 1])
