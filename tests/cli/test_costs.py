"""`finops costs` on a small ledger: exact sums, the right rows, the right words."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer.testing import Result

ROWS = (
    {
        "ServiceName": "Compute",
        "EffectiveCost": "0.123456789012345678901234",
        "Tags": '{"team":"a"}',
    },
    {
        "ServiceName": "Compute",
        "EffectiveCost": "2.000000000000000000000001",
        "Tags": '{"team":"b"}',
    },
    {"ServiceName": "Storage", "EffectiveCost": "10", "ListCost": None, "Tags": '{" team":"a"}'},
    {"ServiceName": "Compute", "EffectiveCost": "-1", "ChargeCategory": "Credit", "Tags": None},
    {
        "ServiceName": "Late",
        "EffectiveCost": "5",
        "ChargeClass": "Correction",
        "ChargePeriodStart": "2026-08-31 23:00:00+00",
        "ChargePeriodEnd": "2026-09-01 00:00:00+00",
    },
    {"ServiceName": "Old", "EffectiveCost": "7", "x_BillingMonth": "2026-08"},
)


def answer(result: Result) -> dict[str, Any]:
    """The JSON of a run that went well, amounts as decimals."""
    assert result.exit_code == 0, result.stderr
    read: dict[str, Any] = json.loads(result.stdout, parse_float=Decimal)
    return read


@pytest.fixture
def ledger(ledger_of: Callable[..., str]) -> str:
    return ledger_of(ROWS)


def test_rows_totals_and_keys(finops: Callable[..., Result], ledger: str) -> None:
    read = answer(finops("costs", "--by", "servicename", "--ledger", ledger, "--format", "json"))
    assert read["schema"] == "finops.costs/1"
    assert read["period"] == {"start": "2026-09-01", "end": "2026-10-01", "label": "2026-09"}
    assert read["currency"] == "USD"
    assert list(read["rows"][0]) == [
        "ServiceName", "BilledCost", "EffectiveCost", "ListCost", "ContractedCost", "BillingCurrency",
    ]  # fmt: skip
    assert [(row["ServiceName"], row["EffectiveCost"]) for row in read["rows"]] == [
        ("Storage", 10),
        ("Late", 5),
        ("Compute", Decimal("1.123456789012345678901235")),
    ]
    assert read["totals"]["EffectiveCost"] == Decimal("16.123456789012345678901235")
    assert read["totals"].keys() == read["rows"][0].keys()
    assert read["rows"][0]["ListCost"] is None
    assert read["totals"]["ListCost"] == 4
    assert "1 of 5 cost rows have no ListCost: its sums leave them out." in read["notes"]


def test_a_month_is_the_invoice_and_days_are_days_of_use(
    finops: Callable[..., Result], ledger: str
) -> None:
    def services(*period: str) -> set[str]:
        rows = answer(finops("costs", "--ledger", ledger, "-f", "json", *period))["rows"]
        return {row["ServiceName"] for row in rows}

    assert services("--month", "2026-09") == {"Compute", "Storage", "Late"}
    assert services("--month", "2026-09", "--basis", "charge") == {"Compute", "Storage", "Old"}
    assert services("--from", "2026-08-31", "--to", "2026-09-01") == {"Late"}
    assert services("--from", "2026-08-01", "--to", "2026-09-01", "--basis", "billing") == {"Old"}
    assert services("--all") == {"Compute", "Storage", "Late", "Old"}


def test_the_invoice_has_no_days(finops: Callable[..., Result], ledger: str) -> None:
    result = finops(
        "costs", "--ledger", ledger, "--from", "2026-09-02", "--to", "2026-09-09", "--basis", "billing"
    )  # fmt: skip
    assert (result.exit_code, result.stdout) == (2, "")
    assert "not whole months" in result.stderr


def test_tag_keys_are_exact_and_a_near_one_is_pointed_out(
    finops: Callable[..., Result], ledger: str
) -> None:
    read = answer(finops("costs", "--by", "tag:team", "--ledger", ledger, "-f", "json"))
    assert {row["tag:team"]: row["EffectiveCost"] for row in read["rows"]} == {
        "a": Decimal("0.123456789012345678901234"),
        "b": Decimal("2.000000000000000000000001"),
        None: 14,
    }
    assert read["notes"][-1] == "Tag 'team' is also spelled ' team'; keys are matched exactly."
    shown = finops("costs", "--by", "tag:team", "--ledger", ledger).stdout
    assert "(none)" in shown
    missing = answer(finops("costs", "--by", "tag:TEAM", "--ledger", ledger, "-f", "json"))
    assert "does not occur, but is spelled ' team', 'team'" in missing["notes"][-1]


def test_days_weeks_and_months_of_use(finops: Callable[..., Result], ledger: str) -> None:
    def values(dimension: str) -> set[str]:
        rows = answer(finops("costs", "--by", dimension, "--all", "--ledger", ledger, "-f", "json"))
        return {row[dimension] for row in rows["rows"]}

    assert values("day") == {"2026-09-10", "2026-08-31"}
    assert values("week") == {"2026-09-07", "2026-08-31"}
    assert values("month") == {"2026-09", "2026-08"}
    assert values("billing_month") == {"2026-09", "2026-08"}
    assert values("provider") == {"Provider"}


def test_a_typo_is_answered_with_the_nearest_names(
    finops: Callable[..., Result], ledger: str
) -> None:
    result = finops("costs", "--by", "RegionID,ServiceNme", "--ledger", ledger)
    assert result.exit_code == 2
    assert "there is no dimension 'ServiceNme'" in result.stderr
    assert "did you mean ServiceName" in result.stderr
    assert finops("costs", "--by", "EffectiveCost", "--ledger", ledger).exit_code == 2
    assert finops("costs", "--by", "day,,week", "--ledger", ledger).exit_code == 2
    assert finops("costs", "--by", "day,day", "--ledger", ledger).exit_code == 2
    assert finops("costs", "--by", "tag:", "--ledger", ledger).exit_code == 2


def test_where_filters_and_refuses_what_is_no_filter(
    finops: Callable[..., Result], ledger: str
) -> None:
    read = answer(
        finops("costs", "--where", "ServiceName = 'Compute' and EffectiveCost > 0", "--ledger", ledger,
               "-f", "json")
    )  # fmt: skip
    assert read["totals"]["EffectiveCost"] == Decimal("2.123456789012345678901235")
    assert finops("costs", "--where", "1; drop table costs", "--ledger", ledger).exit_code == 2


def test_a_limit_shows_less_and_counts_all(finops: Callable[..., Result], ledger: str) -> None:
    read = answer(finops("costs", "--limit", "1", "--ledger", ledger, "-f", "json"))
    assert len(read["rows"]) == 1
    assert read["totals"]["EffectiveCost"] == Decimal("16.123456789012345678901235")
    assert "1 of 3 rows shown; totals count all of them." in read["notes"]


def test_currencies_are_never_added(
    finops: Callable[..., Result], ledger_of: Callable[..., str]
) -> None:
    ledger = ledger_of(
        [
            {"EffectiveCost": "1.5"},
            {"EffectiveCost": "99999999999999.5", "BillingCurrency": "VND"},
            {"EffectiveCost": "2"},
        ]
    )
    read = answer(finops("costs", "--ledger", ledger, "-f", "json"))
    assert read["currency"] is None
    assert [(row["BillingCurrency"], row["EffectiveCost"]) for row in read["rows"]] == [
        ("USD", Decimal("3.5")),
        ("VND", Decimal("99999999999999.5")),
    ]
    assert read["totals"] == dict.fromkeys(read["rows"][0])
    assert [
        (one["BillingCurrency"], one["EffectiveCost"]) for one in read["totals_by_currency"]
    ] == [
        ("USD", Decimal("3.5")),
        ("VND", Decimal("99999999999999.5")),
    ]
    assert "Total in USD: effective 3.50, billed 2.00." in read["notes"]


def test_a_sum_that_does_not_fit_names_its_currency(
    finops: Callable[..., Result], ledger_of: Callable[..., str]
) -> None:
    huge = {"EffectiveCost": "99999999999999.5", "BillingCurrency": "VND"}
    result = finops("costs", "--ledger", ledger_of([huge, {}, huge]))
    assert result.exit_code == 1
    assert "a sum in VND has more than the 14 digits" in result.stderr


def test_pools_split_the_bill_whole(finops: Callable[..., Result], ledger: str) -> None:
    with open("finops.toml", "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write('[[pools]]\nname = "vm"\nkind = "gpu"\nwhere = "ServiceName = \'Compute\'"\n')
    read = answer(finops("costs", "--by", "pool", "--ledger", ledger, "-f", "json"))
    assert {row["pool"]: row["EffectiveCost"] for row in read["rows"]} == {
        "vm": Decimal("1.123456789012345678901235"),
        "other": 15,
    }


def test_no_rows_is_an_answer(finops: Callable[..., Result], ledger: str) -> None:
    result = finops("costs", "--month", "2020-01", "--ledger", ledger, "-f", "json")
    read = answer(result)
    assert read["rows"] == []
    assert read["totals"]["EffectiveCost"] is None
    assert read["notes"] == [
        "The ledger has nothing of 2020-01; it has 2026-08 to 2026-09.",
        "No cost rows match.",
    ]


def test_a_commitment_purchase_is_no_saving(
    finops: Callable[..., Result], ledger_of: Callable[..., str]
) -> None:
    ledger = ledger_of([{}, {"ChargeCategory": "Purchase", "CommitmentDiscountId": "ri-1"}])
    read = answer(finops("costs", "--ledger", ledger, "-f", "json"))
    assert "1 commitment purchases" in read["notes"][0]
    assert not any("saving" in key.lower() for key in read["totals"])


def test_no_ledger_says_how_to_get_one(finops: Callable[..., Result]) -> None:
    result = finops("costs", "--ledger", "nowhere")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "finops load" in result.stderr
    assert "finops demo" in result.stderr
