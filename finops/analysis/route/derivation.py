"""How the answer at each threshold comes about: a sheet of steps, each a formula over inputs and steps above it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.derived.arithmetic import amount, count
from finops.analysis.derived.sheet import PARTS, leading_to, of_sheet
from finops.analysis.derived.table import Row, Table
from finops.analysis.route.costs import Design, largest_cost_ratio, parts
from finops.model.money import divide, multiply, total

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from finops.analysis.explanation import Line, Value
    from finops.analysis.route.answer import Routing
    from finops.analysis.route.sweep import Point

__all__ = ["TOLD", "missing_numbers", "route_table"]

_MILLION = 1_000_000

TOLD = {
    "threshold": "confidence from which the small model's answer is kept",
    "kept_share": "requests the small model answers / all requests",
    "escalation_rate": "requests that end at the large model / all requests",
    "forced_share": "requests sent to the large model by their risk class / all requests",
    "accuracy": "right answers of the mix / requests with both models' answers judged",
    "quality_delta": "accuracy - accuracy of the large model alone, on the same requests",
    "kept_accuracy": "right answers among the small model's that are kept / those judged",
    "blended_cost_ratio": "cost of the mix / cost of the large model for everything",
    "saving": "1 - blended_cost_ratio",
    "cost_per_request": "blended_cost_ratio x what a request to the large model costs",
    "escalated_p99_ms": "nearest-rank 99th percentile of the time of requests that are sent on",
    "p99_ms": "nearest-rank 99th percentile of the time of all requests",
}
"""What each number of a threshold is."""

_BESIDE = ("break_even_escalation", "break_even_cost_ratio", "break_even_utilization")
"""Steps that a threshold's derivation shows although they are in no column."""


_RANKS = {name: f"{name}_rank" for name in ("escalated_p99_ms", "p99_ms")}


def route_table(found: Routing) -> Table:
    """A row for each threshold."""
    missing = missing_numbers(found)
    money = found.plan.money
    period = None if money is None else money.period
    return Table(tuple(_row(found, point, missing) for point in found.points), None, period)


def _row(found: Routing, point: Point, missing: Mapping[str, str]) -> Row:
    money = found.plan.money
    values: dict[str, Value] = {**found.numbers_at(point)}
    sheet = (
        *_inputs(found),
        *_counts(found, point),
        *_cost(found, point),
        *_breaks_even(found, point),
        *_quality(found, point),
        *_delay(found, point),
    )
    currency = None if money is None else money.currency
    every = leading_to(sheet, (*TOLD, *_BESIDE), why=missing, beside=_RANKS)
    numbers = of_sheet(sheet, TOLD, values, why=missing, beside=_RANKS)
    return Row({"threshold": f"{point.threshold:f}"}, numbers, currency, sheet=every)


def _inputs(found: Routing) -> Iterator[Line]:
    plan = found.plan
    hosted, large = plan.self_hosted, plan.large_cost_per_million_tokens
    if hosted is not None:
        yield amount("small_per_hour", hosted.cost_per_hour, "--small-cost-per-hour", "an hour")
        yield count("tokens_per_second", hosted.tokens_per_second, None, "--tokens-per-second")
        yield count("utilization", hosted.utilization, "of its tokens", "--utilization")
        yield amount(
            "small_per_million",
            hosted.cost_per_million_tokens,
            f"= small_per_hour x {_MILLION} / (tokens_per_second x utilization x 3600)",
            "a million tokens",
        )
    if plan.money is not None:
        yield from plan.money.how
        formula = "= small / large"
    elif hosted is not None and large is not None:
        yield amount("large_per_million", large, "--large-cost-per-million", "a million tokens")
        formula = "= small_per_million / large_per_million"
    else:
        formula = "--cost-ratio"
    costs = plan.costs
    yield count("cost_ratio", costs.small, "of a large request", formula)
    yield count("verifier", costs.verifier, "of a large request", "--verifier-cost-ratio")
    yield count("context_growth", costs.context_growth, "of a large request", "--context-growth")
    yield count("router", costs.router, "of a large request", "--router-cost-ratio")


def _counts(found: Routing, point: Point) -> Iterator[Line]:
    split = point.split
    never = ", ".join(found.plan.never_small) or "none"
    yield count("threshold", point.threshold, "of confidence", "--thresholds, or 0, 0.05 … 1")
    told = "scored requests whose confidence is {} the threshold, none of a forced class"
    yield count("kept", split.kept, "requests", told.format("at or above"))
    yield count("escalated", split.escalated, "requests", told.format("below"))
    yield count("forced", split.forced, "requests", f"of a class that never stays small: {never}")
    yield count("requests", split.requests, "requests", "= kept + escalated + forced")
    yield count("kept_share", split.kept / split.requests, "of all", "= kept / requests")
    at_large = (split.escalated + split.forced) / split.requests
    yield count("escalation_rate", at_large, "of all", "= (escalated + forced) / requests")
    yield count("forced_share", split.forced / split.requests, "of all", "= forced / requests")


_ASKED = {
    Design.CASCADE: {
        "small model": "(kept + escalated) x cost_ratio",
        "verifier": "(kept + escalated) x verifier",
        "large model": "escalated",
        "context growth": "escalated x context_growth",
        "large, by class": "forced",
    },
    Design.ROUTER: {
        "router": "(kept + escalated) x router",
        "small model": "kept x cost_ratio",
        "large model": "escalated",
        "large, by class": "forced",
    },
}
"""What each part of the cost is, in large requests."""


def _cost(found: Routing, point: Point) -> Iterator[Line]:
    plan, unit = found.plan, "large requests"
    terms = parts(point.split, plan.costs, plan.design)
    for part in terms:
        yield count(f"paid: {part.name}", part.amount, unit, f"= {_ASKED[plan.design][part.name]}")
    paid = total(part.amount for part in terms)
    yield count("paid", paid, unit, f"{PARTS}paid")
    ratio = point.blended_cost_ratio
    yield count("blended_cost_ratio", ratio, "of all-large", "= paid / requests")
    yield count("saving", point.saving, "of all-large", "= 1 - blended_cost_ratio")
    money = plan.money
    if money is None:
        yield count("cost_per_request", None, None, "only a cost ratio is known, no amounts")
    else:
        each = multiply(ratio, money.large)
        yield amount("cost_per_request", each, "= blended_cost_ratio x large", money.currency)


def _breaks_even(found: Routing, point: Point) -> Iterator[Line]:
    plan = found.plan
    costs, unit = plan.costs, "of a large request"
    cascade = plan.design is Design.CASCADE
    formula = "= 1 - (1 - forced / requests) x router / (1 - cost_ratio)"
    asked = "kept"
    others = "(kept + escalated) x router + escalated + forced"
    if cascade:
        room = "(1 - forced / requests) x (1 - cost_ratio - verifier) / (1 + context_growth)"
        formula = f"= forced / requests + {room}"
        asked = "(kept + escalated)"
        others = "(kept + escalated) x verifier + escalated x (1 + context_growth) + forced"
    if found.break_even is not None:
        yield count("break_even_escalation", found.break_even, "of all", formula)
    largest = largest_cost_ratio(point.split, costs, plan.design)
    if largest is None:
        return
    yield count("break_even_cost_ratio", largest, unit, f"= (requests - ({others})) / {asked}")
    if plan.self_hosted is not None and largest:
        busy = divide(multiply(plan.self_hosted.utilization, costs.small), largest)
        text = "= utilization x cost_ratio / break_even_cost_ratio"
        yield count("break_even_utilization", busy, "of its tokens", text)


def _quality(found: Routing, point: Point) -> Iterator[Line]:
    judged, quality = found.judged, point.quality
    both = "requests with both models' answers judged"
    yield count("judged", judged, "requests", both)
    yield count("right", quality.right, "answers", f"quality of what the mix answers, of {both}")
    yield count("accuracy", point.accuracy, "of those judged", "= right / judged")
    told = f"quality of the large model's answers, of {both}"
    yield count("large_right", quality.large_right, "answers", told)
    yield count(
        "large_accuracy", quality.large_accuracy, "of those judged", "= large_right / judged"
    )
    yield count("quality_delta", point.quality_delta, None, "= accuracy - large_accuracy")
    kept = "the small model's answers that are kept and judged"
    yield count("kept_judged", quality.kept_judged, "answers", kept)
    yield count("kept_right", quality.kept_right, "answers", f"quality of {kept}")
    yield count("kept_accuracy", point.kept_accuracy, "of those", "= kept_right / kept_judged")


def _delay(found: Routing, point: Point) -> Iterator[Line]:
    both = ", both models' times added" if found.plan.design is Design.CASCADE else ""
    for name, value, of, who in (
        ("escalated_p99_ms", point.escalated_p99_ms, "escalated", f"requests sent on{both}"),
        ("p99_ms", point.p99_ms, "requests", "all requests, each by the model that answers"),
    ):
        of_all = point.split.escalated if of == "escalated" else point.split.requests
        if value is None:
            yield count(name, None, None, "both models' times of a request are needed")
            continue
        rank = -(-99 * of_all // 100)
        yield count(f"{name}_rank", rank, "in ascending order", f"= ceil(99 x {of} / 100)")
        told = f"time of number {rank} of {who}, in ascending order"
        yield count(name, value, "ms", told)


def missing_numbers(found: Routing) -> dict[str, str]:
    """Numbers that are null in every row, and why."""
    missing = {}
    if not found.judged:
        why = "no request has both models' answers judged (--small-correct, --large-correct)"
        missing.update(dict.fromkeys(("accuracy", "quality_delta"), why))
    if found.all_small_accuracy is None:
        missing["kept_accuracy"] = "no answer of the small model is judged (--small-correct)"
    if found.plan.money is None:
        missing["cost_per_request"] = "only a cost ratio is known, no amounts"
    for name in ("escalated_p99_ms", "p99_ms"):
        if all(getattr(point, name) is None for point in found.points):
            missing[name] = (
                "both models' latencies of a request are needed (--small-latency, --large-latency)"
            )
    return missing
