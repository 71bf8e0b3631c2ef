"""AWS cost and usage reports: a real legacy one, and every line item type of both generations."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from finops.errors import InputError

LINES: tuple[tuple[str, str, dict[str, str], str, str, str], ...] = (
    # type, unblended, further columns, billed, effective, category
    ("Usage", "1.10", {}, "1.10", "1.10", "Usage"),
    (
        "SavingsPlanCoveredUsage",
        "5.00",
        {"savings_plan_savings_plan_effective_cost": "3.25"},
        "0",
        "3.25",
        "Usage",
    ),
    ("SavingsPlanNegation", "-5.00", {}, "0", "0", "Usage"),
    (
        "SavingsPlanRecurringFee",
        "4.00",
        {
            "savings_plan_total_commitment_to_date": "4.00",
            "savings_plan_used_commitment": "3.25",
        },
        "4.00",
        "0.75",
        "Purchase",
    ),
    ("SavingsPlanUpfrontFee", "50.00", {}, "50.00", "0", "Purchase"),
    ("DiscountedUsage", "0", {"reservation_effective_cost": "0.40"}, "0", "0.40", "Usage"),
    (
        "RIFee",
        "7.00",
        {
            "reservation_unused_amortized_upfront_fee_for_billing_period": "0.10",
            "reservation_unused_recurring_fee": "0.20",
        },
        "7.00",
        "0.30",
        "Purchase",
    ),
    ("Fee", "90.00", {"reservation_reservation_a_r_n": "arn:ri"}, "90.00", "0", "Purchase"),
    ("Fee", "9.00", {}, "9.00", "9.00", "Purchase"),
    ("Tax", "0.08", {}, "0.08", "0.08", "Tax"),
    ("Credit", "-2.00", {}, "-2.00", "-2.00", "Credit"),
    ("Refund", "-1.00", {}, "-1.00", "-1.00", "Usage"),
    ("Refund", "-3.00", {"line_item_product_code": "ComputeSavingsPlans"}, "-3.00", "0", "Usage"),
)
"""Every line item type with what FOCUS makes of it."""

PLAIN = {
    "bill_payer_account_id": "111122223333",
    "bill_billing_period_start_date": "2026-10-01T00:00:00.000Z",
    "bill_billing_period_end_date": "2026-11-01T00:00:00.000Z",
    "line_item_usage_start_date": "2026-10-02T00:00:00.000Z",
    "line_item_usage_end_date": "2026-10-02T01:00:00.000Z",
    "line_item_currency_code": "USD",
    "line_item_product_code": "AmazonEC2",
    "line_item_usage_type": "BoxUsage",
    "line_item_operation": "RunInstances",
    "line_item_usage_amount": "1",
    "pricing_unit": "Hrs",
}


def report(rows: list[dict[str, str]]) -> str:
    """A CUR 2.0 CSV."""
    names = list(dict.fromkeys(name for row in rows for name in {**PLAIN, **row}))
    out = io.StringIO()
    writer = csv.DictWriter(out, names)
    writer.writeheader()
    writer.writerows({**PLAIN, **row} for row in rows)
    return out.getvalue()


def lines() -> list[dict[str, str]]:
    return [
        {
            "line_item_line_item_type": kind,
            "line_item_unblended_cost": cost,
            "line_item_resource_id": f"{at:02}",
            **more,
        }
        for at, (kind, cost, more, *_) in enumerate(LINES)
    ]


def test_the_real_legacy_report_adds_up(
    shared_data: Path, load: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    (result,) = load("costs", shared_data / "aws-legacy-cur" / "*.csv")
    assert (result.format, result.stored.rows_stored) == ("aws-cur", 1281)
    assert ask("select sum(BilledCost), sum(EffectiveCost) from costs") == [
        (Decimal("1.68230869740"), Decimal("1.68230869740"))
    ]
    assert ask("select sum(BilledCost) from costs where ChargeCategory = 'Tax'") == [
        (Decimal("0.08"),)
    ]
    assert ask("select distinct x_BillingMonth, x_Scope from costs") == [
        ("2023-11", "AWS/123412340534")
    ]


def test_each_line_item_type(
    write: Callable[..., Path], load: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    (result,) = load("costs", write("cur2.csv", report(lines())))
    assert result.format == "aws-cur2"
    found = ask("select BilledCost, EffectiveCost, ChargeCategory from costs order by ResourceId")
    assert found == [(Decimal(billed), Decimal(cost), what) for *_, billed, cost, what in LINES]
    assert ask(
        "select CommitmentDiscountStatus, sum(EffectiveCost) from costs group by 1 order by 1"
    ) == [
        ("Unused", Decimal("1.05")),
        ("Used", Decimal("3.65")),
        (None, Decimal("7.18")),
    ]


def test_net_twins_win(
    write: Callable[..., Path], load: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    rows = [
        {
            "line_item_line_item_type": "Usage",
            "line_item_unblended_cost": "2",
            "line_item_net_unblended_cost": "1.8",
        },
        {
            "line_item_line_item_type": "DiscountedUsage",
            "line_item_unblended_cost": "0",
            "line_item_net_unblended_cost": "0",
            "reservation_effective_cost": "1",
            "reservation_net_effective_cost": "0.9",
        },
    ]
    load("costs", write("cur2.csv", report(rows)))
    assert ask("select sum(BilledCost), sum(EffectiveCost) from costs") == [
        (Decimal("1.8"), Decimal("2.7"))
    ]


def test_split_container_rows_are_not_counted_again(
    write: Callable[..., Path], load: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    usage = {"line_item_line_item_type": "Usage", "line_item_unblended_cost": "1"}
    load(
        "costs", write("cur2.csv", report([usage, {**usage, "line_item_operation": "EKSPod-EC2"}]))
    )
    assert ask("select count(*), sum(EffectiveCost) from costs") == [(1, Decimal(1))]


def test_tags_keep_their_keys_and_case(
    write: Callable[..., Path], load: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    usage = {"line_item_line_item_type": "Usage", "line_item_unblended_cost": "1"}
    load("costs", write("a.csv", report([{**usage, "resource_tags": '{"user_Team":"a"}'}])))
    legacy = (
        "bill/PayerAccountId,bill/BillingPeriodStartDate,bill/BillingPeriodEndDate,lineItem/LineItemType,"
        "lineItem/UsageStartDate,lineItem/UsageEndDate,lineItem/CurrencyCode,lineItem/UnblendedCost,"
        "resourceTags/user:Team,resourceTags/user:team\n"
        "1,2026-10-01,2026-11-01,Usage,2026-10-02,2026-10-03,USD,1,A,b\n"
    )
    load("costs", write("b.csv", legacy))
    assert ask("select Tags from costs order by 1") == [
        ('{"user:Team":"A","user:team":"b"}',),
        ('{"user_Team":"a"}',),
    ]


def test_bedrock_usage_names_model_and_token_kind(
    write: Callable[..., Path], load: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    usage = {
        "line_item_line_item_type": "Usage",
        "line_item_unblended_cost": "0.003",
        "line_item_usage_amount": "1",
        "line_item_usage_type": "USE1-Claude3.5Sonnet-input-tokens",
        "pricing_unit": "1K tokens",
    }
    load("costs", write("a.csv", report([usage])))
    assert ask("select x_Model, x_TokenType, ConsumedQuantity, ConsumedUnit from costs") == [
        ("Claude3.5Sonnet", "uncached_input", Decimal(1), "1K tokens")
    ]


@pytest.mark.parametrize("used", ["many", "0." + "3" * 25])
def test_an_operand_that_would_lose_digits_is_refused(
    used: str, write: Callable[..., Path], refused: Callable[..., InputError]
) -> None:
    fee = {
        "line_item_line_item_type": "SavingsPlanRecurringFee",
        "line_item_unblended_cost": "4",
        "savings_plan_total_commitment_to_date": "4",
        "savings_plan_used_commitment": used,
    }
    (problem,) = refused("costs", write("a.csv", report([fee]))).problems
    assert (
        problem.why == f"savings_plan_used_commitment = {used} is not an amount of 14 + 24 digits"
    )
