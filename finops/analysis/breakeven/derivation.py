"""How the figures of every option come about: a sheet of steps for each, from the inputs to the figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.breakeven import flows
from finops.analysis.breakeven.compare import static
from finops.analysis.breakeven.ownership import with_load
from finops.analysis.breakeven.returns import put_returns, put_totals
from finops.analysis.breakeven.steps import Steps, put_axes, put_inputs, put_month, put_tokens
from finops.analysis.breakeven.streams import api_month, cloud_month, own_month, put_stream
from finops.analysis.derived.sheet import leading_to, of_sheet
from finops.analysis.derived.table import Row, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from finops.analysis.breakeven.compare import Comparison, OptionAnswer
    from finops.analysis.breakeven.inputs import Input
    from finops.analysis.breakeven.ownership import Ownership
    from finops.analysis.breakeven.streams import Stretch
    from finops.analysis.explanation import Value

__all__ = ["TOLD", "breakeven_table"]

TOLD = {
    "breakeven_hours": "hours owned until what is spent at once is saved",
    "breakeven_months": "what is spent at once / what a month saves, at today's prices",
    "breakeven_utilization": "use of the hours owned at which both cost the same over the horizon",
    "breakeven_price_per_hour": "price of an hour at which both cost the same over the horizon",
    "breakeven_units": "units from which owning costs no more, what they share being spread over them",
    "breakeven_million_tokens_per_month": "tokens a month at which an API costs what owning does",
    "npv": "sum of the monthly flows, each divided by (1 + discount rate) to the power of its year",
    "irr": "discount rate at which the flows are worth nothing",
    "payback_months": "months until the flows add up to nothing",
    "discounted_payback_months": "months until the discounted flows add up to nothing",
    "total_cost": "sum of what the months cost, less the residual value of what is owned",
    "present_cost": "the same, each month discounted to today",
    "equivalent_annual_cost": "present cost / annuity factor: the same as equal yearly payments",
    "cost_per_million_valid_tokens": "present cost / tokens of good answers, discounted alike",
}
"""What each number of an option is."""

_PROOFS = {"irr": "irr_check"}


def breakeven_table(found: Comparison, inputs: Mapping[str, Input], currency: str) -> Table:
    """A row for each option; `inputs` are those given, with where they are from."""
    return Table(tuple(_row(found, option, inputs, currency) for option in found.options))


def _row(found: Comparison, option: OptionAnswer, inputs: Mapping[str, Input], money: str) -> Row:
    steps = _sheet(found, option, inputs, money)
    known = {line.step for line in steps.lines}
    for name in TOLD:
        if name not in known:
            steps.put(name, None, None, option.reasons.get(name, "not known"))
    figures = option._asdict()
    values: dict[str, Value] = {name: figures[name] for name in TOLD}
    numbers = of_sheet(steps.lines, TOLD, values, why=option.reasons, beside=_PROOFS)
    every = leading_to(steps.lines, TOLD, why=option.reasons, beside=_PROOFS)
    return Row({"option": option.option}, numbers, money, sheet=every)


def _sheet(
    found: Comparison, option: OptionAnswer, inputs: Mapping[str, Input], money: str
) -> Steps:
    """Every step of one option."""
    owned = _owned(found, option)
    v = found.values if owned is None else owned
    steps = Steps(v, money)
    put_inputs(steps, inputs, _measured(found, option))
    month = static(v)
    put_month(steps, month)
    put_tokens(steps, month, option)
    if owned is None:
        put_totals(steps, option, _paid(steps, found, option.option))
        return steps
    if option.option == "hybrid" and found.ownership is not None:
        _put_levels(steps, found.ownership)
    if found.against == "cloud":
        put_axes(steps, month, option)
    cost = flows.own_costs(v, round(v["time.horizon"]))
    own = put_stream(steps, "own_cost", cost, lambda each: own_month(v, each))
    other = _paid(steps, found, found.against)
    saved = flows.savings(v, found.costs[found.against], cost)
    put_returns(steps, option, saved, own, other)
    put_totals(steps, option, own)
    return steps


def _owned(found: Comparison, option: OptionAnswer) -> Mapping[str, float] | None:
    """The values of an option that owns hardware; None of one that does not."""
    if option.option == "own":
        return found.values
    if option.option == "hybrid" and found.ownership is not None and found.ownership.units:
        return with_load(found.values, found.load, found.ownership.units)
    return None


def _paid(steps: Steps, found: Comparison, name: str) -> tuple[Stretch, ...]:
    """The months of renting or calling; a hybrid that owns nothing rents."""
    month = api_month if name == "api" else cloud_month
    title = "api_cost" if name == "api" else "cloud_cost"
    v = steps.values
    return put_stream(steps, title, found.costs[name], lambda each: month(v, each))


def _measured(found: Comparison, option: OptionAnswer) -> dict[str, str]:
    """Where the inputs are from that demand by hour decides."""
    if not found.load:
        return {}
    hours = f"{len(found.load)} hours of measured demand"
    base = found.ownership
    units = "units owned"
    if option.option == "hybrid" and base is not None:
        units = f"of 0 to {len(base.levels)} units the number with which the demand costs least"
    return {
        "demand.units": units,
        "demand.utilization": f"measured: mean of {hours} / units owned",
        "demand.base_share": f"measured: share of {hours} that the units owned can serve",
    }


def _put_levels(steps: Steps, base: Ownership) -> None:
    """Why one unit less, or one more, would cost more."""
    for level in base.levels:
        if level.unit in {base.units, base.units + 1}:
            name = f"unit_{level.unit}"
            told = f"over all hours, of which it works {level.load_factor:.1%}"
            steps.put(f"{name}_owned", level.owned_cost, steps.money, f"owned, {told}")
            steps.put(f"{name}_rented", level.rented_cost, steps.money, f"rented, {told}")
            more = level.owned_cost - level.rented_cost
            steps.put(name, more, steps.money, f"= {name}_owned - {name}_rented")
