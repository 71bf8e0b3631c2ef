"""Authority in the reference: which rows of several logs of the same calls count, and what completes them.

Providers are told apart by their names in lower case; no price list is asked.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.analysis.reference.rows import Row

TAKEN = (
    "workflow", "workflow_run_id", "agent", "feature", "team", "tenant", "environment", "project",
    "api_key_id", "prompt_version", "workload_tier", "region", "caller_region", "store_region",
    "data_class", "outcome", "pool", "deployment", "trace_id", "ttft_ms", "queue_ms", "latency_ms",
)  # fmt: skip


def counting(rows: Sequence[Row], order: Sequence[str] = ()) -> list[Row]:
    """The rows that count, completed."""
    nameless = {_wide(row) for row in rows if row["project"] is None}
    scopes: dict[object, list[Row]] = defaultdict(list)
    for row in rows:
        scopes[_wide(row), None if _wide(row) in nameless else row["project"]].append(row)
    return [row for mine in scopes.values() for row in _count(mine, order)]


def _wide(row: Row) -> tuple[object, str]:
    provider = row["provider"]
    return None if provider is None else provider.casefold(), f"{row['day']:%Y-%m}"


def _age(row: Row) -> tuple[object, ...]:
    return row["timestamp"], row["request_id"], row["attempt"]


def _names(row: Row) -> set[tuple[object, ...]]:
    found: set[tuple[object, ...]] = {
        ("id", row["request_id"]),
        ("call", row["call_id"], row["attempt"]),
    }
    if row["attributes"] and row["attributes"].get("response_id"):
        found.add(("id", row["attributes"]["response_id"]))
    if row["trace_id"] is not None and row["span_id"] is not None:
        found.add(("span", row["trace_id"], row["span_id"]))
    return found


def _is_same(one: Row, other: Row) -> bool:
    near = abs(one["timestamp"] - other["timestamp"]) <= timedelta(hours=1)
    return near and bool(_names(one) & _names(other))


def _count(rows: Sequence[Row], order: Sequence[str]) -> list[Row]:
    logs: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        logs[row["source_id"]].append(row)

    def rank(source: str) -> tuple[int, int, str]:
        place = order.index(source) if source in order else len(order)
        return place, -len(logs[source]), source

    kept: dict[str, list[Row]] = {}
    given: dict[int, list[Row]] = defaultdict(list)
    for source in sorted(logs, key=rank):
        mine = logs[source]
        shared = {
            other: [row for row in mine if any(_is_same(row, each) for each in logs[other])]
            for other in kept
        }
        same = next((o for o in kept if 2 * len(shared[o]) >= min(len(mine), len(logs[o]))), None)
        yields = {same: shared[same]} if same is not None else shared
        gone = {id(row) for found in yields.values() for row in found}
        for other, found in yields.items():
            taken: dict[int, Row] = {}
            for row in sorted(found, key=_age):
                first = min((each for each in logs[other] if _is_same(row, each)), key=_age)
                taken.setdefault(id(first), row)
            for place, row in taken.items():
                given[place].append(row)
        if same is None:
            kept[source] = [row for row in mine if id(row) not in gone]
    return [_completed(row, given[id(row)]) for found in kept.values() for row in found]


def _completed(row: Row, others: Sequence[Row]) -> Row:
    made = dict(row)
    for name in TAKEN:
        for other in others:
            if made[name] is None:
                made[name] = other[name]
    return made
