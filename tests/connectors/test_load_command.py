"""`finops load` as people type it: what is printed, what is warned, what comes back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from finops.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from typer.testing import Result

HEAD = (
    "BilledCost,EffectiveCost,BillingCurrency,BillingAccountId,BillingPeriodStart,BillingPeriodEnd,"
    "ChargePeriodStart,ChargePeriodEnd,ChargeCategory,ProviderName\n"
)
LINE = "{},{},USD,a,2026-10-01,2026-11-01,2026-10-02,2026-10-03,Usage,Cloud\n"


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Result]:
    """`run("costs", path, …)`: `finops load` into a ledger of the test's own."""

    def call(*arguments: object) -> Result:
        words = [str(argument) for argument in arguments]
        return CliRunner().invoke(app, ["load", *words, "--ledger", str(tmp_path / "ledger")])

    return call


def test_what_a_load_answers(write: Callable[..., Path], run: Callable[..., Result]) -> None:
    path = write("bill.csv", HEAD + LINE.format("1.000000000000000000000001", 2) * 2)
    result = run("costs", path, "--format", "json")
    assert (result.exit_code, result.stderr) == (0, "")
    answer: dict[str, Any] = json.loads(result.stdout)
    assert answer["schema"] == "finops.load/1"
    assert [row["slice"] for row in answer["rows"]] == ["Cloud/a 2026-10"]
    assert "2.000000000000000000000002" in result.stdout
    (load,) = answer["loads"]
    assert (load["rows_in"], load["rows_stored"], load["unchanged"]) == (2, 2, False)
    again = json.loads(run("costs", path, "--format", "json").stdout)
    assert again["loads"][0]["unchanged"]
    assert "focus: unchanged, the ledger holds this delivery already" in again["notes"]


def test_a_replacement_is_said_with_both_totals(
    write: Callable[..., Path], run: Callable[..., Result]
) -> None:
    run("costs", write("a.csv", HEAD + LINE.format(1, 1)), "--source", "aws")
    result = run("costs", write("b.csv", HEAD + LINE.format("2.5", 1)), "--source", "aws")
    assert result.stderr == (
        "warning: replaced Cloud/a 2026-10 of source aws: 1 rows (1 USD billed) by 1 rows (2.5 USD billed);"
        " load it with another --source to keep both\n"
    )
    twice = run("costs", write("b.csv", HEAD + LINE.format("2.5", 1)), "--source", "copy")
    assert "Cloud/a 2026-10 is in the ledger twice, from aws and copy: both count" in twice.stderr


def test_bad_rows_end_in_five_and_a_list(
    write: Callable[..., Path], run: Callable[..., Result], tmp_path: Path
) -> None:
    path = write("bill.csv", HEAD + LINE.format("one", 1) + LINE.format(1, 1))
    everything = tmp_path / "problems.csv"
    result = run("costs", path, "--problems", everything)
    assert result.exit_code == 5
    assert f"{path} row 1, BilledCost = 'one': is not a decimal number" in result.stderr
    assert everything.read_text("utf-8").splitlines()[0] == "file,row,column,value,why"
    kept = run("costs", path, "--keep-good")
    assert kept.exit_code == 0
    assert "warning: 1 bad rows were left out" in kept.stderr


def test_requests_are_counted_without_money(
    write: Callable[..., Path], run: Callable[..., Result]
) -> None:
    path = write("log.csv", "At,In,Out\n2026-10-01 10:00:00,374,44\n2026-10-01 11:00:00,396,109\n")
    maps = (
        "--map",
        "timestamp=At",
        "--map",
        "uncached_input_tokens=In",
        "--map",
        "output_tokens=Out",
    )
    sets = ("--set", "provider=openai", "--set", "request_model=gpt-4o")
    result = run("requests", path, *maps, *sets, "--source", "trace", "--format", "json")
    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    assert answer["rows"] == [
        {"source": "trace", "format": "mapped-requests", "slice": "2026-10-01", "rows": 2}
    ]


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--set", "BillingCurrency", "is not NAME=VALUE"),
        ("--map", "=x", "is not NAME=VALUE"),
        ("--format-hint", "nonsense", "nothing called 'nonsense' is installed"),
    ],
)
def test_wrong_options_end_in_two(
    option: str, value: str, message: str, write: Callable[..., Path], run: Callable[..., Result]
) -> None:
    result = run("costs", write("bill.csv", HEAD + LINE.format(1, 1)), option, value)
    assert result.exit_code == 2
    assert message in result.stderr
