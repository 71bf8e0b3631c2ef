"""Every number of a group: counts, ratios, costs and costs per something, and why some are missing.

The one place that divides; reports show these numbers and explanations lead to them. None is `n/a`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.analysis.measures import COMPONENTS
from finops.model.money import divide, multiply
from finops.model.tables import INPUT_TOKEN_COLUMNS, TOKEN_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from finops.analysis.measures import Group

__all__ = ["QUOTIENTS", "REASONS", "Quotient", "count_of", "known_cost", "numbers_of"]

_MILLION = 1_000_000

_NO_OBJECTIVE = "no service-level objective applies to a response: add [[slo]] to finops.toml"
_ASKED = "every run is priced only when asked: finops unit --runs"
_NOTHING_ASSUMED = "nothing in this cost hangs on assumed weights of tokens"
_ONE_KIND = "no work of exactly one kind was logged (work_units, work_unit_kind)"

REASONS = {
    "good_responses": _NO_OBJECTIVE,
    "slo_missed": _NO_OBJECTIVE,
    "slo_unknown": _NO_OBJECTIVE,
    "cost_per_good_response": "some responses are under no service-level objective, or none was good: "
    "add [[slo]] to finops.toml, or filter with --where",
    "successful_runs": "no run that ended logged an outcome",
    "cost_per_successful_run": "no run that ended logged a successful outcome",
    "cost_per_run_p50": _ASKED,
    "cost_per_run_p95": _ASKED,
    "cost_per_1k_embeddings": "embeddings here are part of requests or absent: a group of embeddings "
    "alone has a cost of its own (--by operation)",
    "cost_per_1k_reranks": "reranks here are part of requests or absent: a group of reranks alone has "
    "a cost of its own (--by operation)",
    "work_units": _ONE_KIND,
    "cost_per_work_unit": _ONE_KIND,
    "cost_low": _NOTHING_ASSUMED,
    "cost_high": _NOTHING_ASSUMED,
    "marginal_cost_factor": "what doubled traffic would need is read only when asked: "
    "finops unit --marginal, in parts: finops marginal",
}
"""Why a number can be null although there is work."""


class Quotient(NamedTuple):
    """A number that is cost times `units` over a count; `of` says of what."""

    units: int
    of: str


QUOTIENTS = {
    "cost_per_1k_requests": Quotient(1000, "requests"),
    "cost_per_million_tokens": Quotient(_MILLION, "total_tokens"),
    "cost_per_million_output_tokens": Quotient(_MILLION, "output_tokens"),
    "cost_per_response": Quotient(1, "responses"),
    "cost_per_good_response": Quotient(1, "good_responses"),
    "cost_per_run": Quotient(1, "runs"),
    "cost_per_successful_run": Quotient(1, "successful_runs"),
    "cost_per_1k_embeddings": Quotient(1000, "embedding_calls"),
    "cost_per_1k_reranks": Quotient(1000, "rerank_calls"),
}
"""Costs per something, and how each is made from the cost of a group."""


def known_cost(group: Group) -> Decimal | None:
    """What the group cost; None where there is work and nothing of it has a price."""
    cost = group.cost
    return None if group.unpriced_tokens and not cost else cost


def count_of(group: Group, name: str) -> int:
    """A count of the group by its name in reports."""
    return _counts(group)[name]


def _counts(group: Group) -> dict[str, int]:
    """Every count by its name in reports."""
    found = group.counts
    return found | {
        "runs": group.runs,
        "successful_runs": group.outcomes.successful,
        "input_tokens": sum([found[column] for column in INPUT_TOKEN_COLUMNS]),
        "total_tokens": sum([found[column] for column in TOKEN_COLUMNS]),
        "unpriced_tokens": group.unpriced_tokens,
    }


def numbers_of(group: Group) -> dict[str, Any]:
    """Every number by its name in JSON: integers, exact decimals, ratios as floats, mappings of them."""
    cost, counts = known_cost(group), _counts(group)
    found: dict[str, Any] = {name: counts[name] for name in _COUNTS}
    found |= dict.fromkeys(_OF_OBJECTIVES) if not group.under_slo else {}
    found["successful_runs"] = group.outcomes.successful if group.outcomes.with_outcome else None
    found["cost"] = cost
    low, high = (None, None) if cost is None else group.cost_range or (None, None)
    found |= {"cost_low": low, "cost_high": high, "list_equivalent": group.list_equivalent}
    found["components"] = None if cost is None else {n: group.components[n] for n in COMPONENTS}
    found |= _quotients(group, cost, counts)
    found["cost_per_run_p50"] = None if group.run_costs is None else group.run_costs.p50
    found["cost_per_run_p95"] = None if group.run_costs is None else group.run_costs.p95
    found |= {name: _timing(group, name) for name in ("latency_ms", "ttft_ms")}
    found["marginal_cost_factor"] = None if group.doubled is None else group.doubled.factor
    for name, (part, whole) in RATIOS.items():
        found[name] = counts[part] / counts[whole] if counts[whole] else None
    return found | _work(group, cost)


_OF_OBJECTIVES = ("good_responses", "slo_missed", "slo_unknown")

_COUNTS = (
    "requests",
    "attempts",
    "responses",
    *_OF_OBJECTIVES,
    "runs",
    "embedding_calls",
    "rerank_calls",
    *TOKEN_COLUMNS,
    "reasoning_tokens",
    "input_tokens",
    "total_tokens",
    "unpriced_tokens",
)

RATIOS = {
    "error_rate": ("errors", "attempts"),
    "retry_rate": ("retries", "attempts"),
    "cache_hit_rate": ("cache_read_tokens", "input_tokens"),
}
"""Ratios, each the quotient of two counts."""


def _quotients(
    group: Group, cost: Decimal | None, counts: Mapping[str, int]
) -> dict[str, Decimal | None]:
    """Cost over each count, where the whole cost is what that count costs."""
    if cost is None:
        return dict.fromkeys(QUOTIENTS)
    found = {}
    for name, (units, of) in QUOTIENTS.items():
        count = counts[of]
        bears = count and (name not in _OF_SOME or _bears_everything(group, name))
        found[name] = _per(cost, count, units) if bears else None
    return found


_OF_SOME = frozenset({"cost_per_good_response", "cost_per_1k_embeddings", "cost_per_1k_reranks"})
"""Quotients that are none where others than those counted cost something, too."""


def _bears_everything(group: Group, name: str) -> bool:
    """Good responses bear the cost of all that are judged; a service only where there are no requests."""
    counts = group.counts
    if name == "cost_per_good_response":
        return bool(group.under_slo) and group.under_slo == counts["responses"]
    if name == "cost_per_1k_embeddings":
        return not counts["requests"] and not counts["rerank_calls"]
    return not counts["requests"] and not counts["embedding_calls"]


def _work(group: Group, cost: Decimal | None) -> dict[str, Any]:
    """Work by kind; where there is one kind only, its number and cost stand by themselves as well."""
    kinds: dict[str, dict[str, Decimal | None]] = {}
    for kind, work in sorted(group.measured_work.items()):
        kinds[kind] = {
            "units": Decimal(work.millionths).scaleb(-6).normalize(),
            "cost": None if cost is None else work.cost,
            "cost_per_unit": None if cost is None else _per(work.cost, work.millionths, _MILLION),
        }
    only = next(iter(kinds.values())) if len(kinds) == 1 else {}
    return {
        "work": kinds or None,
        "work_units": only.get("units"),
        "cost_per_work_unit": only.get("cost_per_unit"),
    }


def _per(cost: Decimal | None, count: int, units: int = 1) -> Decimal | None:
    if cost is None or not count:
        return None
    return divide(cost if units == 1 else multiply(cost, units), count)


def _timing(group: Group, measure: str) -> dict[str, float | None]:
    found = group.quantiles.get(measure, {})
    return {name: found.get(name) for name in ("p50", "p95", "p99")}
