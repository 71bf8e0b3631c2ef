"""`finops actions` as people run it: add from a saving, change, finish, list, and the file it leaves."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from typer.testing import Result

PLAN = {"CommitmentDiscountId": "plan", "CommitmentDiscountStatus": "Unused"}


@pytest.fixture
def ledger(ledger_of: Callable[..., str]) -> str:
    return ledger_of([{"ServiceName": "Compute", "EffectiveCost": "40", **PLAN}])


def test_from_a_saving_to_what_came_of_it(
    finops: Callable[..., Result], ledger: str, tmp_path: Path
) -> None:
    def run(*arguments: str) -> Result:
        return finops("actions", *arguments, "--ledger", ledger)

    added = run(
        "add",
        "Use the plan",
        "--evidence",
        "commitment/plan",
        "--due",
        "2026-10-01",
        "--by",
        "ines",
    )
    assert (added.exit_code, added.stdout) == (0, "A-1\n"), added.stderr
    assert run("change", "A-1", "--owner", "tomas", "--by", "ines").stdout == "A-1\n"
    assert run("add", "Ask the vendor", "--by", "ines").stdout == "A-2\n"
    assert run("drop", "A-2", "--note", "not worth it", "--by", "ines").exit_code == 0
    assert run("done", "A-1", "--on", "2026-09-30", "--by", "tomas").exit_code == 0

    listed: dict[str, Any] = json.loads(run("list", "-f", "json").stdout, parse_float=Decimal)
    rows = [(row["id"], row["state"], row["owner"], row["expected"]) for row in listed["rows"]]
    assert rows == [("A-1", "done", "tomas", 40), ("A-2", "dropped", None, None)]
    assert listed["rows"][0]["why"] == (
        "the first whole month since it was done is 2026-10, which ends on 2026-10-31"
    )
    said = run("show", "A-1", "-f", "csv").stdout.splitlines()
    assert [line.split(",")[1:3] for line in said[1:]] == [
        ["ines", "added"],
        ["ines", "changed"],
        ["tomas", "done"],
    ]
    file = tmp_path / "ledger" / "_actions" / "actions.jsonl"
    assert len(file.read_text(encoding="utf-8").splitlines()) == 5


def test_what_makes_no_sense_is_refused(finops: Callable[..., Result], ledger: str) -> None:
    def refused(*arguments: str) -> str:
        result = finops("actions", *arguments, "--ledger", ledger)
        assert result.exit_code == 2
        return result.stderr

    assert "there is no saving 'cache/x' in 2026-09" in refused("add", "t", "--evidence", "cache/x")
    assert "'soon' is not a date" in refused("add", "t", "--due", "soon")
    assert "'much' is not an amount" in refused("add", "t", "--expected", "much")
    assert "an action needs a title" in refused("add", " ")
    assert "there is no action 'A-1'" in refused("done", "A-1")
