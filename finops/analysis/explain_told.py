"""Numbers that are explained in words: how each is made, and the command that shows what it is made of.

To explain the numbers of a new report, name its schema in `SHOWN_AS` and its numbers here: a dictionary from
the name of a column to a sentence that begins after `name =`. A number that can be derived line by line has a
function of its own in `finops.analysis.explain`, which comes first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.explanation import Explanation, Line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from finops.model.period import Period

__all__ = ["SHOWN_AS", "TOLD", "Told", "tell"]

SHOWN_AS = {
    "finops.unit": "unit",
    "finops.costs": "costs",
    "finops.marginal": "marginal",
    "finops.capacity": "capacity",
    "finops.capacity_days": "capacity.days",
    "finops.owners-check": "owners",
    "finops.owners-list": "owners.list",
    "finops.close_list": "close.list",
    "finops.close_check": "close.check",
    "finops.close_invoices": "close.invoices",
    "finops.close_accruals": "close.accruals",
    "finops.close_adjustments": "close.adjustments",
    "finops.status": "status",
    "finops.load": "load",
    "finops.pull": "pull",
    "finops.review": "review",
    "finops.runs": "runs",
    "finops.explain": "explain",
    "finops.sql": "sql",
    "finops.compare": "compare",
    "finops.commitments": "commitments",
    "finops.budget": "budget",
    "finops.forecast": "forecast",
    "finops.chargeback": "chargeback",
    "finops.savings": "savings",
    "finops.actions": "actions",
    "finops.quality": "quality",
    "finops.breakeven": "breakeven",
    "finops.breakeven.audit": "breakeven.audit",
    "finops.route": "route",
    "finops.route-fleet": "route.fleet",
    "finops.scorecard": "scorecard",
    "finops.scorecard-checks": "scorecard.show",
    "finops.scorecard-history": "scorecard.history",
    "finops.scorecard-diff": "scorecard.diff",
    "finops.scorecard-roadmap": "scorecard.roadmap",
    "finops.scorecard-catalog": "scorecard.catalog",
    "finops.vendor.claims": "vendor.claims",
    "finops.vendor.quote": "vendor.quote",
    "finops.vendor.quote.steps": "vendor.quote.steps",
    "finops.vendor.quote.sensitivity": "vendor.quote.sensitivity",
}
"""What a report's numbers go by in `finops explain`, by its schema without the version."""

ANY = "*"
"""Stands for every number of a report whose columns are the reader's own."""


class Told(NamedTuple):
    """How each number of a report is made, and the command that shows its parts."""

    see: str
    numbers: Mapping[str, str]


_FLEET = {
    f"{name}_{when}": f"{words} {told}"
    for name, words in (
        ("accelerators", "devices"),
        ("nodes", "nodes"),
        ("racks", "racks"),
        ("kw", "kilowatts"),
        ("kw_per_rack", "kilowatts a rack"),
    )
    for when, told in (
        ("before", "needed when the large model answers everything"),
        ("after", "needed when the small model answers first"),
        ("freed", "before - after"),
    )
}

TOLD: dict[str, Told] = {
    "capacity.days": Told(
        'finops sql "select * from gpu_samples"',
        {
            "observed_hours": "device time with samples, of the day or node",
            "busy_hours": "device time somebody's work ran in, by the samples' activity",
            "held_idle_hours": "device time somebody held and nothing ran in",
            "idle_hours": "device time nobody held",
            "busy_share": "busy_hours / observed_hours",
        },
    ),
    "load": Told(
        'finops sql "select * from loads"',
        {
            "rows": "rows of the slice that are in the ledger now",
            "BilledCost": "sum of BilledCost over them",
            "EffectiveCost": "sum of EffectiveCost over them",
        },
    ),
    "pull": Told(
        'finops sql "select * from loads"',
        {
            "rows": "rows of the delivery that were stored",
            "rows_duplicate": "rows that were there already",
            "rows_replaced": "rows of an earlier delivery that it took the place of",
        },
    ),
    "review": Told(
        "finops review", {"tables": "tables of the section that are not folded away as details"}
    ),
    "vendor.sheet": Told(
        "finops vendor sheet --format json",
        {
            "figure": "the row's figure over calls, bill lines and samples of the option in its column"
        },
    ),
    "vendor.compare": Told(
        "finops vendor score NAME --checks, and finops vendor quote --explain",
        {
            "figure": "levels of the vendor's checks, verified and claimed, shares of them, and the price of "
            "its cheapest offer"
        },
    ),
    "runs": Told(
        "finops explain cost --where \"run = '…'\"",
        {
            "requests": "generation calls of the run that the filter lets through",
            "attempts": "attempts of them, retries included",
            "failures": "requests whose last attempt did not succeed",
            "input_tokens": "tokens read by its calls, cached or not",
            "output_tokens": "tokens written by its calls, reasoning included",
            "unpriced_tokens": "tokens nothing tells a price of",
            "cost": "every token, request and byte of its calls x what it costs in all",
        },
    ),
    "owners.list": Told(
        "finops owners list", {"line": "the line of owners.csv the rule stands on"}
    ),
    "close.check": Told("finops sql", {"rows": "rows the source has of the month"}),
    "explain": Told(
        "finops explain",
        {
            "quantity": "how much of its unit a step counts",
            "rate": "what one unit costs, from the source beside it",
            "amount": "quantity x rate, or what the source beside it says",
        },
    ),
    "sql": Told("finops sql", {ANY: "what the statement selects"}),
    "actions": Told(
        "finops explain of the evidence, for the months before and after",
        {
            "expected": "what was expected to be saved when the action was written down",
            "saved": "before - after; of a workflow the difference of a request x the requests after",
            "before": "the number the action's evidence is about, in the month it was written down",
            "after": "the same number in the month asked about",
        },
    ),
    "breakeven": Told(
        "finops breakeven … --explain",
        {
            "breakeven_hours": "hours of use at which owning has cost what the alternative has",
            "breakeven_months": "breakeven_hours / hours used a month",
            "breakeven_utilization": "use of the hours there are at which both cost the same",
            "breakeven_price_per_hour": "price of an hour at which both cost the same",
            "breakeven_units": "units of work at which both cost the same",
            "breakeven_million_tokens_per_month": "tokens a month at which both cost the same",
            "npv": "sum of yearly differences, each divided by (1 + discount rate) to the power of its year",
            "irr": "discount rate at which npv is zero",
            "payback_months": "months until the sum of the differences is zero",
            "discounted_payback_months": "months until the discounted sum of the differences is zero",
            "total_cost": "sum of what the option costs over the horizon",
            "present_cost": "that sum, each part discounted to today",
            "equivalent_annual_cost": "present cost as equal yearly payments",
            "cost_per_million_valid_tokens": "total cost / tokens of answers that were accepted",
        },
    ),
    "breakeven.audit": Told(
        "finops breakeven audit lp2368",
        {
            "from_inputs": "the published number made again from the paper's own inputs",
            "low": "the same from the inputs as they are rounded down in print",
            "high": "the same from the inputs as they are rounded up in print",
        },
    ),
    "route": Told(
        "finops route … --explain",
        {
            "threshold": "confidence from which the small model's answer is kept",
            "kept_share": "requests the small model answers / all requests",
            "escalation_rate": "requests asked of the large model as well / all requests",
            "forced_share": "requests sent to the large model whatever the confidence / all requests",
            "accuracy": "right answers of the mix / all requests",
            "quality_delta": "accuracy - accuracy of the large model alone",
            "kept_accuracy": "right answers among those kept / those kept",
            "blended_cost_ratio": "cost of the mix / cost of the large model for everything",
            "saving": "1 - blended_cost_ratio",
            "cost_per_request": "blended_cost_ratio x what a request to the large model costs",
            "escalated_p99_ms": "99th percentile of the time an escalated request takes, both models together",
            "p99_ms": "99th percentile of the time a request takes",
        },
    ),
    "route.fleet": Told("finops route … --fleet FILE", _FLEET),
    "scorecard.show": Told(
        "finops scorecard show --format json",
        {
            "level": "the level the check belongs to",
            "confidence": "how far what is known can be relied on, by where it is from",
            "at_stake": "dollars a month that hang on the check",
        },
    ),
    "scorecard.history": Told(
        "finops scorecard diff",
        {
            "verified": "verified points on that day",
            "move": "verified - verified of the score before",
            "claimed": "claimed points on that day",
            "coverage": "checks with an answer or evidence / checks that apply",
        },
    ),
    "scorecard.diff": Told(
        "finops scorecard show",
        {
            "value_before": "what the earlier score found of the check",
            "value_after": "what the later score found of the check",
        },
    ),
    "scorecard.roadmap": Told(
        "finops scorecard show",
        {
            "phase": "days in which the step is to be done",
            "level": "the level the check belongs to",
            "at_stake": "dollars a month that hang on the check",
        },
    ),
    "scorecard.catalog": Told(
        "finops scorecard catalog", {"level": "the level the check belongs to"}
    ),
    "vendor.quote": Told(
        "finops vendor quote … --explain",
        {
            "rank": "place of the offer by what a usable GPU-hour costs",
            "price_per_gpu_hour": "the price of the offer for an hour of one device",
            "billed_hours": "device-hours a month that are paid for",
            "month_cost": "everything the offer charges in a month",
            "availability": "share of the hours in which the devices can be used",
            "usable_hours": "billed hours x availability",
            "cost_per_usable_hour": "month_cost / usable_hours",
            "cost_per_million_tokens": "cost_per_usable_hour / millions of tokens an hour",
        },
    ),
    "vendor.quote.sensitivity": Told(
        "finops vendor quote … --explain",
        {
            "value": "what the input is now",
            "low": "the input a step lower",
            "high": "the input a step higher",
            "per_hour_low": "a usable GPU-hour with the input a step lower",
            "per_hour_high": "a usable GPU-hour with the input a step higher",
            "width": "the difference of the two",
        },
    ),
    "vendor.quote.steps": Told(
        "finops vendor quote … --explain", {"value": "the step's formula over the steps before it"}
    ),
}
"""By what a report's numbers go by (`SHOWN_AS`)."""


def tell(number: str, period: Period | None) -> Explanation | None:
    """The explanation in words of `number` (`scorecard.history.move`); None when there is none."""
    shown, _, name = number.rpartition(".")
    told = TOLD.get(shown)
    if told is None:
        return None
    formula = told.numbers.get(name) or told.numbers.get(ANY)
    if formula is None:
        return None
    line = Line(name, None, None, None, None, f"shown by: {told.see}")
    return Explanation(name, f"{name} = {formula}", None, period, None, (line,))
