"""Service-level objectives: which response is good, which one missed, and who bears the cost."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from finops.errors import ConfigError
from finops.model.money import divide
from finops.report.unit import unit_report
from tests.analysis.ledgers import ask, config, make_ledger, parts, request

if TYPE_CHECKING:
    from pathlib import Path

D = Decimal


def judged(folder: Path, *slos: dict[str, Any], given: dict[str, Any]) -> tuple[int, int, int]:
    """Good, missed and unknown responses of one response under `slos`."""
    ledger = make_ledger(folder, requests=[request("r", **({"output_tokens": 11} | given))])
    counts = ask(ledger, config(slo=slos)).total.counts
    return counts["good_responses"], counts["slo_missed"], counts["slo_unknown"]


GOOD, MISSED, UNKNOWN, UNBOUND = (1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 0)


@pytest.mark.parametrize(
    ("slo", "given", "wanted"),
    [
        ({"latency_ms": 900}, {"latency_ms": 900.0}, GOOD),
        ({"latency_ms": 900}, {"latency_ms": 900.5}, MISSED),
        ({"latency_ms": 900}, {}, UNKNOWN),
        ({"ttft_ms": 0.5, "latency_ms": 1}, {"latency_ms": 2.0}, MISSED),
        ({"ttft_ms": 0.5, "latency_ms": 1}, {"latency_ms": 1.0}, UNKNOWN),
        ({"tpot_ms": 10}, {"latency_ms": 150.0, "ttft_ms": 50.0}, GOOD),
        ({"tpot_ms": 9.99}, {"latency_ms": 150.0, "ttft_ms": 50.0}, MISSED),
        ({"tpot_ms": 9.99}, {"latency_ms": 150.0, "ttft_ms": 50.0, "output_tokens": 1}, GOOD),
        ({"tpot_ms": 9.99}, {"output_tokens": 0}, GOOD),
        ({"tpot_ms": 9.99}, {"latency_ms": 150.0}, UNKNOWN),
        ({"workflow": "rag*", "ttft_ms": 1}, {"workflow": "rag-answer", "ttft_ms": 2.0}, MISSED),
        ({"workflow": "rag?", "ttft_ms": 1}, {"workflow": "rag-answer", "ttft_ms": 2.0}, UNBOUND),
        ({"workflow": "a_c", "ttft_ms": 1}, {"workflow": "abc", "ttft_ms": 2.0}, UNBOUND),
        ({"workflow": "100%", "ttft_ms": 1}, {"workflow": "100%", "ttft_ms": 2.0}, MISSED),
        ({"workflow": "100!%", "ttft_ms": 1}, {"workflow": "100!%", "ttft_ms": 2.0}, MISSED),
        ({"agent": "*", "ttft_ms": 1}, {"ttft_ms": 2.0}, UNBOUND),
        ({"latency_ms": 1}, {"latency_ms": 5.0, "status": "error"}, UNBOUND),
        ({"latency_ms": 1}, {"latency_ms": 5.0, "operation": "embeddings"}, UNBOUND),
    ],
)
def test_one_response(
    tmp_path: Path, slo: dict[str, Any], given: dict[str, Any], wanted: tuple[int, int, int]
) -> None:
    assert judged(tmp_path, slo, given=given) == wanted


def test_the_first_objective_that_applies_decides(tmp_path: Path) -> None:
    slos = ({"workflow": "rag", "latency_ms": 10}, {"latency_ms": 1})
    assert judged(tmp_path, *slos, given={"workflow": "rag", "latency_ms": 5.0}) == GOOD


@pytest.mark.parametrize("use_rollups", [True, False])
def test_a_missed_objective_costs_the_good_responses(tmp_path: Path, *, use_rollups: bool) -> None:
    """Four calls of 1 each: one good, one late, one without its time, one that failed and cost as well."""
    million: dict[str, Any] = {"output_tokens": 100_000, "workflow": "rag"}
    ledger = make_ledger(
        tmp_path,
        requests=[
            request("good", latency_ms=10.0, **million),
            request("late", latency_ms=11.0, **million),
            request("dark", **million),
            request("bad", latency_ms=1.0, status="error", **million),
        ],
    )
    setup = config(slo=[{"workflow": "rag", "latency_ms": 10}])
    answer = ask(ledger, setup, "workflow", use_rollups=use_rollups)
    assert parts(answer.total) == {"tokens_output": D(2), "failed": D(1), "slo_miss": D(1)}
    report = unit_report(answer)
    (row,) = report.rows
    assert (row["good_responses"], row["slo_missed"], row["slo_unknown"]) == (1, 1, 1)
    assert row["cost_per_good_response"] == D(4)
    assert row["cost_per_response"] == divide(D(4), 3)
    assert any(note.startswith("1 responses lack a time") for note in report.notes)


def test_a_group_with_a_response_under_no_objective_has_no_cost_per_good_one(
    tmp_path: Path,
) -> None:
    ledger = make_ledger(
        tmp_path,
        requests=[
            request("a", workflow="rag", latency_ms=1.0, output_tokens=1),
            request("b", workflow="chat", latency_ms=1.0, output_tokens=1),
        ],
    )
    report = unit_report(
        ask(ledger, config(slo=[{"workflow": "rag", "latency_ms": 10}]), "workflow")
    )
    per_good = {row["workflow"]: row["cost_per_good_response"] for row in report.rows}
    assert per_good == {"rag": D("0.00001"), "chat": None}
    assert report.totals is not None
    assert report.totals["good_responses"] == 1
    assert report.totals["cost_per_good_response"] is None
    assert any(note.startswith("1 of 2 responses are under no objective") for note in report.notes)


def test_another_objective_makes_other_roll_ups(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path, requests=[request("r", latency_ms=5.0, output_tokens=1)])
    for limit, good in ((5, 1), (4, 0), (5, 1)):
        counts = ask(ledger, config(slo=[{"latency_ms": limit}])).total.counts
        assert counts["good_responses"] == good
    assert ask(ledger).total.under_slo == 0


@pytest.mark.parametrize(
    ("slo", "said"),
    [
        ({"workflow": "rag"}, "needs ttft_ms, latency_ms or tpot_ms"),
        ({"latency_ms": 0}, "greater than 0"),
        ({"latency": 5}, "latency"),
    ],
)
def test_an_objective_without_a_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slo: dict[str, Any], said: str
) -> None:
    from finops.config import load_config

    lines = "\n".join(f"{k} = {v!r}".replace("'", '"') for k, v in slo.items())
    file = tmp_path / "finops.toml"
    file.write_text(f"[[slo]]\n{lines}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        load_config(file)
