"""One group of unit economics as a row: every number under its JSON name, and why some are missing."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from finops.analysis.measures import COMPONENTS
from finops.model.money import divide, multiply
from finops.model.tables import INPUT_TOKEN_COLUMNS, TOKEN_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from finops.analysis.measures import Group
    from finops.report.model import Cell, Row

__all__ = ["REASONS", "missing", "unit_row"]

_MILLION = 1_000_000

_NO_OBJECTIVE = "no service-level objective applies to a response: add [[slo]] to finops.toml"
_ASKED = "every run is priced only when asked: finops unit --runs"

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
    "work_units": "no work of exactly one kind was logged (work_units, work_unit_kind)",
    "cost_per_work_unit": "no work of exactly one kind was logged (work_units, work_unit_kind)",
    "cost_low": "nothing in this cost hangs on assumed weights of tokens",
    "cost_high": "nothing in this cost hangs on assumed weights of tokens",
    "marginal_cost_factor": "what doubled traffic would need is another question: finops marginal",
}
"""Why a number can be null."""


def missing(rows: Iterable[Row]) -> dict[str, str]:
    """Of the numbers that are null in every one of `rows`, why."""
    found = list(rows)
    return {name: why for name, why in REASONS.items() if all(row[name] is None for row in found)}


def unit_row(group: Group, by: Sequence[str], *, has_bill: bool = True) -> Row:
    """Every measure of `group` under its name in JSON; None is `n/a`. Without a bill costs are list."""
    counts = group.counts
    inputs = sum(counts[name] for name in INPUT_TOKEN_COLUMNS)
    tokens = inputs + counts["output_tokens"]
    cost = None if _is_unpriced(group) else group.cost
    row: dict[str, Cell] = {name: _key(value) for name, value in zip(by, group.keys, strict=True)}
    row |= {name: counts[name] for name in ("requests", "attempts", "responses")}
    row |= _quality(group, cost)
    row |= _runs(group, cost)
    row |= {name: counts[name] for name in (*TOKEN_COLUMNS, "reasoning_tokens")}
    row |= {
        "input_tokens": inputs,
        "total_tokens": tokens,
        "unpriced_tokens": group.unpriced_tokens,
        "cost": cost,
        "cost_low": None if cost is None or group.cost_range is None else group.cost_range[0],
        "cost_high": None if cost is None or group.cost_range is None else group.cost_range[1],
        "list_equivalent": group.list_equivalent,
        "components": None if cost is None else {n: group.components[n] for n in COMPONENTS},
        "cost_per_1k_requests": _per(cost, counts["requests"], 1000),
        "cost_per_million_tokens": _per(cost, tokens, _MILLION),
        "cost_per_million_output_tokens": _per(cost, counts["output_tokens"], _MILLION),
        "cost_per_response": _per(cost, counts["responses"]),
        "marginal_cost_factor": None,
        "latency_ms": _timing(group, "latency_ms"),
        "ttft_ms": _timing(group, "ttft_ms"),
        "error_rate": _ratio(counts["errors"], counts["attempts"]),
        "retry_rate": _ratio(counts["retries"], counts["attempts"]),
        "cache_hit_rate": _ratio(counts["cache_read_tokens"], inputs),
        "cost_basis": _basis(group, cost, has_bill=has_bill),
    }
    row |= _services(group, cost)
    row |= _work(group, cost)
    return row


def _quality(group: Group, cost: Decimal | None) -> dict[str, Cell]:
    """Good responses bear the whole cost; with a response under no objective nobody can say."""
    counts, judged = group.counts, group.under_slo
    all_judged = judged and judged == counts["responses"]
    row: dict[str, Cell] = {
        name: counts[name] if judged else None
        for name in ("good_responses", "slo_missed", "slo_unknown")
    }
    good = _per(cost, counts["good_responses"]) if all_judged else None
    return row | {"cost_per_good_response": good}


def _runs(group: Group, cost: Decimal | None) -> dict[str, Cell]:
    known = group.outcomes
    return {
        "runs": group.runs,
        "successful_runs": known.successful if known.with_outcome else None,
        "cost_per_run": _per(cost, group.runs),
        "cost_per_run_p50": None if group.run_costs is None else group.run_costs.p50,
        "cost_per_run_p95": None if group.run_costs is None else group.run_costs.p95,
        "cost_per_successful_run": _per(cost, known.successful),
    }


def _services(group: Group, cost: Decimal | None) -> dict[str, Cell]:
    """Embeddings and reranks; only where there are no requests are they what the cost is of."""
    counts = group.counts
    embeddings, reranks = counts["embedding_calls"], counts["rerank_calls"]
    alone = not counts["requests"]
    return {
        "embedding_calls": embeddings,
        "rerank_calls": reranks,
        "cost_per_1k_embeddings": _per(cost, embeddings, 1000) if alone and not reranks else None,
        "cost_per_1k_reranks": _per(cost, reranks, 1000) if alone and not embeddings else None,
    }


def _work(group: Group, cost: Decimal | None) -> dict[str, Cell]:
    """Work by kind; where there is one kind only, its number and cost stand in the row as well."""
    kinds: dict[str, dict[str, Cell]] = {}
    for kind, work in sorted(group.work.items()):
        units = Decimal(work.millionths).scaleb(-6)
        kinds[kind] = {
            "units": units.normalize(),
            "cost": None if cost is None else work.cost,
            "cost_per_unit": None if cost is None else _per(work.cost, work.millionths, _MILLION),
        }
    only = next(iter(kinds.values())) if len(kinds) == 1 else {}
    return {
        "work": kinds or None,
        "work_units": only.get("units"),
        "cost_per_work_unit": only.get("cost_per_unit"),
    }


def _key(value: object) -> Cell:
    return value if value is None or isinstance(value, bool) else str(value)


def _is_unpriced(group: Group) -> bool:
    """Whether there is work and nothing of it has a price: its cost is not zero but unknown."""
    return bool(group.unpriced_tokens) and not group.cost


def _per(cost: Decimal | None, count: int, units: int = 1) -> Decimal | None:
    return None if cost is None or not count else divide(multiply(cost, units), count)


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _timing(group: Group, measure: str) -> dict[str, Cell]:
    found = group.quantiles.get(measure, {})
    return {name: found.get(name) for name in ("p50", "p95", "p99")}


def _basis(group: Group, cost: Decimal | None, *, has_bill: bool) -> str | None:
    if cost is None:
        return None
    if not has_bill:
        return "list"
    if not group.list_cost:
        return "billed"
    return "list" if group.list_cost == cost else "mixed"
