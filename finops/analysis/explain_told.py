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
    "finops.owners-check": "owners",
    "finops.owners-list": "owners.list",
    "finops.close_list": "close.list",
    "finops.close_check": "close.check",
    "finops.close_invoices": "close.invoices",
    "finops.close_accruals": "close.accruals",
    "finops.close_adjustments": "close.adjustments",
    "finops.status": "status",
    "finops.runs": "runs",
    "finops.explain": "explain",
    "finops.explain.rows": "explain",
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
    "finops.vendor.quote.sensitivity": "vendor.quote.sensitivity",
}
"""What a report's numbers go by in `finops explain`, by its schema without the version."""

ANY = "*"
"""Stands for every number of a report whose columns are the reader's own."""


class Told(NamedTuple):
    """How each number of a report is made, and the command that shows its parts."""

    see: str
    numbers: Mapping[str, str]


TOLD: dict[str, Told] = {
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
