"""Cash flows of owning, renting and calling an API, month by month, from the values of the inputs.

A value may be one number or an array of draws: everything here broadcasts, so that one model answers
both the question and its uncertainty. Money is in the scenario's currency, time in months, month 0
being the order. Money spent before today is not in any of it: it is gone either way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Array",
    "Costs",
    "Number",
    "Values",
    "api_costs",
    "capex",
    "cloud_costs",
    "cloud_price",
    "costs",
    "fixed_per_month",
    "lead_months",
    "own_costs",
    "residual",
    "savings",
    "used_cost_per_hour",
]

Array: TypeAlias = NDArray[np.float64]
Number: TypeAlias = float | Array

_YEAR = 12
_COMMITMENTS = ("one_year", "three_years", "five_years")

Values: TypeAlias = "Mapping[str, float] | Mapping[str, Number]"
"""The value of every input of `finops.analysis.breakeven.inputs`, by its name."""


class Costs(NamedTuple):
    """What each option costs in month 0, 1, … of the horizon (last axis), residual value left out."""

    own: Array
    cloud: Array
    api: Array


def capex(v: Values) -> Number:
    """What owning costs before the first hour: hardware with spares, network, storage, site, moving."""
    return (
        _hardware(v) + v["own.network"] + v["own.storage"] + v["own.facility"] + v["own.migration"]
    )


def fixed_per_month(v: Values) -> Number:
    """What owning costs a month before anything runs on it, before inflation."""
    return _running_per_month(v) + v["own.staff"] * v["own.salary"] / _YEAR


def used_cost_per_hour(v: Values) -> Number:
    """What an hour of use adds to the cost of a unit owned: power above idle and what varies."""
    swing = np.maximum(np.asarray(v["own.max_power"]) - v["own.idle_power"], 0.0)
    return v["own.variable"] + swing * v["own.pue"] * v["own.tariff"]


def cloud_price(v: Values) -> Number:
    """Price of an hour needed, over the mix of on-demand, commitments and spot with its rework."""
    committed = sum((v[f"cloud.{name}_share"] for name in _COMMITMENTS), start=0.0)
    on_demand = np.maximum(1 - committed - v["cloud.spot_share"], 0.0)
    price = on_demand * v["cloud.on_demand"]
    for name in _COMMITMENTS:
        price = price + v[f"cloud.{name}_share"] * v[f"cloud.{name}"]
    return price + v["cloud.spot_share"] * v["cloud.spot"] * (1 + v["cloud.rework"])


def lead_months(v: Values) -> Number:
    """Months from the order until owned hardware runs: hardware and power, whichever is later."""
    months: Array = np.maximum(np.asarray(v["own.hardware_lead_time"]), v["own.power_lead_time"])
    return months


def own_costs(v: Values, months: int) -> Array:
    """Owning: capex in month 0, renting until it runs, then running it and renting what exceeds it."""
    live = np.clip(np.arange(1, months + 1) - _column(lead_months(v)), 0.0, 1.0)
    needed = _column(_needed(v)) * _growth(v, months)
    capacity = v["demand.units"] * v["time.hours_per_month"]
    capacity = _column(capacity * (1 - v["own.downtime"]) * (1 - v["own.headroom"]))
    served = np.minimum(needed * _column(v["demand.base_share"]), capacity)
    price = _column(cloud_price(v)) * _decline(v, months)
    interim = np.where(_column(v["cloud.interim"]) > 0, _column(v["cloud.interim"]), price)
    staff = _column(v["own.staff"] * v["own.salary"] / _YEAR)
    running = _column(_running_per_month(v)) + staff * _compound(v["money.inflation"], months)
    paid = live * (running + served * _column(used_cost_per_hour(v)) + (needed - served) * price)
    paid = paid + (1 - live) * (needed * interim + _column(_beside(v)))
    run_off = np.clip(_column(v["cloud.run_off_months"]) - np.arange(months), 0.0, 1.0)
    return _with_start(capex(v), paid + run_off * _column(v["cloud.run_off"]))


def cloud_costs(v: Values, months: int) -> Array:
    """Renting every hour needed, the price falling as it is said to."""
    needed = _column(_needed(v)) * _growth(v, months)
    price = _column(cloud_price(v)) * _decline(v, months)
    return _start(needed * price + _column(_beside(v)))


def api_costs(v: Values, months: int) -> Array:
    """Calling an API for every token; zero where no price of one is given."""
    paid = sum(
        (v[f"demand.{kind}_tokens"] * v[f"api.{kind}"] for kind in ("input", "cached", "output")),
        start=0.0,
    )
    return _start(_column(paid) * _growth(v, months))


def costs(v: Values, months: int) -> Costs:
    """All three options over `months`."""
    return Costs(own_costs(v, months), cloud_costs(v, months), api_costs(v, months))


def residual(v: Values) -> Number:
    """What the hardware fetches at the end of the horizon."""
    return _hardware(v) * v["own.residual"]


def savings(v: Values, alternative: Array, own: Array) -> Array:
    """Flows of owning instead of `alternative`, after tax, depreciation and residual value.

    Depreciation is straight-line over the hardware's lifetime; what is not written off by the end of
    the horizon is then.
    """
    months = own.shape[-1] - 1
    rate = _column(v["money.tax_rate"])
    spent, life = _column(capex(v)), _column(v["own.lifetime"])
    written = np.clip(life - np.arange(months), 0.0, 1.0) * spent / life
    left = spent - written.sum(axis=-1, keepdims=True)
    end = np.zeros(months + 1)
    end[-1] = 1.0
    saved = alternative - own
    later = saved * (1 - rate) + _with_start(0.0, rate * written)
    later = later + end * (_column(residual(v)) * (1 - rate) + left * rate)
    return np.where(np.arange(months + 1) == 0, saved, later)


def _hardware(v: Values) -> Number:
    return v["demand.units"] * v["own.price"] * (1 + v["own.spares"])


def _running_per_month(v: Values) -> Number:
    """Hourly cost, idle power, colocation, licences, support and replacements: all but staff."""
    units, hours = v["demand.units"], v["time.hours_per_month"]
    power = v["own.idle_power"] * v["own.pue"] * v["own.tariff"] * hours
    peak = v["own.max_power"] * v["own.colocation"]
    kept = _hardware(v) * (v["own.support"] + v["own.failure_rate"]) / _YEAR
    return units * (v["own.running"] * hours + power + peak + v["own.licences"]) + kept


def _needed(v: Values) -> Number:
    return v["demand.units"] * v["demand.utilization"] * v["time.hours_per_month"]


def _beside(v: Values) -> Number:
    return v["cloud.egress"] + v["cloud.storage"]


def _column(value: Number) -> Array:
    """`value` with an axis for the months."""
    return np.asarray(value, dtype=np.float64)[..., np.newaxis]


def _compound(rate_per_year: Number, months: int) -> Array:
    return (1 + _column(rate_per_year)) ** (np.arange(months) / _YEAR)


def _growth(v: Values, months: int) -> Array:
    return _compound(v["demand.growth"], months)


def _decline(v: Values, months: int) -> Array:
    return (1 - _column(v["cloud.decline"])) ** (np.arange(months) / _YEAR)


def _start(paid: Array) -> Array:
    return _with_start(0.0, paid)


def _with_start(first: Number, paid: Array) -> Array:
    at_once = np.broadcast_to(_column(first), (*paid.shape[:-1], 1))
    shape = np.broadcast_shapes(at_once.shape[:-1], paid.shape[:-1])
    paid = np.broadcast_to(paid, (*shape, paid.shape[-1]))
    return np.concatenate([np.broadcast_to(at_once, (*shape, 1)), paid], axis=-1)
