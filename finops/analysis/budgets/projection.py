"""What daily amounts come to over the next days, and a range: a pure function of the days there are.

    y(t) = level + trend x t + effect of the weekday                least squares over the last 8 weeks
    forecast = sum over the days ahead, at least zero, the trend of each day 0.95 of that of the day before

A damped trend goes on for a while and levels out: a step that the eight weeks have seen is not climbed for ever.

The range is meant to hold four times in five. It is the wider of two: that of the regression, with Student's t
and with its residuals taken to follow each other by their autocorrelation (variance x (1 + r) / (1 - r)); and that
of the method's own record, in which the same forecast is made from every earlier day there was and held
against what came: four in five of those errors, each relative to its forecast and scaled by the root of the days
ahead where it saw fewer. No number is random, and the same days give the same forecast.

Sources: R. J. Hyndman and G. Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., 7.4 (trend and
weekday regression), 7.6 (intervals), 5.10 (errors by rolling origin), 8.2 (damped trends); G. Bayley and J. Hammersley, "The effective
number of independent observations in an autocorrelated time series", 1946.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import stdtrit

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CONFIDENCE", "MINIMUM_DAYS", "Projection", "Regression", "Unforeseen", "project"]

CONFIDENCE = 0.8
"""Share of forecasts whose range is meant to hold what comes."""

WINDOW_DAYS = 56

DAMPING = 0.95
"""What a day keeps of the trend of the day before, of the days to come."""

FIRST_ORIGIN = 21
"""Days the first forecast of the record is made from."""

SHORTEST = 7
"""Days a forecast of the record must see of what came."""

MINIMUM_DAYS = 35
"""Days without which there is no forecast: three weeks to begin with and two to hold it against."""

_MOST_CORRELATED = 0.9


class Regression(NamedTuple):
    """The fit over the days that were seen, summed over the days ahead.

    `terms` are its coefficients with what the days ahead have of each: the level, the trend, and how much the
    second to the seventh day of a week, as counted from the first day there is, differ from the mean day.
    """

    terms: tuple[tuple[float, float], ...]
    spread: float
    correlation: float
    days: int
    leverage: float
    quantile: float

    @property
    def point(self) -> float:
        """The sum of the days ahead."""
        return sum(coefficient * weight for coefficient, weight in self.terms)

    @property
    def half(self) -> float:
        """Half the range: Student's t times the root of the variance of the sum."""
        r = self.correlation
        variance = self.spread * (1 + r) / (1 - r) * (self.days + self.leverage)
        return self.quantile * math.sqrt(variance)


class Projection(NamedTuple):
    """The sum of the days ahead with its range, and how many forecasts of the record it rests on.

    `error` is the relative one that four in five forecasts of the record stayed below.
    """

    point: float
    low: float
    high: float
    days: int
    record: int
    regression: Regression | None = None
    error: float = 0.0


class Unforeseen(NamedTuple):
    """Why there is no forecast."""

    why: str


def project(history: Sequence[float], ahead: int) -> Projection | Unforeseen:
    """The sum of the `ahead` days after `history`, a number for each day without a gap, oldest first.

    Unforeseen with fewer than `MINIMUM_DAYS` days, or fewer than are to be foreseen.
    """
    if ahead == 0:
        return Projection(0.0, 0.0, 0.0, 0, 0)
    days = len(history)
    if days < MINIMUM_DAYS:
        return Unforeseen(f"a forecast needs {MINIMUM_DAYS} days of costs, and there are {days}")
    if ahead > days:
        return Unforeseen(f"{days} days of costs do not tell {ahead} days ahead")
    amounts = np.asarray(history, dtype=float)
    fit = _regress(amounts, ahead)
    point = fit.point
    errors = _record(amounts, ahead)
    place = min(len(errors) - 1, math.ceil(CONFIDENCE * (len(errors) + 1)) - 1)
    half = max(fit.half, errors[place] * abs(point))
    low, high = max(0.0, point - half), max(0.0, point + half)
    return Projection(max(0.0, point), low, high, ahead, len(errors), fit, errors[place])


def _design(first: int, days: int, middle: float) -> np.ndarray:
    """A row for each day from number `first`: one, the days since `middle`, and six effects that sum to zero."""
    numbers = np.arange(first, first + days)
    weekday = numbers % 7
    effects = [(weekday == k) * 1.0 - (weekday == 0) * 1.0 for k in range(1, 7)]
    return np.column_stack([np.ones(days), numbers - middle, *effects])


def _regress(amounts: np.ndarray, ahead: int) -> Regression:
    """The fit to the newest days, and what the days ahead have of each of its terms."""
    window = min(WINDOW_DAYS, len(amounts))
    first = len(amounts) - window
    middle = first + (window - 1) / 2
    seen, ours = _design(first, window, middle), amounts[first:]
    inverse = np.linalg.inv(seen.T @ seen)
    fit = inverse @ seen.T @ ours
    rest = ours - seen @ fit
    to_come = _design(len(amounts), ahead, middle)
    to_come[:, 1] = len(amounts) - 1 - middle + np.cumsum(DAMPING ** np.arange(1, ahead + 1))
    weight = to_come.sum(axis=0)
    free = window - seen.shape[1]
    spread = float(rest @ rest) / free
    after = float(rest[1:] @ rest[:-1]) / float(rest @ rest) if spread > 0 else 0.0
    r = min(max(after, 0.0), _MOST_CORRELATED)
    return Regression(
        tuple(zip(fit.tolist(), weight.tolist(), strict=True)),
        spread,
        r,
        ahead,
        float(weight @ inverse @ weight),
        float(stdtrit(free, 0.5 + CONFIDENCE / 2)),
    )


def _record(amounts: np.ndarray, ahead: int) -> list[float]:
    """Relative errors of the forecasts that earlier days would have made, smallest first."""
    errors = []
    for origin in range(FIRST_ORIGIN, len(amounts) - SHORTEST + 1):
        days = min(ahead, len(amounts) - origin)
        point = _regress(amounts[:origin], days).point
        came = float(amounts[origin : origin + days].sum())
        if point > 0:
            errors.append(abs(came - point) / point * math.sqrt(ahead / days))
        elif came > 0:
            errors.append(1.0)
    return sorted(errors) or [1.0]
