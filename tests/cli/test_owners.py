"""`finops owners` as people run it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from typer.testing import Result

ROWS = (
    {"SubAccountId": "p1", "EffectiveCost": "10", "Tags": '{"env":"prod"}'},
    {"SubAccountId": "p2", "EffectiveCost": "30"},
)

OWNERS = (
    "from,to,kind,match,team,product,cost_centre,gl_code\n"
    ",2026-09-01,account,p1,old,,,\n2026-09-01,,account,p1,search,Search,CC-1,\n"
)


@pytest.fixture
def ledger(ledger_of: Callable[..., str]) -> str:
    return ledger_of(ROWS)


@pytest.fixture
def folder(finops: Callable[..., Result], tmp_path: Path) -> Path:
    """Where the command runs, with an owners.csv beside finops.toml."""
    where = tmp_path / "cwd"
    (where / "finops.toml").write_text('currency = "USD"\n')
    (where / "owners.csv").write_text(OWNERS)
    return where


def test_check_shows_what_nobody_owns(
    finops: Callable[..., Result], folder: Path, ledger: str
) -> None:
    result = finops("owners", "check", "--ledger", ledger, "--format", "json")
    assert result.exit_code == 0, result.stderr
    read = json.loads(result.stdout)
    assert read["schema"] == "finops.owners-check/1"
    assert [(row["kind"], row["match"], row["cost"], row["share"]) for row in read["rows"]] == [
        ("account", "p2", 30, 0.75)
    ]
    assert read["tag_coverage"] == [
        {"tag": "env", "currency": "USD", "tagged": 10, "usage": 40, "share": 0.25}
    ]
    assert read["totals_by_side"][0] == {
        "side": "bill",
        "currency": "USD",
        "cost": 40,
        "unowned": 30,
    }


def test_proposals_are_the_file_s_own_rows(
    finops: Callable[..., Result], folder: Path, ledger: str
) -> None:
    result = finops("owners", "check", "--propose", "--ledger", ledger, "--format", "csv")
    assert result.stdout == (
        "from,to,kind,match,team,product,cost_centre,gl_code\n,,account,p2,,,,\n"
    )


def test_the_gate(finops: Callable[..., Result], folder: Path, ledger: str) -> None:
    assert finops("owners", "check", "--max-unowned", "0.75", "--ledger", ledger).exit_code == 0
    failed = finops("owners", "check", "--max-unowned", "0.5", "--ledger", ledger)
    assert failed.exit_code == 4
    assert "75.0% of what was charged in USD has no team; allowed is 50.0%" in failed.stderr


def test_list_shows_rows_and_those_of_a_day(finops: Callable[..., Result], folder: Path) -> None:
    def listed(*more: str) -> list[tuple[str, str | None]]:
        result = finops("owners", "list", "--format", "json", *more)
        assert result.exit_code == 0, result.stderr
        return [(row["team"], row["from"]) for row in json.loads(result.stdout)["rows"]]

    assert listed() == [("old", None), ("search", "2026-09-01")]
    assert listed("--on", "2026-08-31") == [("old", None)]
    assert finops("owners", "list", "--on", "yesterday").exit_code == 2


def test_without_a_file_it_says_how_to_get_one(finops: Callable[..., Result]) -> None:
    result = finops("owners", "list")
    assert result.exit_code == 0
    assert "--propose --format csv" in " ".join(result.stdout.split())


def test_a_wrong_file_is_input_that_is_wrong(
    finops: Callable[..., Result], folder: Path, ledger: str
) -> None:
    (folder / "owners.csv").write_text("kind,match,team\nplanet,mars,a\n")
    result = finops("costs", "--by", "team", "--ledger", ledger)
    assert result.exit_code == 5
    assert "owners.csv row 1, kind = 'planet'" in " ".join(result.stderr.split())


def test_costs_by_owner(finops: Callable[..., Result], folder: Path, ledger: str) -> None:
    result = finops("costs", "--by", "team,cost_centre", "--ledger", ledger, "--format", "csv")
    assert [line.split(",")[:2] for line in result.stdout.splitlines()] == [
        ["team", "cost_centre"], ["", ""], ["search", "CC-1"],
    ]  # fmt: skip
    alone = finops("costs", "--where", "team = 'search'", "--ledger", ledger, "--format", "json")
    assert json.loads(alone.stdout)["totals"]["EffectiveCost"] == 10


def test_an_owner_nobody_gives_is_a_wrong_question(
    finops: Callable[..., Result], ledger: str
) -> None:
    result = finops("costs", "--by", "cost_centre", "--ledger", ledger)
    assert result.exit_code == 2
    assert "nothing says which cost centre a cost is of" in result.stderr
