"""Attempts of the reference: which of a call is final, its fate, and what a run sends again."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from fnmatch import fnmatchcase
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.analysis.reference.rows import DAY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.analysis.reference.rows import Attempt, Row, Slo


def judge(attempts: Sequence[Attempt], objectives: Sequence[Slo] = ()) -> None:
    """Say of each attempt whether it ended its call, and what became of its cost."""
    calls: dict[tuple[str, str], list[Attempt]] = defaultdict(list)
    for each in attempts:
        calls[each.row["source_id"], each.row["call_id"]].append(each)
    for each in attempts:
        mine = each.row
        seen = [
            other.row
            for other in calls[mine["source_id"], mine["call_id"]]
            if other.row["day"] - mine["day"] in {timedelta(0), DAY}
            and other.row["attempt"] > mine["attempt"]
        ]
        each.is_final = not seen
        last = max(
            seen,
            default=mine,
            key=lambda row: (row["attempt"], row["timestamp"], row["request_id"]),
        )
        if last["status"] == "cancelled":
            each.fate = "cancelled"
        elif last["status"] != "ok":
            each.fate = "failed"
        elif seen:
            each.fate = "retried"
        if each.is_generation and each.is_final and mine["status"] == "ok":
            each.verdict = verdict(mine, objectives)
            if each.verdict == "missed" and each.fate == "ok":
                each.fate = "slo_miss"


def verdict(row: Row, objectives: Sequence[Slo]) -> str | None:
    """How a response did against the first objective it falls under."""
    for each in objectives:
        patterns = {name: getattr(each, name) for name in ("workflow", "agent", "deployment")}
        if all(
            pattern is None or (row[name] is not None and fnmatchcase(row[name], pattern))
            for name, pattern in patterns.items()
        ):
            return _against(row, each)
    return None


def _against(row: Row, slo: Slo) -> str:
    tokens = row["output_tokens"] or 0
    latency, first = (
        None if row[name] is None else Fraction(row[name]) for name in ("latency_ms", "ttft_ms")
    )
    further = None if latency is None or first is None else latency - first
    each = Fraction(0) if tokens <= 1 else None if further is None else further / (tokens - 1)
    results = [
        None if value is None else value <= Fraction(limit)
        for value, limit in (
            (first, slo.ttft_ms),
            (latency, slo.latency_ms),
            (each, slo.tpot_ms),
        )
        if limit is not None
    ]
    if False in results:
        return "missed"
    return "unknown" if None in results else "met"


def link(attempts: Sequence[Attempt]) -> None:
    """Say of each call of a run how much of its input the call before had sent."""
    runs: dict[tuple[str, str, str], list[Attempt]] = defaultdict(list)
    for each in attempts:
        row = each.row
        if each.is_request and row["workflow_run_id"] is not None:
            runs[row["workflow_run_id"], row["source_id"], row["agent"] or ""].append(each)
    for calls in runs.values():
        calls.sort(key=lambda a: (a.row["timestamp"], a.row["request_id"], a.row["attempt"]))
        for before, each in pairwise(calls):
            if each.row["day"] - before.row["day"] <= DAY:
                again = min(before.input, each.input)
                each.resent_cached = min(again, each.count("cache_read"))
                each.resent_uncached = min(again - each.resent_cached, each.count("uncached_input"))
