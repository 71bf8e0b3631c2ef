"""Azure: two exports that make one bill, and what their headers, dates, units and tags look like."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from connectors.formats.bills.azure import dataset_of
from finops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from finops.errors import InputError

HEADER = (
    "BillingAccountId,BillingAccountName,BillingPeriodStartDate,BillingPeriodEndDate,SubscriptionId,Date,"
    "ProductName,MeterId,MeterCategory,MeterName,Quantity,UnitPrice,PayGPrice,CostInBillingCurrency,"
    "BillingCurrency,UnitOfMeasure,ResourceId,ChargeType,PricingModel,Frequency,BenefitId,Tags"
)
ORDER = "/providers/Microsoft.Capacity/reservationOrders/o"


def line(
    cost: str,
    charge: str = "Usage",
    pricing: str = "OnDemand",
    *,
    meter: str = "D2s v5",
    unit: str = "1 Hour",
) -> str:
    benefit = ORDER if pricing == "Reservation" else ""
    return (
        f"BA,Acct,9/1/2026,9/30/2026,sub,9/2/2026,Prod,m1,Virtual Machines,{meter},2500,0.1,0.2,{cost},EUR,"
        f'{unit},/r/1,{charge},{pricing},UsageBased,{benefit},"""k"": ""v"","'
    )


PLAIN = line("1.5")
ACTUAL = [PLAIN, line("0", pricing="Reservation"), line("100", "Purchase", "Reservation")]
AMORTIZED = [
    PLAIN,
    line("60", pricing="Reservation"),
    line("40", "UnusedReservation", "Reservation"),
]


def export(lines: list[str]) -> str:
    return "\ufeff" + "\r\n".join([HEADER, *lines])


def test_both_exports_together_give_both_amounts(
    write: Callable[..., Path], load: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    files = [write("actual.csv", export(ACTUAL)), write("amortized.csv", export(AMORTIZED))]
    (result,) = load("costs", *files)
    assert (result.format, result.stored.rows_stored) == ("azure-cost", 4)
    assert ask(
        "select ChargeCategory, CommitmentDiscountStatus, BilledCost, EffectiveCost from costs order by all"
    ) == [
        ("Purchase", None, Decimal(100), Decimal(0)),
        ("Usage", "Unused", Decimal(0), Decimal(40)),
        ("Usage", "Used", Decimal(0), Decimal(60)),
        ("Usage", None, Decimal("1.5"), Decimal("1.5")),
    ]


def test_one_export_is_enough_without_commitments(
    write: Callable[..., Path], load: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    load("costs", write("part_1.csv", export([PLAIN, PLAIN])))
    assert ask("select sum(BilledCost), sum(EffectiveCost) from costs") == [
        (Decimal(3), Decimal(3))
    ]


def test_one_export_with_commitments_is_refused(
    write: Callable[..., Path], refused: Callable[..., InputError]
) -> None:
    actual = refused("costs", write("actual.csv", export(ACTUAL)))
    assert [problem.row for problem in actual.problems] == [2, 3]
    assert "effective cost is in the amortized export" in actual.problems[0].why
    amortized = refused("costs", write("amortized.csv", export(AMORTIZED)))
    assert "what was billed is in the actual export" in amortized.problems[0].why


def test_dates_ends_and_tags(
    write: Callable[..., Path], load: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    load("costs", write("a.csv", export([PLAIN])))
    assert ask(
        "select BillingPeriodStart::date::varchar, BillingPeriodEnd::date::varchar,"
        " ChargePeriodStart::date::varchar, ChargePeriodEnd::date::varchar, Tags from costs"
    ) == [("2026-09-01", "2026-10-01", "2026-09-02", "2026-09-03", '{"k": "v"}')]


@pytest.mark.parametrize(
    ("unit", "meter", "priced", "consumed_unit"),
    [
        ("1K", "gpt 4o 0806 Inp glbl Tokens", "2.5", "Tokens"),
        ("1M", "gpt 4o 0806 Inp glbl Tokens", "0.0025", "Tokens"),
        ("10K", "Operations", "0.25", "Units"),
        ("100 Hours", "D2s v5", "25", "Hours"),
        ("1 GB/Month", "Disk", "2500", "GB/Month"),
        ("744 Hours", "Rental", None, "Hours"),
    ],
)
def test_units_count_blocks(
    unit: str,
    meter: str,
    priced: str | None,
    consumed_unit: str,
    write: Callable[..., Path],
    load: Callable[..., Any],
    ask: Callable[..., Any],
) -> None:
    load("costs", write("a.csv", export([line("1", meter=meter, unit=unit)])))
    expected = None if priced is None else Decimal(priced)
    assert ask(
        "select ConsumedQuantity, ConsumedUnit, PricingQuantity, PricingUnit from costs"
    ) == [(Decimal(2500), consumed_unit, expected, unit)]


def test_pay_as_you_go_headers_have_the_month_of_the_day(
    write: Callable[..., Path], load: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    text = (
        "subscriptionGuid,usageDateTime,meterId,meterCategory,meterName,usageQuantity,preTaxCost,currency\n"
        "s,2026-09-30,m,Storage,LRS,1,0.125,USD\n"
    )
    load("costs", write("a.csv", text))
    assert ask("select x_BillingMonth, BilledCost, SubAccountId from costs") == [
        ("2026-09", Decimal("0.125"), "s")
    ]


def test_an_unreadable_date_is_shown_as_it_stands(
    write: Callable[..., Path], refused: Callable[..., InputError]
) -> None:
    text = export([PLAIN.replace("9/2/2026", "31/9/2026")])
    problems = refused("costs", write("a.csv", text)).problems
    assert ("ChargePeriodStart", "31/9/2026", "is not an ISO 8601 time") in [
        (problem.column, problem.value, problem.why) for problem in problems
    ]


def test_which_export_a_file_is(write: Callable[..., Path]) -> None:
    assert dataset_of(Path("/exports/amortized/20260901/part_0.csv")) == "amortized"
    assert dataset_of(Path("/exports/actual-and-amortized/actual.csv")) == "actual"
    assert dataset_of(Path("/exports/part_0.csv")) is None
    beside = write("run/manifest.json", '{"exportConfig": {"type": "AmortizedCost"}}')
    assert dataset_of(beside.parent / "part_0.csv") == "amortized"


def test_the_dataset_can_be_said(write: Callable[..., Path], load: Callable[..., Any]) -> None:
    path = write("a.csv", export([PLAIN]))
    with pytest.raises(UsageError, match="dataset=both"):
        load("costs", path, sets={"dataset": "both"})
    assert load("costs", path, sets={"dataset": "actual"})
