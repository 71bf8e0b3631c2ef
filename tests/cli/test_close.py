"""`finops close` as people use it: check, close, answer the same, adjust, take back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer.testing import Result

MAIL = {"ServiceName": "Mail", "InvoiceId": "M-9", "BilledCost": "7.25", "EffectiveCost": "7.25"}
WEB = {"ServiceName": "Web", "InvoiceId": "W-9", "BilledCost": "2", "EffectiveCost": "2"}


@pytest.fixture
def at(ledger_of: Callable[..., str]) -> str:
    return ledger_of([MAIL, {**WEB, "ChargePeriodEnd": "2026-10-01 00:00:00+00"}])


def _json(result: Result) -> Any:  # noqa: ANN401  (JSON)
    return json.loads(result.stdout)


def test_a_month_is_checked_closed_listed_and_taken_back(
    finops: Callable[..., Result], at: str
) -> None:
    Path("finops.toml").write_text("[close.sources.bill]\ngrace_days = 3\n", encoding="utf-8")
    month = ("close", "2026-09", "--ledger", at)
    checked = finops(*month, "--check", "--format", "json")
    assert checked.exit_code == 0, checked.stderr
    assert _json(checked)["state"] == "provisional"
    assert _json(checked)["can_close"] is True
    assert _json(checked)["final_on"] == "2026-10-04"
    closed = finops(*month, "--format", "json")
    assert closed.exit_code == 0, closed.stderr
    assert "2026-09 is closed" in closed.stderr
    assert [
        (row["InvoiceId"], row["other"], row["difference"]) for row in _json(closed)["rows"]
    ] == [
        ("M-9", 7.25, 0),
        ("W-9", 2, 0),
    ]
    again = finops(*month)
    assert again.exit_code == 2
    assert "take it back first" in again.stderr
    kept = _json(finops(*month, "--check", "--format", "json"))
    assert (kept["state"], kept["close"], kept["damaged_files"]) == ("closed", "2026-09/1", [])
    months = _json(finops("close", "--list", "--ledger", at, "--format", "json"))["rows"]
    assert [(row["month"], row["state"], row["EffectiveCost"]) for row in months] == [
        ("2026-09", "closed", 9.25)
    ]
    assert finops(*month, "--reopen").exit_code == 2
    taken_back = finops(*month, "--reopen", "--reason", "the wrong bill")
    assert taken_back.exit_code == 0, taken_back.stderr
    assert finops(*month).exit_code == 0
    months = _json(finops("close", "--list", "--ledger", at, "--format", "json"))["rows"]
    assert [(row["close"], row["reopened"]) for row in months] == [("2026-09/2", 1)]


def test_every_command_answers_for_a_closed_month_as_before(
    finops: Callable[..., Result], at: str
) -> None:
    asked = [
        (*command, "--month", "2026-09", "--ledger", at, "--format", kind)
        for command in (("unit",), ("costs", "--by", "ServiceName"), ("explain", "cost"))
        for kind in ("table", "json")
    ]
    before = [finops(*each).stdout_bytes for each in asked]
    assert finops("close", "2026-09", "--ledger", at).exit_code == 0
    Path("restated.csv").write_text(
        "BilledCost,EffectiveCost,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargePeriodStart,"
        "ChargePeriodEnd,ChargeCategory,ServiceName,ProviderName,InvoiceId,BillingAccountId\n"
        "9,9,USD,2026-09-01T00:00:00Z,2026-10-01T00:00:00Z,2026-09-10T00:00:00Z,2026-09-11T00:00:00Z,"
        "Usage,Mail,Provider,M-9,1\n",
        encoding="utf-8",
    )
    loaded = finops("load", "costs", "restated.csv", "--source", "bill", "--ledger", at)
    assert loaded.exit_code == 0, loaded.stderr
    assert "2026-09 is closed; what changed in it is booked in 2026-10" in loaded.stderr
    assert [finops(*each).stdout_bytes for each in asked] == before
    changed = _json(
        finops("close", "2026-10", "--check", "--show", "adjustments", "--ledger", at, "-f", "json")
    )
    assert [(row["month"], row["InvoiceId"], row["EffectiveCost"]) for row in changed["rows"]] == [
        ("2026-09", "M-9", 1.75),
        ("2026-09", "W-9", -2),
    ]


def test_a_month_that_is_not_complete_is_closed_for_a_reason_only(
    finops: Callable[..., Result], at: str
) -> None:
    Path("finops.toml").write_text("[close.sources.azure]\n", encoding="utf-8")
    refused = finops("close", "2026-09", "--ledger", at)
    assert refused.exit_code == 4
    assert "azure (any): nothing of the month has come" in refused.stderr
    checked = finops("close", "2026-09", "--check", "--ledger", at)
    assert checked.exit_code == 4
    assert finops("close", "2026-09", "--reason", "nothing is due", "--ledger", at).exit_code == 0
    listed = _json(finops("close", "--list", "--ledger", at, "-f", "json"))
    assert listed["rows"][0]["reason"] == "nothing is due"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "which month?"),
        (("2026-13",), "is not a month"),
        (("2026-09", "--show", "invoices"), "--show goes with --check"),
        (("2026-09", "--list", "--check"), "one of --check, --list and --reopen"),
        (("2026-09", "--reopen", "--reason", "x"), "2026-09 is not closed"),
    ],
)
def test_a_wrong_request_says_what_to_do(
    arguments: tuple[str, ...], words: str, finops: Callable[..., Result], at: str
) -> None:
    result = finops("close", *arguments, "--ledger", at)
    assert result.exit_code == 2
    assert words in result.stderr
