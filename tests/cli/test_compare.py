"""`finops compare` as people run it: columns, totals, what is refused, and both ways of asking."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from finops.api.session import open_session

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer.testing import Result

HOURS = {"ConsumedUnit": "Hours", "SkuMeter": "box"}
ROWS = (
    {"ServiceName": "GPU", "EffectiveCost": "200", "ConsumedQuantity": "100", **HOURS},
    {"ServiceName": "Gone", "EffectiveCost": "5", "ConsumedQuantity": "1", **HOURS},
    *(
        {
            "BillingPeriodStart": "2026-10-01 00:00:00+00",
            "BillingPeriodEnd": "2026-11-01 00:00:00+00",
            "ChargePeriodStart": "2026-10-10 00:00:00+00",
            "ChargePeriodEnd": "2026-10-11 00:00:00+00",
            "x_BillingMonth": "2026-10",
            **row,
        }
        for row in (
            {"ServiceName": "GPU", "EffectiveCost": "450", "ConsumedQuantity": "150", **HOURS},
            {"ServiceName": "Fresh", "EffectiveCost": "3", "ConsumedQuantity": "1", **HOURS},
        )
    ),
)


@pytest.fixture
def ledger(ledger_of: Callable[..., str]) -> str:
    return ledger_of(ROWS)


def answer(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.stderr
    read: dict[str, Any] = json.loads(result.stdout, parse_float=Decimal)
    return read


def test_rows_totals_and_the_waterfall(finops: Callable[..., Result], ledger: str) -> None:
    read = answer(finops("compare", "--by", "ServiceName", "--ledger", ledger, "-f", "json"))
    assert (read["schema"], read["period"]["label"]) == ("finops.compare/1", "2026-10")
    assert [
        {name: row[name] for name in ("ServiceName", "before", "after", "change")}
        for row in read["rows"]
    ] == [
        {"ServiceName": "GPU", "before": 200, "after": 450, "change": 250},
        {"ServiceName": "Gone", "before": 5, "after": 0, "change": -5},
        {"ServiceName": "Fresh", "before": 0, "after": 3, "change": 3},
    ]
    assert read["waterfall"] == [
        {
            "currency": "USD", "before": 205, "price": 150, "usage": 100, "mix": 0, "new": 3, "gone": -5,
            "after": 453,
        }
    ]  # fmt: skip
    assert [each["item"] for each in read["movers"]] == ["GPU box", "Gone box", "Fresh box"]


def test_items_other_periods_and_python_say_the_same(
    finops: Callable[..., Result], ledger: str
) -> None:
    options = ("--ledger", ledger, "-f", "json", "--month", "2026-10", "--against", "2026-09")
    read = answer(finops("compare", "--items", "--limit", "1", *options))
    assert [row["item"] for row in read["rows"]] == ["GPU box"]
    assert "1 of 3 rows shown; totals count all of them." in read["notes"]
    found = open_session(ledger).compare("ServiceName", month="2026-10", against="2026-09")
    assert found.value.totals[0].change == 248
    days = finops(
        "compare", "--ledger", ledger, "--from", "2026-10-01", "--to", "2026-10-31",
        "--against", "2026-09-01..2026-10-01",
    )  # fmt: skip
    assert "What changed by provider, ServiceName since 2026-09 · 2026-10-01 to" in days.stdout


def test_what_makes_no_sense_is_refused(finops: Callable[..., Result], ledger: str) -> None:
    def refused(*options: str) -> str:
        result = finops("compare", "--ledger", ledger, *options)
        assert result.exit_code == 2
        return result.stderr

    assert "does not end before" in refused("--month", "2026-09", "--against", "2026-10")
    assert "'last month' is not a month" in refused("--against", "last month")
    assert "there is no dimension 'sevice'" in refused("--by", "sevice")
    assert "--basis is of bills" in refused("--by", "workflow", "--basis", "charge")
