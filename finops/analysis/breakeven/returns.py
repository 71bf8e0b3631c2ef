"""What owning returns, as formulas over its monthly flows: net present value, internal rate, paybacks."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from finops.analysis.breakeven import finance, flows
from finops.analysis.breakeven.streams import Stretch, factors, put_stream, put_sum

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from finops.analysis.breakeven.compare import OptionAnswer
    from finops.analysis.breakeven.flows import Array
    from finops.analysis.breakeven.steps import Steps

__all__ = ["YEARLY", "put_returns", "put_totals"]

YEARLY = "(1 + money.discount_rate)"
"""What money grows by in a year, as formulas say it."""


def put_returns(
    steps: Steps,
    found: OptionAnswer,
    saved: Array,
    own: tuple[Stretch, ...],
    other: tuple[Stretch, ...],
) -> None:
    """The flows `saved` of owning (`own`) instead of the `other`, and what they are worth."""
    v, money = steps.values, steps.money
    months = len(saved) - 1
    spent, life = float(flows.capex(v)), v["own.lifetime"]
    steps.put("residual", float(flows.residual(v)), money, "= hardware x own.residual")
    left = spent * (1 - min(months, life) / life)
    steps.put(
        "not_written_off", left, money, "= capex x (1 - min(months, own.lifetime) / own.lifetime)"
    )
    streams = _by_month(own), _by_month(other)
    flow = put_stream(steps, "flow", saved, lambda month: _flow(v, month, months, streams))
    rate = finance.monthly_rate(v["money.discount_rate"])
    present = [(each, *factors(each, rate, YEARLY)) for each in flow]
    put_sum(steps, "npv", present, found.npv or 0.0)
    _put_irr(steps, found, flow)
    _put_payback(steps, "payback_months", found.payback_months, flow, saved.tolist(), None)
    discounted = [
        one * factor
        for one, factor in zip(
            saved, finance.discount_factors(v["money.discount_rate"], months), strict=True
        )
    ]
    name = "discounted_payback_months"
    _put_payback(steps, name, found.discounted_payback_months, flow, discounted, rate)


def _by_month(stretches: Sequence[Stretch]) -> dict[int, str]:
    return {month: each.step for each in stretches for month in range(each.first, each.last + 1)}


def _flow(
    v: Mapping[str, float],
    month: int,
    months: int,
    streams: tuple[Mapping[int, str], Mapping[int, str]],
) -> str:
    """What a month saves, after tax, with what is written off of what was spent."""
    own, other = (stream[month] for stream in streams)
    if not month:
        return f"{other} - {own}"
    text = f"{other} - {own}"
    if v["money.tax_rate"]:
        text = f"({text}) x (1 - money.tax_rate)"
        share = min(max(v["own.lifetime"] - (month - 1), 0.0), 1.0)
        if share:
            part = "" if share == 1 else f"(own.lifetime - {month - 1}) x "
            text += f" + money.tax_rate x {part}capex / own.lifetime"
    if month == months and (v["own.residual"] or v["money.tax_rate"]):
        text += " + residual x (1 - money.tax_rate) + money.tax_rate x not_written_off"
    return text


def _put_irr(steps: Steps, found: OptionAnswer, flow: Sequence[Stretch]) -> None:
    """The rate by month at which the flows are worth nothing, that they are, and the rate by year."""
    rate = None if found.irr is None else (1 + found.irr) ** (1 / 12) - 1
    source = (
        "found by halving: the rate a month at which irr_check, the sum of the flows, is nothing"
    )
    steps.put("irr_month", rate, "a month", source)
    if rate is not None:
        parts = [(each, *_at(each, rate)) for each in flow]
        off = sum(each.value * factor for each, _, factor in parts)
        put_sum(steps, "irr_check", parts, off)
    steps.put("irr", found.irr, "a year", "= (1 + irr_month) ^ 12 - 1")


def _at(stretch: Stretch, rate: float) -> tuple[str, float]:
    """As `factors`, at the rate that is looked for, whose steps are months."""
    text, value = factors(stretch, rate, "(1 + irr_month)")
    return text.replace(" / 12)", ")"), value


def _put_payback(
    steps: Steps,
    name: str,
    months: float | None,
    flow: Sequence[Stretch],
    values: Sequence[float],
    rate: float | None,
) -> None:
    """The month in which what was spent has come back: what is still open before it, of what it brings."""
    if not months:
        text = "nothing is spent first" if months == 0 else "not reached"
        steps.put(name, months, "months", text)
        return
    into = _turning(values, months)
    balance = list(accumulate(values))[into - 1]
    parts = []
    for each in flow:
        if each.first < into:
            cut = each._replace(last=min(each.last, into - 1))
            undiscounted = str(cut.months), float(cut.months)
            text, factor = undiscounted if rate is None else factors(cut, rate, YEARLY)
            parts.append((cut, text, factor))
    before, brings = f"{name}_before", f"{name}_brings"
    put_sum(steps, before, parts, balance)
    step = next(each.step for each in flow if each.first <= into <= each.last)
    discounted = "" if rate is None else f" x {YEARLY} ^ (-{into} / 12)"
    steps.put(brings, values[into], f"{steps.money} in month {into}", f"= {step}{discounted}")
    steps.put(name, months, "months", f"= {into - 1} - {before} / {brings}")


def _turning(values: Sequence[float], months: float) -> int:
    """The month in which the balance turns."""
    balances = list(accumulate(values))
    for month in range(1, len(values)):
        if balances[month - 1] < 0 <= balances[month]:
            return month
    return max(1, round(months))


def put_totals(steps: Steps, found: OptionAnswer, cost: Sequence[Stretch]) -> None:
    """What an option costs in all, today, by the year and by a million good tokens."""
    v, money = steps.values, steps.money
    months = round(v["time.horizon"])
    rate = finance.monthly_rate(v["money.discount_rate"])
    worth = finance.discount_factors(v["money.discount_rate"], months)
    sold, sold_today = [], []
    if found.option in {"own", "hybrid"} and v["own.residual"] and _owns(steps):
        value = -float(flows.residual(v))
        text = f"0 - residual x {YEARLY} ^ (0 - months / 12)"
        sold = [("residual value", "0 - residual", value)]
        sold_today = [("residual value", text, value * worth[-1])]
    every = [(each, str(each.months), float(each.months)) for each in cost]
    put_sum(steps, "total_cost", every, found.total_cost, sold)
    present = [(each, *factors(each, rate, YEARLY)) for each in cost]
    put_sum(steps, "present_cost", present, found.present_cost, sold_today)
    text, annuity = factors(Stretch("", 1, months, 0.0), rate, YEARLY)
    steps.put("annuity", annuity / 12, "of a year", f"= {text} / 12")
    steps.put(
        "equivalent_annual_cost",
        found.equivalent_annual_cost,
        f"{money}/year",
        "= present_cost / annuity",
    )
    _put_valid(steps, found, months, worth)


def _owns(steps: Steps) -> bool:
    return any(line.step == "residual" for line in steps.lines)


def _put_valid(steps: Steps, found: OptionAnswer, months: int, worth: Sequence[float]) -> None:
    v, unit = steps.values, f"{steps.money}/Mtokens"
    growth, name = v["demand.growth"], "cost_per_million_valid_tokens"
    ratio = ((1 + growth) / (1 + v["money.discount_rate"])) ** (1 / 12)
    grown = sum((1 + growth) ** ((month - 1) / 12) * worth[month] for month in range(1, months + 1))
    first = f"{YEARLY} ^ (-1 / 12)"
    each = f"((1 + demand.growth) / {YEARLY})"
    text = f"{first} x (1 - {each} ^ (months / 12)) / (1 - {each} ^ (1 / 12))"
    steps.put("valid_months", grown, "months", f"= {text if ratio != 1 else f'{first} x months'}")
    tokens = sum(v[f"demand.{kind}_tokens"] for kind in ("input", "cached", "output"))
    valid = tokens * v["demand.valid_share"] * grown
    formula = "= tokens x demand.valid_share x valid_months"
    steps.put("valid_tokens", valid, "Mtokens", formula)
    steps.put(name, found.cost_per_million_valid_tokens, unit, "= present_cost / valid_tokens")
