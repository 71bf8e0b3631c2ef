"""`finops route` as people run it: a file of scores, or two models of a ledger."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

from finops.errors import ExitCode
from tests.analysis.ledgers import MODEL, make_ledger, request

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from typer.testing import Result

SCORES = "id,conf,s,l,class\n" + "".join(
    f"{n},{n / 100:.2f},{int(n % 7 != 0)},{int(n % 11 != 0)},{'high' if n % 10 == 0 else 'low'}\n"
    for n in range(100)
)


@pytest.fixture
def scores(tmp_path: Path) -> str:
    path = tmp_path / "scores.csv"
    path.write_text(SCORES, encoding="utf-8")
    return str(path)


def test_a_file_alone_answers(finops: Callable[..., Result], scores: str) -> None:
    result = finops(
        "route", "--scores", scores, "--confidence", "conf", "--small-correct", "s",
        "--large-correct", "l", "--cost-ratio", "0.05", "--format", "json",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    assert answer["schema"] == "finops.route/1"
    (row,) = [row for row in answer["rows"] if row["threshold"] == 0.2]
    small, large = [n % 7 != 0 for n in range(100)], [n % 11 != 0 for n in range(100)]
    assert row["escalation_rate"] == 0.2
    assert row["accuracy"] == pytest.approx((sum(large[:20]) + sum(small[20:])) / 100)
    assert row["blended_cost_ratio"] == 0.25
    assert row["saving"] == 0.75
    assert answer["break_even_escalation"] == 0.95
    assert answer["chosen"]["held_out_rows"] == 50


def test_the_table_says_what_saves_and_what_loses(
    finops: Callable[..., Result], scores: str
) -> None:
    shown = finops("route", "--scores", scores, "--confidence", "conf", "--cost-ratio", "0.3",
                   "--thresholds", "0.5,0.9")  # fmt: skip
    assert shown.exit_code == 0, shown.stderr
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert ["0.5000", "50.0%", "n/a", "n/a", "80.0%", "20.0%", "saves"] in lines
    assert ["0.9000", "90.0%", "n/a", "n/a", "120.0%", "-20.0%", "loses", "money"] in lines


def test_never_small_and_router(finops: Callable[..., Result], scores: str) -> None:
    result = finops(
        "route", "--scores", scores, "--confidence", "conf", "--cost-ratio", "0.05", "--risk",
        "class", "--never-small", "high", "--design", "router", "--router-cost-ratio", "0.01",
        "--thresholds", "0", "-f", "json",
    )  # fmt: skip
    (row,) = json.loads(result.stdout)["rows"]
    assert row["forced_share"] == 0.1
    assert row["blended_cost_ratio"] == 0.154


def test_the_derivation_is_printed(finops: Callable[..., Result], scores: str) -> None:
    result = finops(
        "route", "--scores", scores, "--confidence", "conf", "--thresholds", "0.2", "--explain",
        "--small-cost-per-hour", "3.60", "--tokens-per-second", "1000", "--utilization", "0.5",
        "--large-cost-per-million", "40", "-f", "json",
    )  # fmt: skip
    steps = {row["step"]: row for row in json.loads(result.stdout)["rows"]}
    assert steps["small_per_million"]["amount"] == 2
    assert steps["cost_ratio"]["quantity"] == 0.05
    assert steps["saving"]["quantity"] == 0.75


def test_a_packed_file_is_read(finops: Callable[..., Result], tmp_path: Path) -> None:
    path = tmp_path / "scores.csv.gz"
    path.write_bytes(gzip.compress(SCORES.encode()))
    result = finops("route", "--scores", str(path), "--confidence", "conf", "--cost-ratio", "0.05")
    assert result.exit_code == 0, result.stderr


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file is empty"),
        ("conf,x\n", "holds no rows"),
        ("other\n1\n", "no column 'conf'"),
        ("conf,x\n1,a\n1.5,b\n", "row 2, conf = '1.5': is outside 0 to 1"),
        ("conf,x\n1,a\nmuch,b\n", "row 2, conf = 'much': not a number"),
        ('{"conf": 1}\n', "is not a CSV file"),
    ],
)
def test_a_bad_file_is_the_data_s_fault(
    finops: Callable[..., Result], tmp_path: Path, text: str, says: str
) -> None:
    path = tmp_path / "s.csv"
    path.write_text(text, encoding="utf-8")
    result = finops("route", "--scores", str(path), "--confidence", "conf", "--cost-ratio", "0.05")
    assert result.exit_code == ExitCode.INPUT
    assert result.stdout == ""
    assert f"{path}" in result.stderr
    assert says in result.stderr


def test_a_file_cut_short_is_the_data_s_fault(
    finops: Callable[..., Result], tmp_path: Path
) -> None:
    path = tmp_path / "s.csv.gz"
    text = "conf,x\n" + "".join(f"0.{n},{n * n}\n" for n in range(60_000))
    path.write_bytes(gzip.compress(text.encode())[:-200])
    result = finops("route", "--scores", str(path), "--confidence", "conf", "--cost-ratio", "0.05")
    assert result.exit_code == ExitCode.INPUT
    assert "cannot be read to its end" in result.stderr


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "nothing to route"),
        (["--small", "a"], "nothing to route"),
        (["--scores", "FILE"], "nothing says what the small model costs"),
        (["--scores", "FILE", "--cost-ratio", "0.1", "--workflow", "w"], "from the file alone"),
        (["--scores", "FILE", "--cost-ratio", "0.1", "--never-small", "x"], "needs --risk"),
        (["--scores", "FILE", "--cost-ratio", "0.1", "--thresholds", "2"], "outside 0 to 1"),
        (["--scores", "FILE", "--cost-ratio", "0.1", "--thresholds", "x"], "is not a number"),
        (["--scores", "FILE", "--cost-ratio", "0.1", "--calibration", "1"], "both sides"),
        (["--scores", "FILE", "--cost-ratio", "0.1", "--utilization", "1"], "exclude each other"),
        (["--scores", "FILE", "--utilization", "1"], "a self-hosted model needs"),
        (["--scores", "FILE", "--large-cost-per-million", "1"], "needs --small-cost-per-hour"),
        (["--scores", "FILE", "--cost-ratio", "-1"], "not a number of 0 or more"),
        (["--scores", "FILE", "--cost-ratio", "1,5"], "is not a number"),
        (["--small", "a", "--large", "b", "--small-correct", "s"], "are of a file"),
    ],
)
def test_a_wrong_question_is_the_command_s_fault(
    finops: Callable[..., Result], scores: str, options: list[str], says: str
) -> None:
    named = [scores if option == "FILE" else option for option in options]
    confidence = ["--confidence", "conf"] if "FILE" in options else []
    result = finops("route", *named, *confidence)
    assert result.exit_code == ExitCode.USAGE
    assert says in " ".join(result.stderr.replace("│", " ").split())
    assert result.stdout == ""


def test_two_models_of_a_ledger(finops: Callable[..., Result], tmp_path: Path) -> None:
    rows = [
        request(f"s{n}", request_model="model-b", confidence=n / 10, uncached_input_tokens=100,
                latency_ms=50)
        for n in range(10)
    ]  # fmt: skip
    rows += [request("l", uncached_input_tokens=100, output_tokens=10)]
    make_ledger(tmp_path / "ledger", requests=rows)
    (tmp_path / "cwd" / "finops.toml").write_text(
        '[[prices]]\nprovider = "fakeai"\nmodel = "model-a"\ninput = "2"\noutput = "10"\n'
        '[[prices]]\nprovider = "fakeai"\nmodel = "model-b"\ninput = "1"\noutput = "4"\n',
        encoding="utf-8",
    )
    result = finops(
        "route", "--small", "model-b", "--large", MODEL, "--month", "2026-10", "--ledger",
        str(tmp_path / "ledger"), "--thresholds", "0.3", "-f", "json",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    (row,) = answer["rows"]
    assert answer["currency"] == "USD"
    assert row["escalation_rate"] == 0.3
    assert row["blended_cost_ratio"] == pytest.approx(1 / 3 + 0.3)
    assert row["cost_per_request"] == pytest.approx(0.0001 + 0.3 * 0.0003)
    assert row["accuracy"] is None
    assert "both models' answers judged" in answer["missing"]["accuracy"]


FLEET = """
accelerators:
  h100: { per_node: 8, node_kw: 10.2, nodes_per_rack: 4 }
  l40s: { per_node: 8, node_kw: 3.5, nodes_per_rack: 4 }
large: { accelerator: h100, tokens_per_second: 2600, per_replica: 4, tokens_per_request: 1800 }
small: { accelerator: l40s, tokens_per_second: 1500, tokens_per_request: 1500 }
demand: { requests_per_second: 35, max_busy: 0.7 }
sites:
  - { name: Frankfurt, kw_per_rack: 17, racks: 6 }
  - { name: Oslo, kw_per_rack: 8, racks: 40 }
"""


def test_a_fleet_shows_what_routing_frees(
    finops: Callable[..., Result], scores: str, tmp_path: Path
) -> None:
    path = tmp_path / "fleet.yaml"
    path.write_text(FLEET, encoding="utf-8")
    asked = ("route", "--scores", scores, "--confidence", "conf", "--cost-ratio", "0.1",
             "--thresholds", "0.2", "--fleet", str(path))  # fmt: skip
    answer = json.loads(finops(*asked, "-f", "json").stdout)
    assert answer["schema"] == "finops.route-fleet/1"
    freed = {row["accelerator"]: row["accelerators_freed"] for row in answer["rows"]}
    assert freed == {"h100": 140 - 28, "l40s": -50}
    assert answer["totals"]["kw_freed"] == 118.3
    frankfurt, oslo = answer["sites"]
    assert frankfurt["becomes_eligible"] is True
    assert oslo["can_hold_after"] == ["l40s"]
    shown = " ".join(finops(*asked).stdout.split())
    assert "Frankfurt becomes eligible: it could not hold the fleet before (18 racks" in shown
    assert "it can hold its l40s part" in shown
    assert finops(*asked, "--explain").exit_code == 2


def test_a_fleet_takes_the_ledger_s_busiest_hour(
    finops: Callable[..., Result], tmp_path: Path
) -> None:
    """Of 11 calls 10 are in the same hour: 10 / 3600 a second, 110 tokens each at the large model."""
    rows = [
        request(f"s{n}", request_model="model-b", confidence=n / 10, uncached_input_tokens=100)
        for n in range(10)
    ]
    rows += [request("l", "2026-10-05T23:10:00", uncached_input_tokens=100, output_tokens=10)]
    make_ledger(tmp_path / "ledger", requests=rows)
    path = tmp_path / "fleet.yaml"
    text = FLEET.replace(", tokens_per_request: 1800", "").replace("requests_per_second: 35, ", "")
    path.write_text(text.replace("tokens_per_second: 2600", "tokens_per_second: 0.1"))
    answer = json.loads(
        finops(
            "route", "--small", "model-b", "--large", MODEL, "--cost-ratio", "0.1", "--month",
            "2026-10", "--ledger", str(tmp_path / "ledger"), "--thresholds", "0", "--fleet",
            str(path), "-f", "json",
        ).stdout
    )  # fmt: skip
    assert answer["requests_per_second"] == pytest.approx(10 / 3600)
    assert answer["rows"][0]["accelerators_before"] == 4 * 5
