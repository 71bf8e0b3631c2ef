"""Two logs of the same calls: one counts, completed from the other, and nothing is lost without a word."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from finops.analysis.authority import Common, Logged, Ruling, Scope, contested, rule
from finops.report.unit import unit_report
from tests.analysis.ledgers import add, ask, config, costs_by, make_ledger, request, tokens

if TYPE_CHECKING:
    from pathlib import Path

    from tests.analysis.ledgers import Row

D = Decimal
SCOPE = Scope("2026-10", "fakeai", None)


def gateway(number: int, **given: Any) -> Row:  # noqa: ANN401  (any column)
    values = {"source_id": "gateway", "call_id": f"lite-{number}", "output_tokens": 100_000}
    return request(f"chatcmpl-{number}", f"2026-10-05T12:00:{number:02}", **(values | given))


def traced(number: int, **given: Any) -> Row:  # noqa: ANN401  (any column)
    values = {
        "source_id": "otel",
        "call_id": f"trace{number}:span",
        "trace_id": f"trace{number}",
        "span_id": "span",
        "attributes": {"response_id": f"chatcmpl-{number}"},
        "workflow": "rag",
        "output_tokens": 99_999,
    }
    return request(f"trace{number}:span", f"2026-10-05T12:00:{number:02}", **(values | given))


@pytest.mark.parametrize("use_rollups", [True, False])
def test_the_larger_log_counts_and_the_other_completes_it(
    tmp_path: Path, *, use_rollups: bool
) -> None:
    log = [gateway(n) for n in range(10)] + [traced(n) for n in range(4, 11)]
    answer = ask(make_ledger(tmp_path, requests=log), None, "workflow", use_rollups=use_rollups)
    assert answer.total.counts["requests"] == 10
    assert answer.total.counts["output_tokens"] == 1_000_000
    assert costs_by(answer) == {"rag": D(6), None: D(4)}
    assert answer.set_aside == (Ruling(SCOPE, "otel", ("gateway",), True, 7, 6, 1),)
    report = unit_report(answer)
    assert report.extras["set_aside"] == [
        {
            "provider": "fakeai", "project": None, "month": "2026-10", "source": "otel",
            "believed": ["gateway"], "rows": 7, "set_aside": 7, "matched": 6, "unmatched": 1,
        }
    ]  # fmt: skip
    assert (
        "7 rows of otel (fakeai, 2026-10) are set aside: gateway logs the same calls; "
        "1 of them only otel has." in report.notes
    )


def test_the_order_in_finops_toml_comes_first(tmp_path: Path) -> None:
    log = [gateway(n) for n in range(10)] + [traced(n) for n in range(4, 10)]
    setup = config(requests={"authority": ["otel"]})
    answer = ask(make_ledger(tmp_path, requests=log), setup)
    assert answer.total.counts["requests"] == 6
    assert answer.set_aside[0].source == "gateway"
    assert (answer.set_aside[0].matched, answer.set_aside[0].unmatched) == (6, 4)


def test_logs_without_common_calls_both_count(tmp_path: Path) -> None:
    log = [gateway(n) for n in range(5)] + [traced(n) for n in range(20, 25)]
    answer = ask(make_ledger(tmp_path, requests=log))
    assert answer.total.counts["requests"] == 10
    assert answer.set_aside == ()


def test_logs_that_overlap_a_little_both_count_but_no_attempt_twice(tmp_path: Path) -> None:
    log = [gateway(n) for n in range(10)] + [traced(n) for n in range(8, 18)]
    answer = ask(make_ledger(tmp_path, requests=log), None, "source")
    assert {g.keys[0]: g.counts["requests"] for g in answer.groups} == {"gateway": 10, "otel": 8}
    assert answer.set_aside == (Ruling(SCOPE, "otel", ("gateway",), False, 10, 2, 1),)
    assert "2 rows of otel (fakeai, 2026-10) are set aside: gateway has the same attempts." in (
        unit_report(answer).notes
    )


@pytest.mark.parametrize(
    ("other", "requests"),
    [
        ({"request_id": "chatcmpl-1"}, 1),
        ({"attributes": {"response_id": "chatcmpl-1"}}, 1),
        ({"trace_id": "t", "span_id": "s"}, 1),
        ({"trace_id": "t", "span_id": "x"}, 2),
        ({"call_id": "lite-1"}, 1),
        ({"call_id": "lite-1", "attempt": 2}, 2),
        ({"request_id": "chatcmpl-1", "timestamp": "late"}, 2),
        ({"request_id": "chatcmpl-1", "provider": "otherai"}, 2),
        ({"request_id": "chatcmpl-1", "provider": "FakeAI"}, 1),
        ({"request_id": "chatcmpl-1", "project": "p1"}, 1),
    ],
)
def test_what_makes_two_rows_one_attempt(
    tmp_path: Path, other: dict[str, Any], requests: int
) -> None:
    first = gateway(1, trace_id="t", span_id="s")
    given = {"source_id": "otel", **other}
    moment = (
        "2026-10-05T13:00:01" if given.pop("timestamp", None) is None else "2026-10-05T13:00:02"
    )
    name = given.pop("request_id", "else")
    ledger = make_ledger(tmp_path, requests=[first, request(name, moment, **given)])
    assert ask(ledger).total.counts["attempts"] == requests


def test_of_several_rows_that_fit_the_earliest_is_completed(tmp_path: Path) -> None:
    """The gateway logged the streamed call twice, in one span; what the tracer knows goes to the first row."""
    twice = [gateway(n, trace_id="t", span_id="s") for n in (2, 1)]
    other = traced(3, trace_id="t", span_id="s", attributes=None)
    answer = ask(make_ledger(tmp_path, requests=[*twice, other]), None, "workflow", "request_id")
    assert costs_by(answer) == {("rag", "chatcmpl-1"): D(1), (None, "chatcmpl-2"): D(1)}


def test_of_several_rows_set_aside_for_one_the_earliest_completes_it(tmp_path: Path) -> None:
    """Two spans of one answer, a second apart: the first says the workflow, whatever they are called."""
    response = {"response_id": "chatcmpl-1"}
    spans = [
        {**traced(moment, attributes=response, span_id=name, workflow=name), "request_id": name}
        for moment, name in ((2, "later"), (1, "sooner"))
    ]
    setup = config(requests={"authority": ["gateway"]})
    answer = ask(make_ledger(tmp_path, requests=[gateway(1), *spans]), setup, "workflow")
    assert costs_by(answer) == {"sooner": D(1)}


def test_projects_are_told_apart_where_every_row_names_one(tmp_path: Path) -> None:
    log = [gateway(n, project="p1") for n in range(4)] + [traced(n, project="p1") for n in range(3)]
    log += [traced(n, project="p2") for n in range(30, 35)]
    answer = ask(make_ledger(tmp_path, requests=log), None, "project")
    assert {g.keys[0]: g.counts["requests"] for g in answer.groups} == {"p1": 4, "p2": 5}


def test_the_billed_rate_is_set_on_what_counts(tmp_path: Path) -> None:
    """Twelve calls billed, ten in the gateway, the same ten traced: two calls' tokens are unlogged."""
    log = [gateway(n) for n in range(10)] + [traced(n) for n in range(10)]
    ledger = make_ledger(tmp_path, requests=log, costs=[tokens("12", "output", 1_200_000)])
    answer = ask(ledger)
    assert answer.total.cost == D(10)
    assert answer.reconciliation.unallocated["unlogged"] == D(2)
    assert answer.reconciliation.difference == 0


def test_a_log_that_comes_later_makes_other_roll_ups(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path, requests=[traced(n) for n in range(6)])
    assert ask(ledger).total.counts["output_tokens"] == 6 * 99_999
    add(ledger, "requests", [gateway(n, workflow="chat") for n in range(7)])
    for use_rollups in (True, False):
        answer = ask(ledger, None, "workflow", use_rollups=use_rollups)
        assert answer.total.counts["output_tokens"] == 7 * 100_000
        assert [g.keys[0] for g in answer.groups] == ["chat"]
    order = config(requests={"authority": ["otel"]})
    assert ask(ledger, order).total.counts["output_tokens"] == 6 * 99_999
    assert ask(ledger).total.counts["output_tokens"] == 7 * 100_000


def test_three_logs_in_the_order_of_their_rank() -> None:
    """The third is the second's log again but not the first's, which shares a little with the second."""
    logged = [Logged("2026-10", "fakeai", None, name, rows) for name, rows in zip("abc", (9, 8, 7))]  # noqa: B905
    common = [
        Common(SCOPE, "b", frozenset("a"), 1),
        Common(SCOPE, "b", frozenset("ac"), 1),
        Common(SCOPE, "b", frozenset("c"), 4),
        Common(SCOPE, "c", frozenset("b"), 4),
        Common(SCOPE, "c", frozenset("ab"), 1),
    ]
    assert rule(contested(logged), common, ()) == (
        Ruling(SCOPE, "b", ("a",), False, 8, 2, 1),
        Ruling(SCOPE, "c", ("b",), True, 7, 5, 2),
    )
