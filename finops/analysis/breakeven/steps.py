"""The steps of a month at today's prices, and where owning breaks even by them, each as a formula over names.

A formula names inputs as a scenario does (`own.price`) and steps above it; what is zero by its inputs is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.breakeven import flows
from finops.analysis.breakeven.inputs import FIELDS
from finops.analysis.derived.arithmetic import amount, count

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from finops.analysis.breakeven.compare import OptionAnswer, Static
    from finops.analysis.breakeven.inputs import Input
    from finops.analysis.explanation import Line

__all__ = ["Steps", "put_axes", "put_inputs", "put_month", "put_tokens", "terms"]

TOKENS = ("input", "cached", "output")
SHARED = ("own.network", "own.storage", "own.facility", "own.migration")


class Steps:
    """Lines as they are put down, each name once, money in `money`."""

    def __init__(self, values: Mapping[str, float], money: str) -> None:
        self.values, self.money = values, money
        self.lines: list[Line] = []

    def put(self, step: str, value: float | None, unit: str | None, source: str) -> None:
        """A step: an amount where its unit is of money."""
        if unit is not None and unit.startswith(self.money):
            self.lines.append(amount(step, value, source, unit))
        else:
            self.lines.append(count(step, value, unit, source))

    def sums(self, step: str, value: float, unit: str, *products: str) -> None:
        """A step that is a sum of products (`own.staff x own.salary / 12`), those of nothing left out."""
        self.put(step, value, unit, f"= {terms(self.values, *products)}")


def terms(values: Mapping[str, float], *products: str) -> str:
    """The sum of `products` as a formula, without those with a factor that is zero; `0` without any."""
    kept = [each for each in products if all(values.get(name, 1) for name in _factors(each))]
    return " + ".join(kept) or "0"


def _factors(product: str) -> Iterator[str]:
    return (factor.partition(" / ")[0] for factor in product.split(" x "))


def put_inputs(
    steps: Steps, inputs: Mapping[str, Input], measured: Mapping[str, str] | None = None
) -> None:
    """Every input with where its value is from; `measured` says it of those that demand by hour decides."""
    for field in FIELDS:
        if field.name not in steps.values:
            continue
        unit = field.unit.replace("USD", steps.money)
        source = (measured or {}).get(field.name) or _source(inputs.get(field.name))
        steps.put(field.name, steps.values[field.name], unit, source)


def _source(given: Input | None) -> str:
    if given is None:
        return "assumed: the default, as nothing says otherwise"
    told = ", ".join(part for part in (given.source, given.date) if part)
    return f"{given.origin}: {told}" if told else str(given.origin)


def put_month(steps: Steps, month: Static) -> None:
    """A month of owning at today's prices, from what is spent at once to what it saves."""
    v, money = steps.values, steps.money
    a_month = f"{money}/month"
    hardware = v["demand.units"] * v["own.price"] * (1 + v["own.spares"])
    steps.put("hardware", hardware, money, "= demand.units x own.price x (1 + own.spares)")
    steps.sums("capex", month.capex, money, "hardware", *SHARED)
    steps.put("months", round(v["time.horizon"]), "months", "= round(time.horizon)")
    staff = v["own.staff"] * v["own.salary"] / 12
    beside = v["cloud.egress"] + v["cloud.storage"]
    running = float(flows.fixed_per_month(v)) - staff
    steps.sums(
        "running", running, a_month,
        "demand.units x own.running x time.hours_per_month",
        "demand.units x own.idle_power x own.pue x own.tariff x time.hours_per_month",
        "demand.units x own.max_power x own.colocation",
        "demand.units x own.licences",
        "hardware x own.support / 12", "hardware x own.failure_rate / 12",
    )  # fmt: skip
    steps.put("staff", staff, a_month, "= own.staff x own.salary / 12")
    steps.put("beside", beside, a_month, "= cloud.egress + cloud.storage")
    steps.put("fixed", month.fixed, a_month, "= running + staff - beside")
    _put_hours(steps, month)
    _put_price(steps, month.price)
    swing = "max(own.max_power - own.idle_power, 0) x own.pue x own.tariff"
    has_power = v["own.max_power"] and v["own.tariff"]
    formula = f"= own.variable + {swing}" if has_power else "= own.variable"
    steps.put("used", month.used, f"{money}/h", formula)
    steps.put("saved", month.saved, a_month, "= served x (price - used) - fixed")


def _put_hours(steps: Steps, month: Static) -> None:
    v = steps.values
    owned = v["demand.units"] * month.hours
    usable = (1 - v["own.downtime"]) * (1 - v["own.headroom"])
    steps.put("hours_owned", owned, "h/month", "= demand.units x time.hours_per_month")
    steps.put(
        "needed", owned * v["demand.utilization"], "h/month", "= hours_owned x demand.utilization"
    )
    steps.put("usable", usable, "of hours owned", "= (1 - own.downtime) x (1 - own.headroom)")
    served = "= hours_owned x min(demand.utilization x demand.base_share, usable)"
    steps.put("served", month.served, "h/month", served)


_TERMS = ("one_year", "three_years", "five_years")


def _put_price(steps: Steps, price: float) -> None:
    """The mix of the cloud's prices."""
    v, unit = steps.values, f"{steps.money}/h"
    shares = [f"cloud.{name}_share" for name in (*_TERMS, "spot") if v[f"cloud.{name}_share"]]
    rest = max(1 - sum(v[name] for name in shares), 0.0)
    formula = f"= max(1 - {' - '.join(shares)}, 0)" if shares else "= 1"
    steps.put("on_demand_share", rest, "of hours", formula)
    parts = ["on_demand_share x cloud.on_demand"]
    parts += [f"cloud.{name}_share x cloud.{name}" for name in _TERMS]
    if v["cloud.spot_share"] and v["cloud.spot"]:
        parts.append("cloud.spot_share x cloud.spot x (1 + cloud.rework)")
    steps.sums("price", price, unit, *parts)


def put_axes(steps: Steps, month: Static, found: OptionAnswer) -> None:
    """Where owning breaks even at today's prices, on each axis."""
    v, money = steps.values, steps.money
    steps.put("breakeven_months", found.breakeven_months, "months", "= capex / saved")
    by_hour = "= breakeven_months x time.hours_per_month"
    steps.put("breakeven_hours", found.breakeven_hours, "h", by_hour)
    due = "(capex / months + fixed)"
    utilization = f"= {due} / (hours_owned x (price - used))"
    steps.put("breakeven_utilization", found.breakeven_utilization, "of hours owned", utilization)
    price = f"= {due} / served + used"
    steps.put("breakeven_price_per_hour", found.breakeven_price_per_hour, f"{money}/h", price)
    months, names = round(v["time.horizon"]), " + ".join(SHARED)
    staff = v["own.staff"] * v["own.salary"] / 12 - v["cloud.egress"] - v["cloud.storage"]
    shared = sum(v[name] for name in SHARED) + months * staff
    steps.put("shared", shared, money, f"= {names} + months x (staff - beside)")
    gained = (months * month.saved - month.capex + shared) / v["demand.units"]
    formula = "= (months x saved - capex + shared) / demand.units"
    steps.put("gained_by_unit", gained, money, formula)
    units = "= ceil(round(max(shared / gained_by_unit, 1), 9))"
    steps.put("breakeven_units", found.breakeven_units, "units", units)


def put_tokens(steps: Steps, month: Static, found: OptionAnswer) -> None:
    """The tokens a month at which an API costs what owning does."""
    v, money = steps.values, steps.money
    names = [f"demand.{kind}_tokens" for kind in TOKENS]
    steps.put("tokens", sum(v[name] for name in names), "Mtokens/month", f"= {' + '.join(names)}")
    paid = sum(v[f"demand.{kind}_tokens"] * v[f"api.{kind}"] for kind in TOKENS)
    products = (f"demand.{kind}_tokens x api.{kind}" for kind in TOKENS)
    steps.sums("api_month", paid, f"{money}/month", *products)
    own = month.capex / round(v["time.horizon"]) + month.fixed + month.used * month.served
    steps.put("own_month", own, f"{money}/month", "= capex / months + fixed + used x served")
    steps.put(
        "breakeven_million_tokens_per_month",
        found.breakeven_million_tokens_per_month,
        "Mtokens/month",
        "= own_month / (api_month / tokens)",
    )
