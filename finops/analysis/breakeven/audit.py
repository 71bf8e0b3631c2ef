"""A published comparison held against its own inputs: does it come out, and what does it not say?

Printed inputs are rounded, so a figure computed from them may differ from the printed one in its last
digit. A figure is reproduced when some inputs that round to the printed ones give it to the printed digit.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.breakeven.compare import compare, static

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from finops.analysis.breakeven.scenario import Claim, Scenario

__all__ = ["Audit", "Finding", "Reproduced", "audit", "claimed_values", "corners"]

_USUAL_UTILIZATION = 0.6
_USUAL_RATE = 0.10
_FITTING_POWER = 0.5
"""Share of the specified power below which counted power is called implausible."""


class Reproduced(NamedTuple):
    """A published figure, what its inputs give as printed, and how far their rounding reaches."""

    claim: str
    axis: str
    published: str
    from_inputs: float | None
    low: float | None
    high: float | None
    reproduced: str | None
    """The figure to the printed digit, where the inputs' rounding allows it; None where it does not."""
    verdict: str


class Finding(NamedTuple):
    """Something the comparison leaves out or takes for granted, and what it changes."""

    topic: str
    says: str
    breakeven_hours: float | None
    breakeven_months: float | None


class Audit(NamedTuple):
    """The published table recomputed, and what it hides."""

    scenario: Scenario
    table: tuple[Reproduced, ...]
    findings: tuple[Finding, ...]


def audit(scenario: Scenario) -> Audit:
    """Recompute every published figure of `scenario` and look for what is missing."""
    table = tuple(_reproduce(scenario, claim) for claim in scenario.claims)
    return Audit(scenario, table, tuple(_findings(scenario)))


def _reproduce(scenario: Scenario, claim: Claim) -> Reproduced:
    v = claimed_values(scenario, claim)
    exact = _figure(v, claim)
    if exact is None:
        return Reproduced(
            claim.name, claim.axis, claim.printed, None, None, None, None, "its inputs give none"
        )
    low, high = _reach(scenario, claim, v, exact)
    places = len(claim.printed.partition(".")[2])
    printed = float(claim.printed.replace(",", ""))
    half = 0.5 * 10**-places
    if f"{exact:,.{places}f}" == claim.printed:
        verdict = "reproduced"
    elif low <= printed + half and high >= printed - half:
        verdict = "reproduced, its inputs being rounded as printed"
    else:
        verdict = "does not follow from its inputs"
    reproduced = claim.printed if verdict.startswith("reproduced") else None
    return Reproduced(claim.name, claim.axis, claim.printed, exact, low, high, reproduced, verdict)


def _reach(
    scenario: Scenario, claim: Claim, v: Mapping[str, float], exact: float
) -> tuple[float, float]:
    """The least and the greatest figure that inputs which round to the printed ones can give."""
    ends = [_figure(corner, claim) for corner in corners(scenario, claim, v, exact)]
    return (exact if ends[0] is None else ends[0], math.inf if ends[1] is None else ends[1])


def corners(
    scenario: Scenario, claim: Claim, v: Mapping[str, float], exact: float
) -> tuple[dict[str, float], dict[str, float]]:
    """The inputs half a printed digit off, in the direction that makes the figure least, and greatest."""
    digits = {**scenario.digits, **claim.changes}
    low, high = dict(v), dict(v)  # each input moves a figure one way only
    for name, printed in digits.items():
        exponent = printed.as_tuple().exponent
        if not isinstance(exponent, int) or exponent >= 0:
            continue
        half = 0.5 * 10.0**exponent
        up = _figure({**v, name: v[name] + half}, claim)
        sign = 1 if up is None or up > exact else -1
        low[name] -= sign * half
        high[name] += sign * half
    return low, high


def claimed_values(scenario: Scenario, claim: Claim) -> dict[str, float]:
    """Every input as the claim has it."""
    return scenario.values() | {name: float(value) for name, value in claim.changes.items()}


def _figure(v: Mapping[str, float], claim: Claim) -> float | None:
    """What `claim` is about, from the values `v`."""
    if claim.axis in {"hours", "months"} and claim.option == "own":
        return _breakeven(v, claim.axis)
    for option in compare(v).options:
        if option.option == claim.option:
            found = option._asdict()
            figure = found.get(claim.axis, found.get(f"breakeven_{claim.axis}"))
            return None if figure is None else float(figure)
    return None


def _breakeven(v: Mapping[str, float], axis: str) -> float | None:
    """Break-even in hours owned or months, at today's prices; shorter than `compare` over many corners."""
    month = static(v)
    if month.saved <= 0:
        return None
    return month.capex / month.saved * (month.hours if axis == "hours" else 1)


def _findings(scenario: Scenario) -> Iterator[Finding]:
    v = scenario.values()
    yield from _comparators(scenario, v)
    hours = v["time.hours_per_month"]
    other = 720.0 if hours != 720.0 else 730.0  # noqa: PLR2004  (the two usual months)
    yield _finding(
        "month length",
        f"months are of {hours:g} hours; of {other:g} the same hours are other months",
        v | {"time.hours_per_month": other},
    )
    if v["demand.utilization"] >= 1:
        yield _finding(
            "utilization",
            f"the hardware is used without a pause; at {_USUAL_UTILIZATION:.0%} of its hours",
            v | {"demand.utilization": _USUAL_UTILIZATION},
        )
    yield from _missing(scenario, v)
    yield from _power(scenario, v)


def _comparators(scenario: Scenario, v: Mapping[str, float]) -> Iterator[Finding]:
    for name, price in scenario.comparators.items():
        yield _finding(
            "comparator",
            f"{name}: {price:,.2f} an hour instead of {v['cloud.on_demand']:,.2f}",
            {**v, "cloud.on_demand": price},
        )


def _missing(scenario: Scenario, v: Mapping[str, float]) -> Iterator[Finding]:
    """What the scenario gives no value for, or none above zero."""
    given = {name for name, one in scenario.inputs.items() if one.value}
    if not {"own.staff", "own.salary"} <= given:
        yield Finding("staff", "nobody is paid to run it", None, None)
    if "money.discount_rate" not in given:
        yield _capital(v)
    for name, says in (
        ("own.network", "no network is bought"),
        ("own.residual", "the hardware is worth nothing at the end"),
        ("money.tax_rate", "no tax"),
        ("own.hardware_lead_time", "it runs on the day it is ordered"),
        ("cloud.decline", "the cloud's price never falls"),
    ):
        if name not in given:
            yield Finding(name.partition(".")[2].replace("_", " "), says, None, None)


def _capital(v: Mapping[str, float]) -> Finding:
    """The cost of capital as an even payment over the horizon, beside the running cost."""
    from finops.analysis.breakeven.finance import discounted_payback_months

    month = static(v)
    flows = [-month.capex, *[month.saved] * round(v["time.horizon"])]
    months = discounted_payback_months(_USUAL_RATE, flows)
    hours = None if months is None else months * month.hours
    says = f"money costs nothing; at {_USUAL_RATE:.0%} a year"
    return Finding("cost of capital", says, hours, months)


def _power(scenario: Scenario, v: Mapping[str, float]) -> Iterator[Finding]:
    cost, tariff, nameplate = (
        v[f"claim.{name}"] for name in ("power_cost", "tariff", "nameplate_power")
    )
    if not (cost and tariff and nameplate):
        return
    implied = cost / tariff
    if implied >= nameplate * _FITTING_POWER:
        return
    more = (nameplate - implied) * tariff
    yield _finding(
        "power",
        f"{cost:,.2f} {scenario.currency} an hour at {tariff:,.2f} a kWh is {implied:.1f} kW, for hardware "
        f"specified at {nameplate:g} kW; with all of it",
        {**v, "own.running": v["own.running"] + more},
    )


def _finding(topic: str, says: str, v: Mapping[str, float]) -> Finding:
    return Finding(topic, says, _breakeven(v, "hours"), _breakeven(v, "months"))
