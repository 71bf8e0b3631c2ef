"""Numbers of a projection that can be moved: where each stands, how far it goes, in which steps. Pure.

A dial's `option` is what the command calls it: a flag's name, or with a dot an input for `--set`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from finops.report.model import Report

__all__ = ["Dial", "breakeven_dials", "route_dials", "track"]

ZERO, ONE = Decimal(0), Decimal(1)
HUNDRED = 100
"""Steps a range of money is cut into, about."""


class Dial(NamedTuple):
    """One number: `value` in `unit`, from `low` to `high`, moved by `step`."""

    option: str
    title: str
    unit: str
    value: Decimal
    low: Decimal
    high: Decimal
    step: Decimal

    def moved(self, steps: int) -> Dial:
        """The dial `steps` further, on the grid of its steps, at most at an end."""
        grid = (self.value / self.step).to_integral_value() * self.step
        there = (
            grid if steps and (grid > self.value) == (steps > 0) and grid != self.value else None
        )
        first = grid if there is None else there - self.step * (1 if steps > 0 else -1)
        return self.at(first + self.step * steps)

    def at(self, value: Decimal) -> Dial:
        """The dial at `value`, at most at an end."""
        return self._replace(value=max(self.low, min(self.high, value)))

    def placed(self, share: float) -> Dial:
        """The dial at `share` of its track, 0 to 1, on the grid of its steps."""
        there = self.low + (self.high - self.low) * Decimal(str(share))
        return self.at((there / self.step).to_integral_value() * self.step)

    @property
    def share(self) -> float:
        """Where on its track it stands, 0 to 1."""
        wide = self.high - self.low
        return float((self.value - self.low) / wide) if wide else 0.0

    @property
    def text(self) -> str:
        """The value as a command takes it."""
        return f"{self.value.normalize():f}" if self.value else "0"

    @property
    def shown(self) -> str:
        """The value as people read it, with its unit: shares as %."""
        if self.unit.startswith("ratio") and self.low < ONE:
            return f"{float(self.value):.1%}{self.unit.removeprefix('ratio').replace('/year', ' a year')}"
        digits = (
            0 if self.value == self.value.to_integral_value() else 2 if self.value >= ONE else 4
        )
        unit = "" if self.unit == "ratio" else f" {self.unit.partition('/')[0]}"
        return f"{self.value:,.{digits}f}{unit}"


def track(dial: Dial, width: int) -> str:
    """`━━━━●────` in `width` cells: length says it, not colour."""
    at = round(dial.share * (width - 1))
    return "━" * at + "●" + "─" * (width - 1 - at)


_ALWAYS = {
    "demand.utilization": "utilization",
    "demand.units": "units",
    "demand.growth": "demand.growth",
    "own.price": "capex",
    "own.running": "opex_per_hour",
    "own.variable": "variable_per_hour",
    "own.residual": "residual",
    "own.hardware_lead_time": "lead_months",
    "cloud.on_demand": "cloud_per_hour",
    "cloud.interim": "interim_per_hour",
    "cloud.decline": "price_decline",
    "money.discount_rate": "discount_rate",
    "money.tax_rate": "tax_rate",
    "time.horizon": "horizon_months",
    "time.hours_per_month": "hours_per_month",
}
"""Inputs that always matter, and their options; the others are moved by `--set`."""

_MATTERS_WITH = {
    "cloud.interim": "own.hardware_lead_time",
    "own.lifetime": "money.tax_rate",
    "own.tariff": "own.max_power",
    "own.pue": "own.max_power",
    "own.salary": "own.staff",
    "cloud.rework": "cloud.spot_share",
}
"""Inputs that move nothing while another is zero."""

_NOT_MOVED = ("claim.", "demand.base_share")


def breakeven_dials(report: Report) -> tuple[Dial, ...]:
    """Dials of a break-even's answer: what always matters, then whatever else was given or measured."""
    from finops.analysis.breakeven.inputs import FIELDS

    values = cast("Mapping[str, float]", report.extras["values"])
    given = cast("list[dict[str, Any]]", report.extras["inputs"])
    ranges = {each["name"]: (each["low"], each["high"]) for each in given}
    units = {field.name: field for field in FIELDS}
    names = [*_ALWAYS, *_MATTERS_WITH, *(name for name in ranges)]
    found = []
    for name in dict.fromkeys(names):
        needed = _MATTERS_WITH.get(name)
        if name.startswith(_NOT_MOVED) or (needed is not None and not values[needed]):
            continue
        field, value = units[name], _decimal(values[name])
        low, high, step = _span(field.unit, value, _decimal(values["cloud.on_demand"]))
        least, most = (
            None if end is None else _decimal(end) for end in ranges.get(name, (None, None))
        )
        top = None if field.maximum is None else _decimal(field.maximum)
        low = max(_decimal(field.minimum), min(low, low if least is None else least))
        high = max(high, high if most is None else most)
        high = high if top is None else min(high, top)
        unit = field.unit.replace("USD", report.currency or "USD")
        title = name.replace(".", " ").replace("_", " ")
        found.append(Dial(_ALWAYS.get(name, name), title, unit, value, low, high, step))
    return tuple(found)


def route_dials(report: Report) -> tuple[Dial, ...]:
    """Dials of a routing's answer: what the models cost, and how much quality may be lost."""
    costs = cast("Mapping[str, Decimal]", report.extras["costs"])
    cent, mill = Decimal("0.01"), Decimal("0.001")
    dials = [
        Dial("cost_ratio", "cost ratio", "ratio", costs["cost_ratio"], ZERO, ONE, cent),
        Dial(
            *("verifier_cost_ratio", "verifier cost ratio", "ratio"),
            *(costs["verifier_cost_ratio"], ZERO, ONE, cent),
        ),
        Dial("context_growth", "context growth", "ratio", costs["context_growth"], ZERO, ONE, cent),
    ]
    if report.extras["design"] == "router":
        ratio = costs["router_cost_ratio"]
        dials.append(
            Dial("router_cost_ratio", "router cost ratio", "ratio", ratio, ZERO, ONE, cent)
        )
    if report.extras["judged_requests"]:
        loss = Dial(
            "max_quality_loss", "quality loss at most", "ratio", cent, ZERO, Decimal("0.2"), mill
        )
        half = Dial(
            "calibration", "calibration share", "ratio", Decimal("0.5"), cent, 1 - cent, cent
        )
        dials += [loss, half]
    return tuple(each._replace(high=max(each.high, each.value)) for each in dials)


def _span(unit: str, value: Decimal, price: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    """From, to and step for a number of `unit` that is `value`; `price` is that of an hour rented."""
    if unit == "ratio":
        return ZERO, max(ONE, 2 * value), Decimal("0.01")
    if unit == "ratio/year":
        return min(Decimal("-0.2"), value), max(Decimal("0.5"), 2 * value), Decimal("0.01")
    if unit == "months":
        return ZERO, max(Decimal(120), 2 * value), ONE
    if unit == "hours/month":
        return Decimal(600), Decimal(744), Decimal(2)
    if unit == "units":
        return ONE, max(Decimal(16), 4 * value), ONE
    high = 2 * value or (2 * price if unit.endswith("/unit/hour") else Decimal(HUNDRED))
    return ZERO, high, _nice(high / HUNDRED)


def _nice(size: Decimal) -> Decimal:
    """The next of 1, 2, 5, 10 … times a power of ten."""
    if size <= 0:
        return ONE
    power = Decimal(10) ** size.adjusted()
    return next(power * each for each in (1, 2, 5, 10) if power * each >= size)


def _decimal(value: float) -> Decimal:
    return Decimal(str(value))
