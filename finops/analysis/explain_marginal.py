"""Where the cost of doubled traffic comes from: what grows, what is covered, what has to be bought."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from finops.analysis.explanation import Explanation, Line
from finops.model.money import ZERO, total

if TYPE_CHECKING:
    from finops.analysis.doubling import Marginal
    from finops.analysis.economics import UnitEconomics
    from finops.analysis.headroom import Step

__all__ = ["DOUBLED", "FACTOR", "explain_doubled"]

FACTOR = "marginal_cost_factor"

_TOLD = {
    "metered": "tokens a provider bills, failures and retries with them; the lines of finops explain cost",
    "covered": "of each provider the smaller of metered and what its commitments cost while unused",
    "shared": "shares of shared pools: cost less metered less capacity",
    "scaling": "the part of shared that is charged by usage: no recurring or one-time ChargeFrequency, "
    "or `scales` of [[pools]]",
    "capacity": "what deployments and seats that served it cost; the lines of finops explain cost",
    "added_cost": "metered - covered + scaling + capacity to be bought",
    FACTOR: "added cost / cost = (added cost / added requests) / (cost / requests)",
}

DOUBLED = tuple(_TOLD)
"""Numbers of `finops marginal` beside cost and requests."""


def explain_doubled(answer: UnitEconomics, name: str) -> Explanation | None:
    """`name` of all of `answer`, doubled at once; None when it is not one of DOUBLED.

    The answer is to a question that asks for `marginal`.
    """
    if name not in _TOLD:
        return None
    twice, why = answer.total.doubled, answer.missing.get(FACTOR)
    lines: list[Line] = []
    value: Decimal | float | None = None
    if twice is not None:
        value = _value(twice, name)
        lines = _lines(twice, name)
    if value is None:
        lines.append(Line(name, None, None, None, None, why or "not known"))
    formula = f"{name} = {_TOLD[name]}"
    return Explanation(name, formula, value, answer.period, answer.currency, tuple(lines))


def _value(twice: Marginal, name: str) -> Decimal | float | None:
    if name == FACTOR:
        return twice.factor
    if name == "added_cost":
        return twice.added
    found: Decimal = getattr(twice, name)
    return found


def _lines(twice: Marginal, name: str) -> list[Line]:
    """The lines of `name`; what they sum to stands last."""
    if name in {"metered", "covered", "scaling", "capacity"}:
        return [_line(name, getattr(twice, name))]
    if name == "shared":
        whole = total((twice.metered, twice.shared, twice.capacity))
        parts = [
            Line("cost", None, None, None, whole, "finops explain cost"),
            _line("metered", -twice.metered),
            _line("capacity", -twice.capacity),
        ]
        return [*parts, Line(name, None, None, None, twice.shared, "sum of the lines above")]
    lines = [
        _line("metered", twice.metered),
        _line("covered", -twice.covered),
        _line("scaling", twice.scaling),
        *(_bought(each) for each in twice.steps),
        Line("added_cost", None, None, None, twice.added, "sum of the lines above"),
    ]
    if name == FACTOR and twice.factor is not None:
        lines.append(Line("cost", None, None, None, twice.cost, "finops explain cost"))
        told = f"{twice.added or ZERO:f} / {twice.cost or ZERO:f}"
        lines.append(Line(FACTOR, Decimal(str(twice.factor)), None, None, None, told))
    return lines


def _line(name: str, amount: Decimal | None) -> Line:
    return Line(name, None, None, None, amount, _TOLD[name])


def _bought(step: Step) -> Line:
    """What one pool needs, at which hour, and the price of it; or why that is not known."""
    name = f"{step.pool}: units to buy"
    if step.units is None or step.busy is None or step.hour is None:
        return Line(name, None, "units", None, None, step.why or "not known")
    limit = f"{step.max_busy:.0%} that may be busy" + (", assumed" if step.is_assumed else "")
    source = f"{step.busy:.1%} busy at {step.hour:%Y-%m-%d %H}h with the work added, of {limit}"
    if step.units and step.monthly_cost is not None:
        source += f"; {step.monthly_cost.normalize():f} a month"
    return Line(name, Decimal(step.units), "units", None, step.period_cost, source)
