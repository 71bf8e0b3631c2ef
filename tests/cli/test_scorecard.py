"""`finops scorecard` as people use it: run, show, answer, compare, gate, plan."""

from __future__ import annotations

import csv
import io
import json
import shutil
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from finops.cli.app import app
from tests.analysis.ledgers import add, cost, make_ledger, request

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from typer.testing import Result

    Run = Callable[..., Result]

CATEGORIES = [
    "workload_clarity",
    "reliability_targets",
    "cost_model",
    "utilization_plan",
    "data_pipeline",
    "serving_maturity",
    "security_access",
    "facilities_power",
]


@pytest.fixture(scope="module")
def two_requests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of two requests and their bill, to be copied."""
    folder = tmp_path_factory.mktemp("two") / "ledger"
    make_ledger(
        folder,
        costs=[cost("3", "2026-10-01", "2026-11-01", ServiceName="Storage")],
        requests=[
            request(name, "2026-10-31T12:00:00", team="search", latency_ms=900.0, output_tokens=10)
            for name in ("a", "b")
        ],
    )
    return folder


@pytest.fixture
def scorecard(tmp_path: Path, finops: Run, two_requests: Path) -> Run:
    """`scorecard("run", …)` on a ledger of two requests and their bill."""
    shutil.copytree(two_requests, tmp_path / "ledger")

    def run(command: str, *arguments: str) -> Result:
        return finops("scorecard", command, *arguments, "--ledger", str(tmp_path / "ledger"))

    return run


def answered(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_run_says_what_is_claimed_and_what_is_verified(scorecard: Run) -> None:
    found = answered(scorecard("run", "--format", "json"))
    assert {name: found[name] for name in ("schema", "claimed", "verified", "max", "risk")} == {
        "schema": "finops.scorecard/1",
        "claimed": 0,
        "verified": 0,
        "max": 16,
        "risk": True,
    }
    assert found["as_of"] == "2026-11-01"
    assert 0 < found["coverage"] < 1
    assert [category["id"] for category in found["categories"]] == CATEGORIES
    for category in found["categories"]:
        assert {"id", "claimed", "verified", "checks"} <= set(category)
        assert all(check["level"] in {1, 2} for check in category["checks"])
    owners = next(c for c in found["categories"][1]["checks"] if c["id"] == "service_owners")
    (piece,) = owners["evidence"]
    assert (owners["status"], piece["type"], piece["value"]) == ("pass", "measured", 1.0)
    assert piece["collected"] == "2026-10-31"
    assert piece["expires"] == "2026-12-16"
    assert "count(team)" in piece["source"]


@pytest.mark.parametrize("format_", ["json", "csv", "md", "html", "table"])
def test_two_runs_and_show_are_the_same_bytes(scorecard: Run, format_: str) -> None:
    first = scorecard("run", "--format", format_)
    second = scorecard("run", "--format", format_)
    shown = scorecard("show", "--format", format_)
    assert first.stdout_bytes == second.stdout_bytes == shown.stdout_bytes
    assert "Written down." in first.stderr
    assert "The same as the last time" in second.stderr


def test_a_document_verifies_and_a_claim_does_not(scorecard: Run, tmp_path: Path) -> None:
    scorecard("run")
    (tmp_path / "method.md").write_text("how")
    (tmp_path / "answers.yaml").write_text(
        "answers:\n"
        "- {check: method_written, says: yes, owner: ada, date: 2026-10-20, documents: [{uri: method.md}]}\n"
        "- {check: unit_cost_known, says: yes, owner: ada, date: 2026-10-20, documents: [{uri: method.md}]}\n"
        "- {check: alerts_exist, says: yes, owner: ada, date: 2026-10-20}\n"
        "claims: {cost_model: 1, reliability_targets: 2}\n"
    )
    taken = scorecard("answer", "--from", str(tmp_path / "answers.yaml"))
    assert taken.exit_code == 0, taken.output
    assert "5 answers are stored" in taken.stderr
    found = answered(scorecard("run", "--format", "json"))
    levels = {c["id"]: (c["claimed"], c["verified"]) for c in found["categories"]}
    assert (found["claimed"], found["verified"]) == (3, 1)
    assert levels["cost_model"] == (1, 1)
    assert levels["reliability_targets"] == (2, 0)
    changed = answered(scorecard("diff", "--format", "json"))
    assert (changed["verified"], changed["claimed"]) == ([0, 1], [0, 3])
    assert {row["check"]: (row["before"], row["after"]) for row in changed["rows"]} == {
        "method_written": ("unknown", "pass"),
        "unit_cost_known": ("unknown", "pass"),
    }
    history = answered(scorecard("history", "--format", "json"))
    assert [(row["verified"], row["move"]) for row in history["rows"]] == [(0, None), (1, 1)]


def test_one_run_has_nothing_to_be_compared_with(scorecard: Run) -> None:
    assert scorecard("diff").exit_code == 2
    assert scorecard("show").exit_code == 2
    assert scorecard("history").exit_code == 2
    scorecard("run", "--no-history")
    assert scorecard("show").exit_code == 2
    scorecard("run")
    result = scorecard("diff")
    assert result.exit_code == 2
    assert "nothing to compare it with" in result.stderr


def test_evidence_expires_by_the_day_asked_for(scorecard: Run) -> None:
    def status(*arguments: str) -> str:
        found = answered(scorecard("run", "--no-history", "--format", "json", *arguments))
        checks = found["categories"][1]["checks"]
        return next(f"{c['status']}: {c['reason']}" for c in checks if c["id"] == "service_owners")

    assert status("--as-of", "2026-12-15").startswith("pass")
    assert status("--as-of", "2026-12-16") == "unknown: its evidence expired on 2026-12-16"
    assert scorecard("run", "--as-of", "someday").exit_code == 2


def test_answers_are_typed_one_by_one_and_kept(
    scorecard: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    place = ["--ledger", str(tmp_path / "ledger")]
    (tmp_path / "tiers.md").write_text("tiers")

    def typed(text: str, *arguments: str) -> Result:
        return CliRunner().invoke(app, ["scorecard", "answer", *arguments, *place], input=text)

    first = typed(f"maybe\ny\nada\nagreed\n{tmp_path / 'none'}\n{tmp_path / 'tiers.md'}\n\nq\n")
    assert first.exit_code == 0, first.output
    assert first.stdout == ""
    assert "type one of y, n, a, s, q" in first.stderr
    assert "there is no file" in first.stderr
    assert "1 answered" in first.stderr
    second = typed("s\nq\n")
    assert "tiers_written" not in second.stderr
    third = typed("a\n\nada\n\nall is rented\n", "lead_times")
    assert third.stderr.count("this cannot be left out") == 2
    found = answered(scorecard("run", "--format", "json"))
    checks = {c["id"]: c for category in found["categories"] for c in category["checks"]}
    assert (checks["tiers_written"]["status"], checks["tiers_written"]["mark"]) == (
        "pass",
        "attested",
    )
    assert checks["lead_times"]["status"] == "n/a"
    assert checks["lead_times"]["evidence"][0]["owner"] == "ada"


def test_a_vendor_is_asked_what_applies(tmp_path: Path, finops: Run) -> None:
    from typer.testing import CliRunner

    place = ["--subject", "vendor:acme", "--store", str(tmp_path / "store")]
    typed = "70\n20\n10\nn\ntokens\n3\n15\nnothing\ny\nq\n"
    result = CliRunner().invoke(app, ["scorecard", "answer", *place], input=typed)
    assert result.exit_code == 0, result.output
    assert "Promised p95" not in result.stderr
    assert "Price of a GPU-hour" not in result.stderr
    found = answered(finops("scorecard", "run", *place, "--format", "json"))
    assert (found["subject"], found["claimed"], found["verified"]) == ("vendor:acme", 3, 0)


def test_answers_to_what_nobody_asks_are_refused(scorecard: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("answers:\n- {check: methods_written, says: yes}\n")
    result = scorecard("run", "--answers", str(tmp_path / "a.yaml"))
    assert result.exit_code == 5
    assert "did you mean method_written?" in result.stderr


def test_the_gate_fails_with_4_and_says_why(scorecard: Run, tmp_path: Path) -> None:
    sarif, junit = tmp_path / "gate.sarif", tmp_path / "gate.xml"
    result = scorecard(
        "gate",
        *("--min", "10", "--min-level", "cost_model=1", "--no-regression", "--max-unknown", "2"),
        *("--sarif", str(sarif), "--junit", str(junit), "--format", "json"),
    )
    assert result.exit_code == 4
    assert "3 of 4 demands are not met: min, min-level:cost_model, max-unknown" in result.stderr
    told = json.loads(result.stdout)
    assert told["passed"] is False
    assert {row["rule"]: row["met"] for row in told["rows"]} == {
        "min": False,
        "min-level:cost_model": False,
        "max-unknown": False,
        "no-regression": True,
    }
    log = json.loads(sarif.read_text())
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert log["version"] == "2.1.0"
    assert all(rules[r["ruleIndex"]]["id"] == r["ruleId"] for r in run["results"])
    assert {r["level"] for r in run["results"] if r["ruleId"] == "method_written"} == {"error"}
    assert all(
        r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in run["results"]
    )
    suites = ET.parse(junit).getroot()  # noqa: S314  (we wrote it)
    assert [suite.get("name") for suite in suites] == ["gate", *CATEGORIES]
    assert [case.get("name") for case in suites[0] if case.find("failure") is not None] == [
        *("min", "min-level:cost_model", "max-unknown")
    ]


def test_the_gate_lets_pass_what_is_good_enough(scorecard: Run) -> None:
    scorecard("run")
    result = scorecard("gate", "--min", "0", "--no-regression", "--min-level", "cost_model=0")
    assert result.exit_code == 0, result.output


def test_a_regression_is_told_from_the_last_different_score(scorecard: Run, tmp_path: Path) -> None:
    (tmp_path / "m.md").write_text("how")
    good = tmp_path / "good.yaml"
    good.write_text(
        "answers:\n"
        "- {check: throughput_written, says: yes, date: 2026-10-20, documents: [{uri: m.md}]}\n"
        "- {check: lineage_named, says: yes, date: 2026-10-20, documents: [{uri: m.md}]}\n"
    )
    assert answered(scorecard("run", "--answers", str(good), "--format", "json"))["verified"] == 1
    result = scorecard("gate", "--no-regression")
    assert result.exit_code == 4
    assert "data_pipeline from 1 to 0" in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [(), ("--min", "many"), ("--min-level", "cost=1"), ("--min-level", "cost_model=3")],
)
def test_a_policy_that_makes_no_sense_is_refused(
    scorecard: Run, arguments: tuple[str, ...]
) -> None:
    assert scorecard("gate", *arguments).exit_code == 2


def test_red_flags_fail_whatever_the_score(scorecard: Run) -> None:
    result = scorecard("gate", "--red-flags", "--format", "json")
    assert result.exit_code == 4
    assert [row["rule"] for row in json.loads(result.stdout)["rows"]] == ["R1", "R2", "R3"]


def test_the_roadmap_has_a_step_for_every_gap(scorecard: Run) -> None:
    found = answered(scorecard("run", "--format", "json"))
    gaps = {
        check["id"]
        for category in found["categories"]
        for check in category["checks"]
        if check["status"] not in {"pass", "n/a"}
    }
    plan = answered(scorecard("roadmap", "--format", "json"))
    assert {row["check"] for row in plan["rows"]} == gaps
    assert all(row["owner"] and row["proof"] and row["layer"] for row in plan["rows"])
    assert {row["phase"] for row in plan["rows"]} <= {30, 60, 90}
    tasks = scorecard("roadmap", "--tasks").stdout
    assert tasks.count("- [ ] ") == len(gaps)
    issues = list(csv.DictReader(io.StringIO(scorecard("roadmap", "--issues").stdout)))
    assert len(issues) == len(gaps)
    assert [int(row["Priority"]) for row in issues] == list(range(1, len(gaps) + 1))


def test_the_checklist_has_nine_layers_and_eight_concepts(scorecard: Run) -> None:
    rows = answered(scorecard("checklist", "--format", "json"))["rows"]
    assert [row["group"] for row in rows] == ["layer"] * 9 + ["concept"] * 8
    assert all(row["ask"].endswith("?") and row["command"].startswith("finops ") for row in rows)


def test_the_catalog_is_listed_and_written_out(finops: Run, tmp_path: Path) -> None:
    rows = answered(finops("scorecard", "catalog", "--format", "json"))["rows"]
    assert len([row for row in rows if row["level"]]) == 64
    text = finops("scorecard", "catalog", "--yaml").stdout
    (tmp_path / "mine.yaml").write_text(text)
    again = finops("scorecard", "catalog", "--catalog", str(tmp_path / "mine.yaml"), "--yaml")
    assert again.stdout == text
    asked = answered(finops("scorecard", "catalog", "--subject", "vendor", "--format", "json"))
    assert all(row["check"].startswith("vendor_") for row in asked["rows"] if row["level"])


def test_a_badge_is_a_picture_in_words(scorecard: Run, tmp_path: Path) -> None:
    scorecard("run")
    assert scorecard("show", "--badge", str(tmp_path / "badge.svg")).exit_code == 0
    root = ET.parse(tmp_path / "badge.svg").getroot()  # noqa: S314  (we wrote it)
    assert root.get("aria-label") == "AI scorecard: 0/16 risk, verified as of 2026-11-01"


def test_checks_are_shown_by_category_or_when_unknown(scorecard: Run) -> None:
    scorecard("run")
    rows = answered(scorecard("show", "--category", "cost_model", "--format", "json"))["rows"]
    assert {row["category"] for row in rows} == {"cost_model"}
    unknown = answered(scorecard("show", "--unknown", "--format", "json"))["rows"]
    assert {row["status"] for row in unknown} == {"unknown"}
    assert scorecard("show", "--category", "nothing").exit_code == 2


def test_a_team_is_measured_by_its_own_requests(scorecard: Run, tmp_path: Path) -> None:
    from finops.ledger.store import Ledger

    slow = request("c", "2026-10-31T13:00:00", team="ads", latency_ms=None)
    add(Ledger.open(str(tmp_path / "ledger")), "requests", [slow])
    found = answered(scorecard("run", "--subject", "team:search", "--format", "json"))
    checks = {c["id"]: c for category in found["categories"] for c in category["checks"]}
    assert checks["error_rate_low"]["evidence"][0]["value"] == 0
    assert checks["unit_cost_known"]["reason"] == (
        "measured for the company as a whole, not for one team"
    )
