"""Attempts of the reference: which of a call is final, its fate, and what a run sends again."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.analysis.reference.rows import DAY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.analysis.reference.rows import Attempt, Row


def judge(attempts: Sequence[Attempt], slos: Sequence[Row] = ()) -> None:
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
        elif each.is_generation:
            each.judged = verdict(mine, slos)
            if each.judged == "missed":
                each.fate = "slo_miss"


def verdict(row: Row, slos: Sequence[Row]) -> str | None:
    """How a response did against the first objective whose patterns all hold."""
    for slo in slos:
        patterns = {name: slo[name] for name in ("workflow", "agent", "deployment") if name in slo}
        if any(
            row[name] is None or not fnmatchcase(row[name], pattern)
            for name, pattern in patterns.items()
        ):
            continue
        tokens, ttft, latency = row["output_tokens"] or 0, row["ttft_ms"], row["latency_ms"]
        verdicts = []
        for name, value in (("ttft_ms", ttft), ("latency_ms", latency)):
            if name in slo:
                verdicts.append(None if value is None else value <= slo[name])
        if "tpot_ms" in slo and tokens > 1:
            is_known = ttft is not None and latency is not None
            verdicts.append(latency - ttft <= slo["tpot_ms"] * (tokens - 1) if is_known else None)
        if False in verdicts:
            return "missed"
        return "unknown" if None in verdicts else "met"
    return None


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
