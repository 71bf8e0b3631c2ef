"""Where the cost of doubled traffic comes from: what grows, what is covered, what has to be bought."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from finops.analysis.derived.arithmetic import SUM, amount, count, plain
from finops.analysis.explanation import Explanation, Line
from finops.model.money import ZERO, divide, subtract, total

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from fractions import Fraction

    from finops.analysis.doubling import Marginal
    from finops.analysis.economics import UnitEconomics
    from finops.analysis.headroom import Step

__all__ = ["DOUBLED", "FACTOR", "explain_doubled"]

FACTOR = "marginal_cost_factor"

_TOLD = {
    "metered": "tokens a provider bills, failures and retries with them; the lines of finops explain cost",
    "covered": "of each provider the smaller of metered and what its commitments cost while unused, "
    "month by month; of each pool the same of what has to be bought",
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
    """The lines of `name`; it stands last."""
    if name in _PARTS:
        return _summed(name, list(_PARTS[name](twice)), getattr(twice, name))
    if name == "shared":
        whole = total((twice.metered, twice.shared, twice.capacity))
        parts = [
            amount("cost", whole, "finops explain cost"),
            amount("metered", -twice.metered, _TOLD["metered"]),
            amount("capacity", -twice.capacity, _TOLD["capacity"]),
        ]
        return _summed(name, parts, twice.shared)
    lines = [
        amount("metered", twice.metered, "finops explain marginal.metered"),
        amount("covered", -twice.covered, "finops explain marginal.covered"),
        amount("scaling", twice.scaling, "finops explain marginal.scaling"),
        *(line for each in twice.steps for line in _bought(each)),
        amount("added_cost", twice.added, SUM if twice.added is not None else _unknown(twice)),
    ]
    if name == FACTOR and twice.factor is not None:
        lines.append(amount("cost", twice.cost, "finops explain cost"))
        lines.append(count(FACTOR, twice.factor, None, "= added_cost / cost"))
    return lines


def _unknown(twice: Marginal) -> str:
    return twice.why or "not known"


def _summed(name: str, lines: list[Line], value: Decimal) -> list[Line]:
    """`lines` and what they add up to; where there are none, that it is nothing."""
    return [*lines, amount(name, value, SUM if lines else f"nothing: {_TOLD[name]}")]


def _metered(twice: Marginal) -> Iterator[Line]:
    for provider, cost in twice.sources.metered.items():
        where = "" if provider is None else f" --where \"provider = '{provider}'\""
        yield amount(f"tokens of {provider or 'no provider'}", cost, f"finops explain cost{where}")


def _covered(twice: Marginal) -> Iterator[Line]:
    """What unused commitments of each provider take over, as far as they reach."""
    covers = twice.sources.covers
    for each in covers:
        when = f", {each.period.label}" if len({one.period for one in covers}) > 1 else ""
        formula = f"= min({plain(each.metered)}, {plain(each.unused)})"
        yield amount(f"commitments of {each.provider or 'no provider'}{when}", each.amount, formula)
    for step in twice.steps:
        if step.covered:
            bought = plain(step.period_cost or ZERO)
            formula = (
                f"= min({bought} to be bought, {plain(step.unused)} unused: finops commitments)"
            )
            yield amount(f"commitments of pool {step.pool}", step.covered, formula)


def _scaling(twice: Marginal) -> Iterator[Line]:
    for each in twice.sources.scaling:
        formula = f"= {plain(each.cost)} x {plain(each.part)}"
        yield amount(f"pool {each.pool}: share x what grows of it", each.amount, formula)


def _capacity(twice: Marginal) -> Iterator[Line]:
    seats = twice.sources.seats
    devices = subtract(twice.capacity, seats)
    if devices:
        yield amount("devices and units", devices, "time they were held: finops explain cost")
    if seats:
        yield amount("seats", seats, "plans of those who used them: finops explain cost")


_PARTS: dict[str, Callable[[Marginal], Iterator[Line]]] = {
    "metered": _metered,
    "covered": _covered,
    "scaling": _scaling,
    "capacity": _capacity,
}


def _bought(step: Step) -> Iterator[Line]:
    """What one pool needs, at which hour, and the price of it; or why that is not known."""
    name, limit = f"{step.pool}: units to buy", step.max_busy
    if step.load is None or step.there is None or step.units is None or step.hour is None:
        yield count(name, None, "units", step.why or "not known")
        return
    busy = f"busy at {step.hour:%Y-%m-%d %H}h, the worst, with the work added: {step.busy:.1%}"
    yield count(f"{step.pool}: busy", _near(step.load), "units", busy)
    yield count(f"{step.pool}: there", _near(step.there), "units", "at that hour: finops capacity")
    told = f"= max(0, ceil({plain(step.load)} / {plain(limit)} - {plain(step.there)}))"
    assumed = " (assumed)" if step.is_assumed else ""
    limited = f"that may be busy within objectives{assumed}: max_busy of [[pools]]"
    yield count(f"{step.pool}: limit", limit, "of units", limited)
    yield count(name, step.units, "units", told)
    if step.monthly_cost is not None and step.share is not None:
        price = f"= {plain(step.monthly_cost)} x {plain(step.share)}"
        yield amount(
            f"{step.pool}: price of a month x the part asked about", step.period_cost, price
        )


def _near(number: Fraction) -> Decimal:
    return divide(Decimal(number.numerator), number.denominator)
