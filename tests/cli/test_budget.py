"""`finops budget` and `finops forecast` as people run them: the gate's exit code, dates that are wrong, Python."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from finops.api.session import open_session
from finops.errors import GateFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer.testing import Result


@pytest.fixture
def ledger(ledger_of: Callable[..., str]) -> str:
    return ledger_of([{"EffectiveCost": "90"}])


def test_a_budget_that_is_over_fails_where_that_is_asked(
    finops: Callable[..., Result], ledger: str
) -> None:
    Path("finops.toml").write_text(
        '[[budgets]]\nname = "all"\namount = "80"\nowner = "Ines"\n'
        '[[budgets]]\nname = "other"\namount = "80"\nwhere = "ServiceName = \'x\'"\n',
        encoding="utf-8",
    )
    plain = finops("budget", "--ledger", ledger, "-f", "json")
    assert plain.exit_code == 0, plain.stderr
    read = json.loads(plain.stdout)
    assert [(row["budget"], row["actual"], row["stands"]) for row in read["rows"]] == [
        ("all", 90, "over"),
        ("other", 0, "unforeseen"),
    ]
    assert read["stands"]["over"] == 1
    failed = finops("budget", "--ledger", ledger, "--fail-over", "-f", "json")
    assert (failed.exit_code, failed.stdout) == (4, plain.stdout)
    assert "1 of 2 budgets: all (over)" in failed.stderr
    found = open_session(ledger).budget(month="2026-09")
    with pytest.raises(GateFailed):
        found.demand(forecast=True)


def test_a_forecast_says_why_there_is_none(finops: Callable[..., Result], ledger: str) -> None:
    result = finops("forecast", "--ledger", ledger, "--months", "1", "-f", "json")
    read = json.loads(result.stdout)
    assert [(row["month"], row["forecast"]) for row in read["rows"]] == [
        ("2026-09", None),
        ("2026-10", None),
    ]
    assert read["rows"][0]["why"] == "a forecast needs 35 days of costs, and there are 1"
    wrong = finops("forecast", "--ledger", ledger, "--as-of", "tomorrow")
    assert (wrong.exit_code, "'tomorrow' is not a date" in wrong.stderr) == (2, True)
