"""What a request costs when a small model goes first, as a share of asking the large one at once.

Two designs. A *cascade* asks the small model first, always: a verifier judges the answer, and a request
that is not trusted is paid again at the large model, with the context the first answer added. *Router
first* decides before any model is asked, so each request is paid once. Requests of a risk class that may
never stay small go straight to the large model: a rule sends them, no model and no router is paid.

Costs are shares of the large model's cost per request (0.05: a twentieth), exact decimals.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from finops.model.money import ZERO, add, divide, multiply, subtract, total

__all__ = [
    "Design",
    "Part",
    "RouteCosts",
    "SelfHosted",
    "Split",
    "blended_cost_ratio",
    "break_even_escalation",
    "largest_cost_ratio",
    "parts",
]

ONE = Decimal(1)


class Design(StrEnum):
    """Who decides whether a request stays small."""

    CASCADE = "cascade"
    """The small model answers first, and its confidence decides."""
    ROUTER = "router"
    """A router decides before any model is asked."""


class RouteCosts(NamedTuple):
    """Costs per request, as shares of the large model's cost per request."""

    small: Decimal
    """The small model's: rho."""
    verifier: Decimal = ZERO
    """Judging one small answer; a cascade pays it on every request it asks the small model."""
    context_growth: Decimal = ZERO
    """How much dearer the large model is on an escalated request, which carries the first answer."""
    router: Decimal = ZERO
    """Deciding for one request; only router-first pays it."""


class Split(NamedTuple):
    """Requests by where they went: each in exactly one."""

    kept: int
    """Answered by the small model."""
    escalated: int
    """Sent on to the large model, for want of confidence."""
    forced: int
    """Sent to the large model by their risk class, nothing else asked."""

    @property
    def requests(self) -> int:
        """All of them."""
        return self.kept + self.escalated + self.forced


class Part(NamedTuple):
    """One term of the cost: what is paid, by how many requests, at which share of the large model's cost."""

    name: str
    requests: int
    rate: Decimal

    @property
    def amount(self) -> Decimal:
        """Its cost, in large-model requests."""
        return multiply(self.rate, self.requests)


class SelfHosted(NamedTuple):
    """A small model on capacity paid by the hour: its cost per token depends on how full that is."""

    cost_per_hour: Decimal
    """Money per hour, whether it works or not."""
    tokens_per_second: Decimal
    """What it serves when it is full."""
    utilization: Decimal
    """Share of that it really serves: above 0, at most 1."""

    @property
    def cost_per_million_tokens(self) -> Decimal:
        """Money per million tokens served: cost per hour / (3600 * tokens per second * utilization)."""
        served = multiply(multiply(self.tokens_per_second, self.utilization), 3600)
        return divide(multiply(self.cost_per_hour, 1_000_000), served)


def parts(split: Split, costs: RouteCosts, design: Design) -> tuple[Part, ...]:
    """Every term of the cost of `split`; their amounts sum to it, in large-model requests."""
    decided = split.kept + split.escalated
    forced = Part("large, by class", split.forced, ONE)
    if design is Design.ROUTER:
        return (
            Part("router", decided, costs.router),
            Part("small model", split.kept, costs.small),
            Part("large model", split.escalated, ONE),
            forced,
        )
    return (
        Part("small model", decided, costs.small),
        Part("verifier", decided, costs.verifier),
        Part("large model", split.escalated, ONE),
        Part("context growth", split.escalated, costs.context_growth),
        forced,
    )


def blended_cost_ratio(split: Split, costs: RouteCosts, design: Design) -> Decimal:
    """Cost over the cost of all-large; above 1 it loses money. ZeroDivisionError without requests."""
    return divide(total(part.amount for part in parts(split, costs, design)), split.requests)


def break_even_escalation(split: Split, costs: RouteCosts, design: Design) -> Decimal | None:
    """The share of requests at the large model, forced ones included, at which nothing is saved.

    A cascade without forced requests or growth: e* = 1 - rho - verifier. None where no share saves.
    """
    undecided = divide(Decimal(split.forced), split.requests)
    decided = subtract(ONE, undecided)
    if design is Design.CASCADE:
        room = multiply(decided, ONE - costs.small - costs.verifier)
        found = add(undecided, divide(room, ONE + costs.context_growth))
        return found if room > 0 else None
    if costs.small >= ONE:
        return None
    found = subtract(ONE, divide(multiply(decided, costs.router), ONE - costs.small))
    return found if found > undecided else None


def largest_cost_ratio(split: Split, costs: RouteCosts, design: Design) -> Decimal | None:
    """The small model's cost, as a share of the large one's, at which `split` costs what all-large does.

    None where no request is asked of the small model, or where it would have to cost less than nothing.
    """
    others = total(part.amount for part in parts(split, costs._replace(small=ZERO), design))
    asked = split.kept if design is Design.ROUTER else split.kept + split.escalated
    room = subtract(Decimal(split.requests), others)
    return divide(room, asked) if asked and room >= 0 else None
