"""Runs: what the typical and the dear one cost, and which of them succeeded."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from finops.model.money import divide
from finops.report.unit import unit_report
from tests.analysis.ledgers import ask, config, cost, make_ledger, request

if TYPE_CHECKING:
    from pathlib import Path

    from finops.ledger.store import Ledger
    from finops.report.model import Row

D = Decimal
TENTH = 10_000
"""Output tokens of model-a for a tenth of a dollar."""


def company(folder: Path) -> Ledger:
    """Runs of 0.1 to 2.0 dollars, one of them two calls on two days; the even ones succeed."""
    log = [
        request(
            f"r{number}",
            f"2026-10-{number:02}T12:00:00",
            workflow="agent",
            workflow_run_id=f"run{number}",
            output_tokens=TENTH * number,
            outcome=("failure", "SUCCESS")[number % 2 == 0],
        )
        for number in range(1, 21)
    ]
    log[-1]["output_tokens"] = TENTH * 5
    log.append(
        request(
            "more",
            "2026-10-21T00:30:00",
            workflow="agent",
            workflow_run_id="run20",
            agent="writer",
            output_tokens=TENTH * 15,
            outcome="failure",
        )
    )
    return make_ledger(folder, requests=log)


def row_of(ledger: Ledger, *by: str, use_rollups: bool = True, where: str | None = None) -> Row:
    answer = ask(ledger, None, *by, where=where, use_rollups=use_rollups, run_costs=True)
    (row,) = unit_report(answer).rows
    return row


@pytest.mark.parametrize("use_rollups", [True, False])
def test_typical_and_dear_runs_by_exact_amounts(tmp_path: Path, *, use_rollups: bool) -> None:
    row = row_of(company(tmp_path), "workflow", use_rollups=use_rollups)
    assert row["runs"] == 20
    assert (row["cost_per_run"], row["cost_per_run_p50"]) == (D("1.05"), D(1))
    assert row["cost_per_run_p95"] == D("1.9")
    assert row["successful_runs"] == 9
    assert row["cost_per_successful_run"] == divide(D(21), 9)


def test_a_run_counts_where_it_ended_and_with_what_lies_in_the_group(tmp_path: Path) -> None:
    ledger = company(tmp_path)
    days = ask(ledger, None, "day", run_costs=True)
    found = {g.keys[0]: g.run_costs.p50 for g in days.groups if g.run_costs is not None}
    assert "2026-10-20" not in found
    assert found["2026-10-21"] == D(2)
    ended = {str(g.keys[0]): g.runs for g in days.groups}
    assert (ended["2026-10-19"], ended["2026-10-20"], ended["2026-10-21"]) == (1, 0, 1)
    agents = ask(ledger, None, "agent", run_costs=True)
    assert {g.keys[0]: g.run_costs.p95 for g in agents.groups if g.run_costs is not None} == {
        None: D("1.8"),
        "writer": D("1.5"),
    }


def test_runs_bear_what_is_shared(tmp_path: Path) -> None:
    log = [
        request(f"r{n}", workflow_run_id=f"run{n % 2}", workflow="w", output_tokens=n)
        for n in range(3)
    ]
    ledger = make_ledger(tmp_path, requests=log, costs=[cost("3", ServiceName="Gateway")])
    pool = {"name": "g", "kind": "shared", "where": "ServiceName = 'Gateway'", "driver": "requests"}
    answer = ask(ledger, config(pool), "workflow", run_costs=True)
    assert answer.total.run_costs is not None
    assert answer.total.run_costs.p95 == D("2.00002")
    assert answer.total.run_costs.p50 == D("1.00001")


def test_without_outcomes_or_the_question_there_is_a_reason(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path, requests=[request("r", workflow_run_id="x", output_tokens=1)])
    report = unit_report(ask(ledger))
    (row,) = report.rows
    assert (row["successful_runs"], row["cost_per_run_p50"]) == (None, None)
    reasons = report.extras["missing"]
    assert isinstance(reasons, dict)
    assert "--runs" in reasons["cost_per_run_p50"]
    assert "no run that ended logged an outcome" in reasons["successful_runs"]


def test_from_workflow_to_run_to_call(tmp_path: Path) -> None:
    ledger = company(tmp_path)
    runs = ask(ledger, None, "run", where="workflow = 'agent'")
    assert {g.keys[0]: g.cost for g in runs.groups}["run20"] == D(2)
    calls = ask(ledger, None, "call", where="run = 'run20'")
    assert {g.keys[0]: g.cost for g in calls.groups} == {"r20": D("0.5"), "more": D("1.5")}


def test_services_without_requests_have_a_unit_of_their_own(tmp_path: Path) -> None:
    log = [
        request(f"e{n}", workflow="index", operation="embeddings", uncached_input_tokens=500_000)
        for n in range(4)
    ]
    log += [
        request("chat", workflow="rag", output_tokens=1),
        request("q", workflow="rag", operation="embeddings", uncached_input_tokens=1),
        request("k", workflow="rank", operation="rerank", uncached_input_tokens=1_000_000),
    ]
    report = unit_report(ask(make_ledger(tmp_path, requests=log), None, "workflow"))
    rows = {row["workflow"]: row for row in report.rows}
    assert rows["index"]["cost_per_1k_embeddings"] == D(1000)
    assert rows["rag"]["cost_per_1k_embeddings"] is None
    assert rows["rank"]["cost_per_1k_reranks"] == D(2000)
    assert rows["rank"]["cost_per_1k_requests"] is None


@pytest.mark.parametrize("use_rollups", [True, False])
def test_work_that_is_not_tokens_costs_by_its_own_unit(
    tmp_path: Path, *, use_rollups: bool
) -> None:
    log = [
        request("i1", workflow="draw", work_unit_kind="image", work_units=2, output_tokens=20_000),
        request("i2", workflow="draw", work_unit_kind="image", work_units=0.5, output_tokens=5_000),
        request("a", workflow="say", work_unit_kind="audio_second", work_units=30, output_tokens=3),
    ]
    ledger = make_ledger(tmp_path, requests=log)
    report = unit_report(ask(ledger, None, "workflow", use_rollups=use_rollups))
    rows = {row["workflow"]: row for row in report.rows}
    assert rows["draw"]["work_units"] == D("2.5")
    assert rows["draw"]["cost_per_work_unit"] == D("0.1")
    assert report.totals is not None
    assert report.totals["work_units"] is None
    assert report.totals["work"] == {
        "audio_second": {"units": D(30), "cost": D("0.00003"), "cost_per_unit": D("0.000001")},
        "image": {"units": D("2.5"), "cost": D("0.25"), "cost_per_unit": D("0.1")},
    }
