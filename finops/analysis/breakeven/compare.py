"""Own, rent or call: where owning breaks even, on which axis, and what each option costs.

Break-evens on the axes hours, utilization, price, units and tokens hold today's prices still and leave
interest out, as published comparisons do; payback, NPV and IRR follow the cash flows with everything
that is known. What has no value carries the reason.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from finops.analysis.breakeven import finance, flows
from finops.analysis.breakeven.ownership import own_base, unit_costs, with_load
from finops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from finops.analysis.breakeven.flows import Array
    from finops.analysis.breakeven.ownership import Ownership

__all__ = [
    "RULE_MONTHS",
    "Comparison",
    "OptionAnswer",
    "Static",
    "answer",
    "compare",
    "static",
    "utilization_rule",
]

RULE_MONTHS = (12, 15, 18)
"""Months of the rule of thumb that says 60 to 70 % utilization."""

_BASELINE = "this is what owning is compared with"


class Static(NamedTuple):
    """A month of owning at today's prices, nothing growing or falling. Money by month unless named."""

    capex: float
    """Money spent before the first hour."""
    fixed: float
    """Money a month, used or not, less what the cloud costs beside its hours."""
    hours: float
    """Hours owned a month, by unit."""
    served: float
    """Unit-hours a month that owned units serve."""
    price: float
    """Money for an hour rented."""
    used: float
    """Money for an hour used of what is owned."""

    @property
    def saved(self) -> float:
        """Money a month saved by owning, before capex."""
        return self.served * (self.price - self.used) - self.fixed


class OptionAnswer(NamedTuple):
    """One option. None has its reason, by the field's name, in `reasons`."""

    option: str
    breakeven_hours: float | None
    """Hours owned until what was spent is saved; at full use the same as hours used."""
    breakeven_months: float | None
    breakeven_utilization: float | None
    """Hours that would be rented, of hours owned, at which both cost the same over the horizon."""
    breakeven_price_per_hour: float | None
    breakeven_units: int | None
    breakeven_million_tokens_per_month: float | None
    npv: float | None
    irr: float | None
    """By year."""
    payback_months: float | None
    discounted_payback_months: float | None
    total_cost: float
    present_cost: float
    equivalent_annual_cost: float
    cost_per_million_valid_tokens: float | None
    reasons: Mapping[str, str]


class Comparison(NamedTuple):
    """The answer: options, the rule of thumb computed, and the flows they come from (month 0, 1, …)."""

    values: Mapping[str, float]
    against: str
    options: tuple[OptionAnswer, ...]
    static: Static
    rule: tuple[tuple[int, float | None], ...]
    costs: Mapping[str, Array]
    savings: Array
    load: tuple[float, ...] = ()
    """Units needed in each hour, where that is known."""
    ownership: Ownership | None = None
    """How much of it is worth owning."""


def static(v: Mapping[str, float]) -> Static:
    """A month at today's prices, from the values of all inputs."""
    hours = v["time.hours_per_month"]
    usable = (1 - v["own.downtime"]) * (1 - v["own.headroom"])
    return Static(
        capex=float(flows.capex(v)),
        fixed=float(flows.fixed_per_month(v)) - v["cloud.egress"] - v["cloud.storage"],
        hours=hours,
        served=v["demand.units"]
        * hours
        * min(v["demand.utilization"] * v["demand.base_share"], usable),
        price=float(flows.cloud_price(v)),
        used=float(flows.used_cost_per_hour(v)),
    )


def utilization_rule(v: Mapping[str, float], months: float) -> float | None:
    """u*(T): share of owned hours that must replace rented ones to break even in `months`.

    (capex/T + fixed cost) / (hours owned * (price - cost of an hour used)); None when an hour used of
    what is owned costs as much as one rented. Above 1 it cannot be reached.
    """
    month = static(v)
    gained = v["demand.units"] * month.hours * (month.price - month.used)
    return (month.capex / months + month.fixed) / gained if gained > 0 else None


def compare(
    v: Mapping[str, float], *, against: str = "cloud", load: Sequence[float] = ()
) -> Comparison:
    """Every option of `v`, owning held against renting (`cloud`) or calling an API (`api`).

    With a `load` (units needed in each hour) also `hybrid`: owning the units that are worth it and
    renting the rest; `v` then is `with_load`.

    UsageError when there is no price, or no work, of what it is to be held against.
    """
    months = _months(v)
    paid = flows.costs(v, months)
    by_name = {"own": paid.own, "cloud": paid.cloud}
    if paid.api.any():
        by_name["api"] = paid.api
    if against not in by_name:
        raise UsageError(
            "no tokens, or no price of an API, are given to compare with",
            hint="give demand.output_tokens and api.output in a scenario",
        )
    saved = flows.savings(v, by_name[against], paid.own)
    month = static(v)
    options = [_own(v, month, paid.own, saved, against)]
    for name in ("cloud", "api"):
        if name in by_name:
            why = _BASELINE if name == against else "it has nothing to pay back"
            options.append(_rented(v, name, by_name[name], why))
    base = own_base(load, unit_costs(v)) if load else None
    if base is not None:
        options.append(_hybrid(v, load, base, by_name, against))
    rule = tuple((length, utilization_rule(v, length)) for length in RULE_MONTHS)
    answers = tuple(options)
    return Comparison(v, against, answers, month, rule, by_name, saved, tuple(load), base)


def answer(
    v: Mapping[str, float],
    option: str,
    cost: Array,
    found: Mapping[str, float | None],
    reasons: Mapping[str, str],
) -> OptionAnswer:
    """`option` with what it costs in all, now, by year and by valid tokens, beside what was `found`."""
    months = cost.shape[-1] - 1
    rate = v["money.discount_rate"]
    factors = np.asarray(finance.discount_factors(rate, months))
    present = float(cost @ factors)
    tokens = sum(v[f"demand.{kind}_tokens"] for kind in ("input", "cached", "output"))
    grown = (1 + v["demand.growth"]) ** (np.arange(months) / 12)
    valid = float(tokens * v["demand.valid_share"] * (grown @ factors[1:]))
    why = dict(reasons)
    if not valid:
        why["cost_per_million_valid_tokens"] = "no tokens a month are given"
    units = found.get("breakeven_units")
    return OptionAnswer(
        option,
        found.get("breakeven_hours"),
        found.get("breakeven_months"),
        found.get("breakeven_utilization"),
        found.get("breakeven_price_per_hour"),
        None if units is None else math.ceil(round(units, 9)),
        found.get("breakeven_million_tokens_per_month"),
        found.get("npv"),
        found.get("irr"),
        found.get("payback_months"),
        found.get("discounted_payback_months"),
        float(cost.sum()),
        present,
        present / finance.annuity_factor(rate, months),
        present / valid if valid else None,
        why,
    )


def _hybrid(
    v: Mapping[str, float],
    load: Sequence[float],
    base: Ownership,
    by_name: dict[str, Array],
    against: str,
) -> OptionAnswer:
    """Owning the base of `load` and renting its peaks; without a base that is renting. Adds to `by_name`."""
    if not base.units:
        by_name["hybrid"] = by_name["cloud"]
        return _rented(v, "hybrid", by_name["cloud"], "no unit is worth owning")
    part = with_load(v, load, base.units)
    cost = flows.own_costs(part, _months(v))
    by_name["hybrid"] = cost
    saved = flows.savings(part, by_name[against], cost)
    return _own(part, static(part), cost, saved, against)._replace(option="hybrid")


def _own(
    v: Mapping[str, float], month: Static, cost: Array, saved: Array, against: str
) -> OptionAnswer:
    found, reasons = _returns(v, saved)
    more, why = _static_answers(v, month, against)
    value_at_end = np.array(cost)
    value_at_end[-1] -= float(flows.residual(v))
    return answer(v, "own", value_at_end, {**found, **more}, {**reasons, **why})


def _returns(
    v: Mapping[str, float], saved: Array
) -> tuple[dict[str, float | None], dict[str, str]]:
    """NPV, IRR and paybacks of the flows `saved`, and why one is missing."""
    rate, months = v["money.discount_rate"], len(saved) - 1
    stream = [float(flow) for flow in saved]
    by_month = finance.irr(stream)
    found: dict[str, float | None] = {
        "npv": finance.npv(finance.monthly_rate(rate), stream),
        "irr": None if by_month is None else finance.annual_rate(by_month),
        "payback_months": finance.payback_months(stream),
        "discounted_payback_months": finance.discounted_payback_months(rate, stream),
    }
    never = f"never pays back within {months} months"
    why = {
        "irr": "no single rate makes the flows worth nothing: they do not turn from minus to plus once",
        "payback_months": never,
        "discounted_payback_months": f"{never} at {rate:.1%} a year",
    }
    return found, {name: why[name] for name, value in found.items() if value is None}


def _static_answers(
    v: Mapping[str, float], month: Static, against: str
) -> tuple[dict[str, float | None], dict[str, str]]:
    """Break-evens at today's prices, on each axis, and why one is missing."""
    if against != "cloud":
        return _token_axis(
            v, month, {}, "owning is compared with an API, which has no price by hour"
        )
    horizon = _months(v)
    saved = month.saved
    due = month.capex / horizon + month.fixed
    found: dict[str, float | None] = {
        "breakeven_hours": month.capex / saved * month.hours if saved > 0 else None,
        "breakeven_months": month.capex / saved if saved > 0 else None,
        "breakeven_utilization": utilization_rule(v, horizon),
        "breakeven_price_per_hour": due / month.served + month.used if month.served else None,
        "breakeven_units": _units(v, month, horizon),
    }
    return _token_axis(v, month, found, _why_never(v, month))


def _token_axis(
    v: Mapping[str, float], month: Static, found: dict[str, float | None], why: str
) -> tuple[dict[str, float | None], dict[str, str]]:
    tokens = sum(v[f"demand.{kind}_tokens"] for kind in ("input", "cached", "output"))
    paid = float(flows.api_costs(v, 1)[1])
    own = month.capex / _months(v) + month.fixed + month.used * month.served
    name = "breakeven_million_tokens_per_month"
    found[name] = own / (paid / tokens) if tokens and paid else None
    names = (
        *("breakeven_hours", "breakeven_months", "breakeven_utilization"),
        *("breakeven_price_per_hour", "breakeven_units"),
    )
    reasons = {one: why for one in names if found.get(one) is None}
    if found[name] is None:
        reasons[name] = "no tokens a month, or no price of an API, are given"
    return found, reasons


def _why_never(v: Mapping[str, float], month: Static) -> str:
    """Why owning saves nothing, in the words of its prices."""
    if month.served <= 0:
        return "never pays back: nothing would be rented"
    spent = month.used + month.fixed / month.served
    return (
        f"never pays back: an hour rented costs {month.price:,.2f}, "
        f"an hour owned and used {spent:,.2f} before its hardware"
        if month.saved <= 0
        else f"never pays back within {_months(v)} months"
    )


def _units(v: Mapping[str, float], month: Static, horizon: int) -> float | None:
    """Units from which owning costs no more over `horizon` months, what is shared being spread over them."""
    shared = (
        v["own.network"] + v["own.storage"] + v["own.facility"] + v["own.migration"]
    ) + horizon * (v["own.staff"] * v["own.salary"] / 12 - v["cloud.egress"] - v["cloud.storage"])
    everything = horizon * month.saved - month.capex
    each = (everything + shared) / v["demand.units"]
    if each <= 0:
        return None
    return max(shared / each, 1.0)


def _rented(v: Mapping[str, float], name: str, cost: Array, why: str) -> OptionAnswer:
    names = (
        *("breakeven_hours", "breakeven_months", "breakeven_utilization"),
        *("breakeven_price_per_hour", "breakeven_units", "breakeven_million_tokens_per_month"),
        *("npv", "irr", "payback_months", "discounted_payback_months"),
    )
    return answer(v, name, cost, {}, dict.fromkeys(names, why))


def _months(v: Mapping[str, float]) -> int:
    return round(v["time.horizon"])
