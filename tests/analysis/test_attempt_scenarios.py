"""Unit economics as a manual: what goes in, what is asked, and the exact answer, worked out by hand.

Book prices per million tokens: model-a 2 for input, 0.5 for cache reads, 3 for cache writes (4 when kept
for an hour), 10 for output; model-b 1 for input and 4 for output; model-x has none.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from finops.model.period import parse_month
from finops.report.unit_row import unit_row
from tests.analysis.ledgers import (
    MODEL,
    add,
    ask,
    make_ledger,
    parts,
    request,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.analysis.ledgers import Row

D = Decimal
NOVEMBER = parse_month("2026-11")


# --- failure -----------------------------------------------------------------------------------


def call(attempt: int, status: str, when: str = "2026-10-05T12:00:00", **given: object) -> Row:
    return request(
        f"c1-{attempt}",
        when,
        call_id="c1",
        attempt=attempt,
        status=status,
        output_tokens=100_000,
        **given,
    )


def test_a_superseded_attempt_of_an_ok_call_is_retried(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path, requests=[call(1, "timeout"), call(2, "error"), call(3, "ok")])
    group = ask(ledger).total
    assert parts(group) == {"retried": D(2), "tokens_output": D(1)}
    row = unit_row(group, ())
    assert (row["attempts"], row["requests"], row["responses"]) == (3, 1, 1)
    assert row["retry_rate"] == pytest.approx(2 / 3)
    assert row["error_rate"] == pytest.approx(2 / 3)
    assert row["cost_per_response"] == D(3)


def test_every_attempt_of_a_failed_call_is_failed(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path, requests=[call(1, "error"), call(2, "blocked")])
    group = ask(ledger).total
    assert parts(group) == {"failed": D(2)}
    row = unit_row(group, ())
    assert (row["attempts"], row["requests"], row["responses"]) == (2, 1, 0)
    assert row["cost_per_1k_requests"] == D(2000)
    assert row["cost_per_response"] is None


def test_every_attempt_of_a_cancelled_call_is_cancelled(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path, requests=[call(1, "error"), call(2, "cancelled")])
    group = ask(ledger).total
    assert parts(group) == {"cancelled": D(2)}
    assert group.counts["errors"] == 1


def test_a_fallback_to_another_model_is_one_request(tmp_path: Path) -> None:
    ledger = make_ledger(
        tmp_path, requests=[call(1, "error"), call(2, "ok", request_model="model-b")]
    )
    answer = ask(ledger, None, "model")
    assert {g.keys[0]: parts(g) for g in answer.groups} == {
        "model-a": {"retried": D(1)},
        "model-b": {"tokens_output": D("0.4")},
    }
    assert answer.total.counts["requests"] == 1


def test_the_same_call_id_of_two_sources_is_two_calls(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path, requests=[call(1, "ok", source_id="a"), call(2, "error")])
    assert parts(ask(ledger).total) == {"tokens_output": D(1), "failed": D(1)}


def test_a_retry_after_midnight_counts_and_one_two_days_later_does_not(tmp_path: Path) -> None:
    late = call(2, "ok", "2026-10-06T00:00:01")
    group = ask(make_ledger(tmp_path / "a", requests=[call(1, "error"), late])).total
    assert parts(group) == {"retried": D(1), "tokens_output": D(1)}
    later = call(2, "ok", "2026-10-07T00:00:01")
    group = ask(make_ledger(tmp_path / "b", requests=[call(1, "error"), later])).total
    assert parts(group) == {"failed": D(1), "tokens_output": D(1)}
    assert group.counts["requests"] == 2


def test_a_retry_in_the_next_month_decides_the_month_it_began_in(tmp_path: Path) -> None:
    first = call(1, "error", "2026-10-31T23:59:59")
    ledger = make_ledger(tmp_path, requests=[first, call(2, "ok", "2026-11-01T00:00:01")])
    assert parts(ask(ledger).total) == {"retried": D(1)}
    assert ask(ledger).total.counts["requests"] == 0
    assert parts(ask(ledger, period=NOVEMBER).total) == {"tokens_output": D(1)}


def test_a_retry_loaded_the_next_day_changes_what_yesterday_shows(tmp_path: Path) -> None:
    """Roll-ups of a day depend on its neighbours, so they are made again."""
    ledger = make_ledger(tmp_path, requests=[call(1, "error")])
    assert parts(ask(ledger, None, "day").groups[0]) == {"failed": D(1)}
    add(ledger, "requests", [call(2, "ok", "2026-10-06T00:10:00")])
    answer = ask(ledger, None, "day")
    assert {g.keys[0]: parts(g) for g in answer.groups} == {
        "2026-10-05": {"retried": D(1)},
        "2026-10-06": {"tokens_output": D(1)},
    }
    add(ledger, "requests", [call(3, "cancelled", "2026-10-07T00:10:00")])
    answer = ask(ledger, None, "day")
    assert {g.keys[0]: parts(g) for g in answer.groups} == {
        "2026-10-05": {"retried": D(1)},
        "2026-10-06": {"cancelled": D(1)},
        "2026-10-07": {"cancelled": D(1)},
    }


# --- runs --------------------------------------------------------------------------------------


def step(name: str, when: str, size: int, run: str = "run-1", **given: object) -> Row:
    return request(
        name,
        when,
        workflow="agent",
        workflow_run_id=run,
        uncached_input_tokens=size,
        **given,
    )


def test_context_growth_is_the_input_a_run_sends_again(tmp_path: Path) -> None:
    """100k, then 250k of which 100k were sent before, then 50k, all sent before."""
    ledger = make_ledger(
        tmp_path,
        requests=[
            step("r1", "2026-10-05T12:00:00", 100_000),
            step("r2", "2026-10-05T12:01:00", 250_000),
            step("r3", "2026-10-05T12:02:00", 50_000),
            step("r4", "2026-10-05T12:03:00", 70_000, agent="other"),
        ],
    )
    assert parts(ask(ledger).total) == {
        "tokens_input": D("0.64"),  # 100k + 150k + 0 + 70k at 2 per million
        "context_growth": D("0.3"),  # 100k + 50k
    }


def test_what_is_sent_again_is_first_what_the_cache_read(tmp_path: Path) -> None:
    """Again: 300k, of which the cache read 200k at 0.5 and 100k were read at full price of 2."""
    ledger = make_ledger(
        tmp_path,
        requests=[
            step("r1", "2026-10-05T12:00:00", 300_000),
            step("r2", "2026-10-05T12:01:00", 400_000, cache_read_tokens=200_000),
        ],
    )
    assert parts(ask(ledger).total) == {
        "tokens_input": D("1.2"),
        "context_growth": D("0.3"),
    }


@pytest.mark.parametrize(
    ("before", "after", "growth"),
    [
        ("2026-10-05T23:59:59", "2026-10-06T00:00:01", "0.2"),
        ("2026-10-05T00:00:00", "2026-10-06T23:59:59", "0.2"),
        ("2026-10-05T23:59:59", "2026-10-07T00:00:00", "0"),
    ],
)
def test_a_run_crosses_one_midnight_between_calls(
    tmp_path: Path, before: str, after: str, growth: str
) -> None:
    ledger = make_ledger(
        tmp_path, requests=[step("r1", before, 100_000), step("r2", after, 100_000)]
    )
    assert ask(ledger).total.components["context_growth"] == D(growth)


def test_a_run_is_counted_in_the_month_it_ends_in(tmp_path: Path) -> None:
    ledger = make_ledger(
        tmp_path,
        requests=[
            step("r1", "2026-10-31T23:00:00", 1000),
            step("r2", "2026-11-01T01:00:00", 1000),
            step("r3", "2026-10-20T01:00:00", 1000, run="run-2"),
            step("r4", "2026-10-21T01:00:00", 1000, run="run-2"),
            step("r5", "2026-10-21T01:00:00", 1000, run="run-2", source_id="other"),
        ],
    )
    assert ask(ledger).total.runs == 2  # run-2 of each source
    assert ask(ledger, period=NOVEMBER).total.runs == 1
    assert ask(ledger, period=None).total.runs == 3
    assert {g.keys: g.runs for g in ask(ledger, None, "day").groups} == {
        ("2026-10-20",): 0,
        ("2026-10-21",): 2,
        ("2026-10-31",): 0,
    }


def test_a_run_of_two_model_spellings_ends_once(tmp_path: Path) -> None:
    """Asked for by one name on the first day and answered under it on the second: one model, one run."""
    ledger = make_ledger(
        tmp_path,
        requests=[
            step("r1", "2026-10-05T12:00:00", 1000),
            step("r2", "2026-10-06T12:00:00", 1000, response_model=MODEL),
        ],
    )
    answer = ask(ledger, None, "model", "day")
    assert {g.keys: g.runs for g in answer.groups} == {
        (MODEL, "2026-10-05"): 0,
        (MODEL, "2026-10-06"): 1,
    }
