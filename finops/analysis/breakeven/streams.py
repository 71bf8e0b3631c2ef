"""What each option costs month by month, as formulas: equal months in a row share one step.

A *stretch* is months whose formula is the same. Where nothing grows or falls the horizon is one stretch and its
sum a product; else every month stands by itself. Discounted sums of a stretch are geometric.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.derived.sheet import PARTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from finops.analysis.breakeven.flows import Array
    from finops.analysis.breakeven.steps import Steps

__all__ = ["Stretch", "api_month", "cloud_month", "factors", "own_month", "put_stream", "put_sum"]


class Stretch(NamedTuple):
    """Months `first` to `last` that cost `value` each, and the step that says so."""

    step: str
    first: int
    last: int
    value: float

    @property
    def months(self) -> int:
        """How many."""
        return self.last - self.first + 1


def put_stream(
    steps: Steps, name: str, values: Array, formula: Callable[[int], str], *, first: int = 0
) -> tuple[Stretch, ...]:
    """A step for each stretch of `values` (month 0, 1, …), from month `first` on."""
    months = range(first, len(values))
    found = []
    for text, group in groupby(months, formula):
        inside = list(group)
        stretch = Stretch(f"{name}_{inside[0]}", inside[0], inside[-1], float(values[inside[0]]))
        each = "" if stretch.months == 1 else f" each, months {stretch.first} to {stretch.last}"
        steps.put(stretch.step, stretch.value, f"{steps.money}{each}", f"= {text}")
        found.append(stretch)
    return tuple(found)


def put_sum(
    steps: Steps,
    name: str,
    parts: Iterable[tuple[Stretch, str, float]],
    total: float,
    more: Sequence[tuple[str, str, float]] = (),
) -> None:
    """`name` as the sum of stretches, each times a factor (its formula and value), and of `more` amounts."""
    for stretch, text, factor in parts:
        title = f"month {stretch.first}"
        if stretch.months > 1:
            title = f"months {stretch.first} to {stretch.last}"
        product = f"= {stretch.step} x {text}" if text != "1" else f"= {stretch.step}"
        steps.put(f"{name}: {title}", stretch.value * factor, steps.money, product)
    for title, text, value in more:
        steps.put(f"{name}: {title}", value, steps.money, f"= {text}")
    steps.put(name, total, steps.money, f"{PARTS}{name}")


def factors(stretch: Stretch, rate: float, base: str) -> tuple[str, float]:
    """What one unit of money in each month of a stretch is worth at once, at `rate` a step.

    `base` says 1 + rate as a formula by the year; a geometric sum, of one month a power.
    """
    if rate == 0:
        return str(stretch.months), float(stretch.months)
    if stretch.first == stretch.last == 0:
        return "1", 1.0
    each = 1 / (1 + rate)
    if stretch.months == 1:
        return f"{base} ^ (-{stretch.first} / 12)", each**stretch.first
    text = (
        f"({base} ^ (-{stretch.first} / 12) - {base} ^ (-{stretch.last + 1} / 12)) "
        f"/ (1 - {base} ^ (-1 / 12))"
    )
    return text, sum(each**month for month in range(stretch.first, stretch.last + 1))


def _power(values: Mapping[str, float], name: str, sign: str, month: int) -> str:
    """How far what changes by the year has come in a month; nothing where it does not."""
    return f" x (1 {sign} {name}) ^ ({month - 1} / 12)" if values[name] and month > 1 else ""


def _needed(values: Mapping[str, float], month: int) -> str:
    return f"needed{_power(values, 'demand.growth', '+', month)}"


def _price(values: Mapping[str, float], month: int) -> str:
    return f"price{_power(values, 'cloud.decline', '-', month)}"


def cloud_month(values: Mapping[str, float], month: int) -> str:
    """Renting every hour needed."""
    if not month:
        return "0"
    beside = " + beside" if values["cloud.egress"] + values["cloud.storage"] else ""
    return f"{_needed(values, month)} x {_price(values, month)}{beside}"


def api_month(values: Mapping[str, float], month: int) -> str:
    """Calling an API for every token."""
    return f"api_month{_power(values, 'demand.growth', '+', month)}" if month else "0"


def own_month(values: Mapping[str, float], month: int) -> str:
    """Owning: what is spent at once, then renting until it runs, then running it and renting the rest."""
    if not month:
        return "capex"
    v = values
    lead = max(v["own.hardware_lead_time"], v["own.power_lead_time"])
    live = min(max(month - lead, 0.0), 1.0)
    text = _owned(v, month) if live else ""
    if live < 1:
        share = f"(month - {lead:g})".replace("month", str(month))
        price = "cloud.interim" if v["cloud.interim"] > 0 else _price(v, month)
        rented = f"({_needed(v, month)} x {price} + beside)"
        text = rented if not live else f"{share} x ({text}) + (1 - {share}) x {rented}"
    after = min(max(v["cloud.run_off_months"] - (month - 1), 0.0), 1.0)
    if after and v["cloud.run_off"]:
        share = "" if after == 1 else f"(cloud.run_off_months - {month - 1}) x "
        text += f" + {share}cloud.run_off"
    return text


def _owned(v: Mapping[str, float], month: int) -> str:
    """A month of running what is owned, and of renting what it cannot serve."""
    needed = _needed(v, month)
    served = f"min({needed} x demand.base_share, hours_owned x usable)"
    parts = ["running"]
    if v["own.staff"] and v["own.salary"]:
        parts.append(f"staff{_power(v, 'money.inflation', '+', month)}")
    if v["own.variable"] or v["own.max_power"]:
        parts.append(f"{served} x used")
    parts.append(f"({needed} - {served}) x {_price(v, month)}")
    return " + ".join(parts)
