"""What the numbers of each report go by in `finops explain`, and those few that are told in words.

To explain the numbers of a new report, name its schema in `SHOWN_AS`, derive each number of its rows in a module of
`finops.analysis.derived`, and name that in `finops.api.explaining`. Words are for what is not made of anything: a line of
an explanation, and what a reader's own statement selects.
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
    "finops.close_kept": "close.kept",
    "finops.close_invoices": "close.invoices",
    "finops.close_accruals": "close.accruals",
    "finops.close_adjustments": "close.adjustments",
    "finops.status": "status",
    "finops.load": "load",
    "finops.pull": "pull",
    "finops.review": "review",
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
    "finops.vendor.sheet": "vendor.sheet",
    "finops.vendor.compare": "vendor.compare",
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
    "explain": Told(
        "finops explain",
        {
            "quantity": "how much of its unit a step counts",
            "rate": "what one unit costs, from the source beside it",
            "amount": "quantity x rate, or what the source beside it says",
        },
    ),
    "sql": Told("finops sql", {ANY: "what the statement selects"}),
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
