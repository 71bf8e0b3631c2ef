"""Money over months: present value, rate of return, payback, annual cost. Pure arithmetic.

Flows are one amount for each month, the first paid at once (month 0). A projection is an estimate, so
amounts here are floats; the ledger's own amounts stay decimal. Rates are shares (0.10 is 10 %), by
year where the name ends in `_per_year`, else by the step between two flows.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "annual_rate",
    "annuity_factor",
    "discount_factors",
    "discounted_payback_months",
    "implied_decline_per_year",
    "irr",
    "monthly_rate",
    "npv",
    "payback_months",
    "root",
]

_MONTHS = 12

_STEPS = 200
"""Halvings of an interval: far more than a float has digits."""

_LARGEST_FACTOR = 100.0
"""Up to where a discount factor is looked for: a rate of return down to -99 % by step."""


def monthly_rate(rate_per_year: float) -> float:
    """The rate by month that compounds to `rate_per_year` in twelve."""
    return float((1 + rate_per_year) ** (1 / _MONTHS) - 1)


def annual_rate(rate_per_month: float) -> float:
    """What `rate_per_month` compounds to in twelve months."""
    return float((1 + rate_per_month) ** _MONTHS - 1)


def discount_factors(rate_per_year: float, months: int) -> tuple[float, ...]:
    """What one unit of money at the end of month 0, 1, … `months` is worth at once."""
    return tuple(float((1 + rate_per_year) ** (-month / _MONTHS)) for month in range(months + 1))


def annuity_factor(rate_per_year: float, months: int) -> float:
    """Present value of one unit of money a year, paid in twelfths at each month's end."""
    return sum(discount_factors(rate_per_year, months)[1:]) / _MONTHS


def npv(rate: float, flows: Sequence[float]) -> float:
    """Present value of `flows`, `rate` for each step, the first not discounted."""
    return sum(flow / (1 + rate) ** step for step, flow in enumerate(flows))


def irr(flows: Sequence[float]) -> float | None:
    """The rate by step at which `flows` are worth nothing; None where there is none, or more than one.

    Flows that change sign once have one rate at most; with more changes several may fit and none is
    the answer.
    """
    signs = [flow > 0 for flow in flows if flow]
    if sum(one != other for one, other in pairwise(signs)) != 1:
        return None
    factor = root(lambda factor: _polynomial(factor, flows), 0.0, _LARGEST_FACTOR)
    return 1 / factor - 1 if factor else None


def _polynomial(factor: float, flows: Sequence[float]) -> float:
    """Present value of `flows`, each step worth `factor` of the one before."""
    value = 0.0
    for flow in reversed(flows):
        value = value * factor + flow
    return value


def payback_months(flows: Sequence[float]) -> float | None:
    """Months until what is spent has come back, inside the last month by share; None for never."""
    if flows[0] >= 0 and all(flow >= 0 for flow in flows):
        return 0.0
    balance = flows[0]
    for month, flow in enumerate(flows[1:], start=1):
        if balance < 0 <= balance + flow:
            return month - 1 + -balance / flow
        balance += flow
    return None


def discounted_payback_months(rate_per_year: float, flows: Sequence[float]) -> float | None:
    """`payback_months` of the flows' present values."""
    factors = discount_factors(rate_per_year, len(flows) - 1)
    return payback_months([flow * factor for flow, factor in zip(flows, factors, strict=True)])


def implied_decline_per_year(
    price_one_year: float, price_longer: float, years: int
) -> float | None:
    """The yearly fall of price that a longer commitment's lower price expects; None where it is dearer.

    A commitment of n years at p_n costs what n one-year ones would, if each were cheaper than the one
    before by the factor r: sum of r^k for k < n = n * p_n / p_1. The answer is 1 - r.
    """
    wanted = years * price_longer / price_one_year
    if not 1 <= wanted <= years:
        return None
    kept = root(lambda r: sum(r**k for k in range(years)) - wanted, 0.0, 1.0)
    return None if kept is None else 1 - kept


def root(function: Callable[[float], float], low: float, high: float) -> float | None:
    """Where a monotone `function` is zero between `low` and `high`; None when it does not cross."""
    at_low, at_high = function(low), function(high)
    if at_low == 0:
        return low
    if at_high == 0:
        return high
    if (at_low > 0) == (at_high > 0):
        return None
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if (function(middle) > 0) == (at_low > 0):
            low = middle
        else:
            high = middle
    return (low + high) / 2
