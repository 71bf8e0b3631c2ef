"""How sure a comparison is: many draws of the inputs that have a range, all computed at once.

An input with low and high is triangular around its value. Draws are a Latin hypercube: each input's
range is cut into as many equal parts as there are draws, and each part is drawn from once. Demand that was
measured varies by its days, drawn again with replacement. The same seed gives the same answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from finops.analysis.breakeven import flows
from finops.analysis.breakeven.inputs import values
from finops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from finops.analysis.breakeven.flows import Array, Costs, Number
    from finops.analysis.breakeven.inputs import Input

__all__ = ["DRAWS", "Bar", "Quantiles", "Uncertainty", "drawn_days", "triangular", "uncertainty"]

DRAWS = 10_000

_FIXED = ("time.horizon",)
"""Inputs that cannot range: they are the shape of the answer."""


class Quantiles(NamedTuple):
    """P10, P50 and P90; None where that share of draws never pays back."""

    p10: float | None
    p50: float | None
    p90: float | None


class Bar(NamedTuple):
    """One input at its own P10 and P90, the others at their values: what NPV becomes."""

    name: str
    low: float
    high: float
    npv_low: float
    npv_high: float


class Uncertainty(NamedTuple):
    """The answer over all draws."""

    draws: int
    seed: int
    probability_npv_positive: float
    npv: Quantiles
    payback_months: Quantiles
    paid_back_by_month: tuple[float, ...]
    """Share of draws that have paid back by month 0, 1, …."""
    tornado: tuple[Bar, ...]
    """Widest first."""
    spent: Mapping[str, tuple[Quantiles, ...]]
    """By option: P10, P50 and P90 of what it has cost up to month 0, 1, …."""
    measured: tuple[str, ...] = ()
    """Inputs whose draws are those of measured days."""


def uncertainty(
    inputs: Mapping[str, Input],
    *,
    against: str = "cloud",
    draws: int = DRAWS,
    seed: int = 0,
    given: Mapping[str, Number] | None = None,
) -> Uncertainty | None:
    """Draw the inputs that have a range; None when nothing varies.

    `given` values win over the inputs'; an array among them is one value for each draw (`drawn_days`).
    """
    all_given = given or {}
    varying = {
        name: value
        for name, value in all_given.items()
        if isinstance(value, np.ndarray) and np.ptp(value) > 0
    }
    base = {**values(inputs), **{name: float(np.mean(one)) for name, one in all_given.items()}}
    ranged = {name: _ends(one) for name, one in inputs.items() if _has_range(one, all_given)}
    if not ranged and not varying:
        return None
    parts = _hypercube(draws, len(ranged), np.random.default_rng(seed))
    drawn: dict[str, Number] = {**base, **varying}
    for column, (name, ends) in enumerate(ranged.items()):
        drawn[name] = triangular(parts[:, column], *ends)
    months = round(base["time.horizon"])
    paid_out = flows.costs(drawn, months)
    saved = _savings(drawn, paid_out, against, draws)
    worth = _npv(drawn, saved)
    paid = _payback(saved)
    by_month = tuple(float(np.mean(paid <= month)) for month in range(months + 1))
    return Uncertainty(
        draws,
        seed,
        float(np.mean(worth > 0)),
        _quantiles(worth),
        _quantiles(paid),
        by_month,
        _tornado(base, _pairs(ranged, varying), against, months),
        {name: _spent(cost, draws) for name, cost in paid_out._asdict().items() if cost.any()},
        tuple(varying),
    )


def drawn_days(
    days: Sequence[Sequence[float]], units: float, *, draws: int = DRAWS, seed: int = 0
) -> dict[str, Array]:
    """Demand of each draw: as many days as were measured, drawn from them with replacement.

    `days` has the units needed in each hour of each day. What comes out is utilization of `units` owned and
    the share of the hours needed that they serve, under the names of the inputs.
    """
    hours = [np.asarray(day, dtype=np.float64) for day in days]
    sums = np.array([(day.sum(), np.minimum(day, units).sum(), len(day)) for day in hours])
    random = np.random.default_rng(seed)
    counts = random.multinomial(len(days), np.full(len(days), 1 / len(days)), size=draws)
    needed, served, length = (counts @ sums).T
    share = np.divide(served, needed, out=np.ones_like(needed), where=needed > 0)
    return {"demand.utilization": needed / length / units, "demand.base_share": share}


def triangular(parts: Array, low: float, mode: float, high: float) -> Array:
    """The value of a triangular distribution below which the share `parts` (0 to 1) lies."""
    width = high - low
    if width == 0:
        return np.full_like(parts, low)
    turn = (mode - low) / width
    rising = low + np.sqrt(parts * width * (mode - low))
    falling = high - np.sqrt((1 - parts) * width * (high - mode))
    return np.where(parts < turn, rising, falling)


def _has_range(one: Input, given: Mapping[str, Number]) -> bool:
    if one.low is None and one.high is None:
        return False
    if one.name in _FIXED:
        raise UsageError(f"{one.name} cannot have a range")
    return one.name not in given


def _ends(one: Input) -> tuple[float, float, float]:
    low, high = one.low, one.high
    return (one.value if low is None else low, one.value, one.value if high is None else high)


def _hypercube(draws: int, columns: int, random: np.random.Generator) -> Array:
    """Numbers in 0 to 1, one in each of `draws` equal parts of every column."""
    if not columns:
        return np.empty((draws, 0))
    order = np.column_stack([random.permutation(draws) for _ in range(columns)])
    return (order + random.random((draws, columns))) / draws


def _savings(v: Mapping[str, Number], paid: Costs, against: str, draws: int) -> Array:
    other = paid.cloud if against == "cloud" else paid.api
    return np.broadcast_to(flows.savings(v, other, paid.own), (draws, paid.own.shape[-1]))


def _spent(cost: Array, draws: int) -> tuple[Quantiles, ...]:
    """Quantiles over the draws of the money spent up to each month."""
    summed = np.broadcast_to(np.cumsum(cost, axis=-1), (draws, cost.shape[-1]))
    return tuple(_quantiles(summed[:, month]) for month in range(summed.shape[-1]))


def _npv(v: Mapping[str, Number], saved: Array) -> Array:
    rate = np.asarray(v["money.discount_rate"], dtype=np.float64)[..., np.newaxis]
    worth: Array = (saved * (1 + rate) ** (-np.arange(saved.shape[-1]) / 12)).sum(axis=-1)
    return worth


def _payback(saved: Array) -> Array:
    """Months until each draw's flows add up to nothing, infinite for never."""
    balance = np.cumsum(saved, axis=-1)
    crossed = (balance[:, :-1] < 0) & (balance[:, 1:] >= 0)
    month = np.argmax(crossed, axis=-1)
    rows = np.arange(len(saved))
    step = saved[rows, month + 1]
    inside = np.divide(-balance[rows, month], step, out=np.zeros_like(step), where=step != 0)
    at_once = (saved >= 0).all(axis=-1)
    never = np.where(at_once, 0.0, np.inf)
    paid: Array = np.where(crossed.any(axis=-1), month + inside, never)
    return paid


def _quantiles(drawn: Array) -> Quantiles:
    """Quantiles by rank, so that draws that never pay back are counted without being averaged."""
    ordered = np.sort(drawn)
    ranks = (int(share * (len(ordered) - 1)) for share in (0.1, 0.5, 0.9))
    return Quantiles(*(float(ordered[r]) if np.isfinite(ordered[r]) else None for r in ranks))


def _pairs(
    ranged: Mapping[str, tuple[float, float, float]], varying: Mapping[str, Array]
) -> dict[str, Array]:
    """P10 and P90 of every input that varies."""
    tails = np.array([0.1, 0.9])
    return {
        **{name: triangular(tails, *ends) for name, ends in ranged.items()},
        **{name: np.quantile(drawn, tails) for name, drawn in varying.items()},
    }


def _tornado(
    base: Mapping[str, float], pairs: Mapping[str, Array], against: str, months: int
) -> tuple[Bar, ...]:
    bars = []
    for name, pair in pairs.items():
        v: dict[str, Number] = {**base, name: pair}
        low, high = _npv(v, _savings(v, flows.costs(v, months), against, 2))
        bars.append(Bar(name, float(pair[0]), float(pair[1]), float(low), float(high)))
    return tuple(sorted(bars, key=lambda bar: -abs(bar.npv_high - bar.npv_low)))
