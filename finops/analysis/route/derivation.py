"""How the answer at one threshold comes about, line by line: each line can be checked with a pencil."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.route.costs import Design, largest_cost_ratio, parts
from finops.model.money import divide, multiply, total

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finops.analysis.route.answer import Routing
    from finops.analysis.route.sweep import Point

__all__ = ["Step", "derive"]

_READABLE = 12
"""Characters up to which a number in a formula is written out."""


class Step(NamedTuple):
    """One line: what it is, its formula with the numbers in, and what that comes to."""

    step: str
    formula: str
    value: Decimal | float | None
    unit: str


def derive(found: Routing, point: Point) -> tuple[Step, ...]:
    """Every line from the inputs to what `point` saves; what is not known has none."""
    lines = (
        *_inputs(found),
        *_counts(point),
        *_cost(found, point),
        *_breaks_even(found, point),
        *_quality(found, point),
    )
    return tuple(line for line in lines if line.value is not None)


def _short(value: Decimal) -> str:
    """`value` in a formula: every digit of what was given, six decimals of what was worked out."""
    text = f"{value.normalize():f}"
    return text if len(text) <= _READABLE else f"{value:.6f}"


def _inputs(found: Routing) -> Iterator[Step]:
    plan = found.plan
    hosted = plan.self_hosted
    if hosted is not None:
        yield Step(
            "small model, per M tokens",
            f"{_short(hosted.cost_per_hour)} per hour * 1,000,000 / (3,600 s * "
            f"{hosted.tokens_per_second:f} tokens/s * {hosted.utilization:f} utilization)",
            hosted.cost_per_million_tokens,
            "money",
        )
    rho = plan.costs.small
    if plan.money is not None:
        small, large = plan.money.small, plan.money.large
        yield Step("small model, per request", plan.money.source, small, plan.money.currency)
        yield Step("large model, per request", plan.money.source, large, plan.money.currency)
        formula = f"{_short(small)} / {_short(large)}"
    elif hosted is not None and plan.large_cost_per_million_tokens is not None:
        large = plan.large_cost_per_million_tokens
        formula = f"{_short(hosted.cost_per_million_tokens)} / {_short(large)}"
    else:
        formula = "given"
    yield Step("rho, small over large", formula, rho, "ratio")


def _counts(point: Point) -> Iterator[Step]:
    split = point.split
    sign = f"confidence >= {point.threshold:f}"
    yield Step("kept small", sign, Decimal(split.kept), "requests")
    yield Step("escalated", "confidence below it", Decimal(split.escalated), "requests")
    yield Step("forced to large", "risk class", Decimal(split.forced), "requests")
    at_large = split.escalated + split.forced
    for step, count in (("kept share", split.kept), ("forced share", split.forced)):
        share = divide(Decimal(count), split.requests)
        yield Step(step, f"{count} / {split.requests}", share, "ratio")
    yield Step(
        "escalation rate",
        f"({split.escalated} + {split.forced}) / {split.requests}",
        divide(Decimal(at_large), split.requests),
        "ratio",
    )


def _cost(found: Routing, point: Point) -> Iterator[Step]:
    terms = parts(point.split, found.plan.costs, found.plan.design)
    for part in terms:
        formula = f"{part.requests} * {_short(part.rate)}"
        yield Step(f"paid: {part.name}", formula, part.amount, "large requests")
    paid = total(part.amount for part in terms)
    yield Step("paid in all", "sum of these", paid, "large requests")
    requests = point.split.requests
    ratio = point.blended_cost_ratio
    yield Step("blended cost ratio", f"{_short(paid)} / {requests}", ratio, "ratio")
    yield Step("saving", f"1 - {_short(ratio)}", point.saving, "ratio")
    if found.plan.money is not None:
        money = found.plan.money
        formula = f"{_short(ratio)} * {_short(money.large)}"
        yield Step("cost per request", formula, multiply(ratio, money.large), money.currency)


def _breaks_even(found: Routing, point: Point) -> Iterator[Step]:
    plan = found.plan
    costs, forced = plan.costs, divide(Decimal(point.split.forced), point.split.requests)
    if plan.design is Design.CASCADE:
        formula = (
            f"{_short(forced)} + (1 - {_short(forced)}) * (1 - {_short(costs.small)} - {_short(costs.verifier)}) / "
            f"(1 + {_short(costs.context_growth)})"
        )
    else:
        formula = (
            f"1 - (1 - {_short(forced)}) * {_short(costs.router)} / (1 - {_short(costs.small)})"
        )
    yield Step("break-even escalation rate", formula, found.break_even, "ratio")
    largest = largest_cost_ratio(point.split, costs, plan.design)
    yield Step("break-even rho here", "saving = 0", largest, "ratio")
    if plan.self_hosted is not None:
        utilization = (
            divide(multiply(plan.self_hosted.utilization, costs.small), largest)
            if largest
            else None
        )
        yield Step(
            "break-even utilization",
            f"{plan.self_hosted.utilization:f} * rho / break-even rho",
            utilization,
            "ratio",
        )


def _quality(found: Routing, point: Point) -> Iterator[Step]:
    yield Step("accuracy", f"mean over {found.judged} judged requests", point.accuracy, "ratio")
    yield Step("all-large accuracy", "mean over the same", found.all_large_accuracy, "ratio")
    if point.accuracy is not None and found.all_large_accuracy is not None:
        formula = f"{point.accuracy!r} - {found.all_large_accuracy!r}"
        yield Step("quality vs all-large", formula, point.quality_delta, "ratio")
    kept = "mean over judged answers of the small model that are kept"
    yield Step("accuracy of what is kept", kept, point.kept_accuracy, "ratio")
    escalated = "nearest rank over requests sent on, both models' time in a cascade"
    yield Step("p99 of what is escalated", escalated, point.escalated_p99_ms, "ms")
    yield Step("p99", "nearest rank over all requests", point.p99_ms, "ms")
