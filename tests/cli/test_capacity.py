"""`finops capacity` on the command line: pools, holders and teams, in hours and dollars."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from finops.cli.app import app
from tests.analysis.ledgers import add, cost, make_ledger, request, sample

if TYPE_CHECKING:
    from pathlib import Path

JOB: dict[str, Any] = {
    "job_id": "17",
    "team": "research",
    "state": "completed",
    "source_id": "slurm",
    "month": "2026-10",
}

DETAILS = {"GpuCount": 2, "CoreCount": "10", "MemorySize": "20 GiB"}


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """201.60 for ten hours of two devices: one served `chat`, one a job of 4 h, then nobody for 5."""
    (tmp_path / "finops.toml").write_text(
        '[[pools]]\nname = "gpus"\nkind = "gpu"\nwhere = "ServiceName = \'GPU\'"\nbasis = "aws-9:1"\n'
    )
    monkeypatch.chdir(tmp_path)
    hours = [f"2026-10-01T{hour:02}:00:00" for hour in range(10)]
    made = make_ledger(
        tmp_path / "ledger",
        costs=[
            cost(
                "201.6",
                ServiceName="GPU",
                ConsumedQuantity=10,
                ConsumedUnit="Hours",
                SkuPriceDetails=DETAILS,
            )
        ],
        requests=[request("r1", pool="gpus", deployment="chat", output_tokens=5)],
        samples=[
            *(sample("a", at, pool="gpus", workload="chat", gr_engine_active=0.5) for at in hours),
            *(sample("b", at, pool="gpus", job_id="17", gr_engine_active=1.0) for at in hours[:4]),
            *(sample("b", at, pool="gpus", gr_engine_active=0.0) for at in hours[4:9]),
        ],
    )
    add(made, "jobs", [dict.fromkeys(_columns()) | JOB])
    return tmp_path / "ledger"


def _columns() -> list[str]:
    from finops.model.tables import TABLES

    return list(TABLES["jobs"].names)


def answer(ledger: Path, *options: str) -> dict[str, Any]:
    arguments = ["capacity", "--ledger", str(ledger), "--month", "2026-10", "--format", "json"]
    result = CliRunner().invoke(app, [*arguments, *options])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout, parse_float=Decimal)
    return found


def test_a_pool_in_hours_and_dollars_adds_up(ledger: Path) -> None:
    found = answer(ledger)
    (row,) = found["rows"]
    assert found["schema"] == "finops.capacity/1"
    assert {name: row[name] for name in row if name.endswith("_hours")} == {
        "billed_hours": 20,
        "observed_hours": 19,
        "busy_hours": 9,
        "held_idle_hours": 5,
        "idle_hours": 5,
        "unobserved_hours": 1,
    }
    dollars = ("requests", "jobs", "workloads", "gpu_idle", "unobserved")
    assert [row[name] for name in dollars] == [
        Decimal("100.8"),
        Decimal("40.32"),
        0,
        Decimal("50.4"),
        Decimal("10.08"),
    ]
    assert row["cost"] == Decimal("201.6")


def test_the_price_of_a_gpu_hour_names_the_part_it_takes(ledger: Path) -> None:
    """Of 2 x 9 + 10 x 0.9 + 20 x 0.1 = 29 parts the two devices are 18."""
    (row,) = answer(ledger)["rows"]
    prices = row["price_by_basis"]
    assert row["basis"] == "aws-9:1"
    assert prices["all-to-gpu"] == Decimal("10.08")
    assert prices["custom"] is None
    assert row["price_per_gpu_hour"] == prices["aws-9:1"]
    assert abs(prices["aws-9:1"] - Decimal("10.08") * 18 / 29) < Decimal("1e-20")
    assert abs(row["host_per_gpu_hour"] - Decimal("10.08") * 11 / 29) < Decimal("1e-20")


def test_holders_and_the_teams_of_jobs(ledger: Path) -> None:
    holders = {
        (row["kind"], row["holder"]): row["cost"]
        for row in answer(ledger, "--by", "holder")["rows"]
    }
    assert holders == {
        ("deployment", "chat"): Decimal("100.8"),
        ("nobody", None): Decimal("50.4"),
        ("job", "17"): Decimal("40.32"),
    }
    teams = [
        (row["kind"], row["team"], row["busy_hours"])
        for row in answer(ledger, "--by", "team")["rows"]
    ]
    assert ("job", "research", 4) in teams


def test_a_narrow_terminal_and_a_wrong_choice(ledger: Path) -> None:
    shown = CliRunner().invoke(
        app, ["capacity", "--ledger", str(ledger), "--month", "2026-10"], env={"COLUMNS": "80"}
    )
    assert shown.exit_code == 0
    assert max(len(line) for line in shown.stdout.splitlines()) <= 80
    assert "gpus" in shown.stdout
    wrong = CliRunner().invoke(app, ["capacity", "--ledger", str(ledger), "--by", "colour"])
    assert wrong.exit_code == 2
