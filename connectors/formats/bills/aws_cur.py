"""AWS Cost and Usage Reports: the legacy one (`lineItem/UnblendedCost`) and 2.0 (`line_item_unblended_cost`).

Legacy names become those of 2.0 by rule, so both share one mapping. Amounts follow AWS's own summary
view. The `_net_` twins are used where the file has them.

* BilledCost is what the invoice charges: the (net) unblended cost. A line covered by a savings plan
  and the negation beside it bill nothing: both are 0, and the plan's fee is the charge.
* EffectiveCost spreads commitments over their use: the plan's or reservation's effective cost on covered
  usage, the unused part on the recurring fee, 0 on upfront fees and negations.
* Rows that split the cost of one instance among containers (`EKSPod-EC2`, `ECSTask-EC2`) repeat a
  cost that is there already, and are left out.
* Tags keep their keys as AWS writes them: `user:team` in legacy columns, the map's own keys in 2.0.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connectors.formats.bills.mapping import (
    difference,
    focus_select,
    json_object,
    named_view,
    operands_problem,
    total,
)
from connectors.formats.contract import Format, Shape
from connectors.sql import json_object_text, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from connectors.formats.contract import Delivery, Head

__all__ = ["CUR2", "EFFECTIVE_COST", "LEGACY", "MAPPING", "SPLIT_OPERATIONS"]

SPLIT_OPERATIONS = ("EKSPod-EC2", "ECSTask-EC2")
"""Operations of split cost allocation rows."""

TAGS = "resourceTags/"
"""What a tag's column begins with in the legacy report."""

USAGE = "('Usage', 'SavingsPlanCoveredUsage', 'DiscountedUsage')"
PURCHASE = "('Fee', 'RIFee', 'SavingsPlanUpfrontFee', 'SavingsPlanRecurringFee')"
IS_PLAN = "line_item_line_item_type like 'SavingsPlan%'"
COMMITMENT = "coalesce(savings_plan_savings_plan_a_r_n, reservation_reservation_a_r_n)"

UNUSED_PLAN = difference("savings_plan_total_commitment_to_date", "savings_plan_used_commitment")
UNUSED_RESERVATION = total("unused_upfront", "unused_recurring")

EFFECTIVE_COST = f"""
case
  when line_item_line_item_type = 'SavingsPlanCoveredUsage' then plan_effective_cost
  when line_item_line_item_type = 'SavingsPlanRecurringFee' then {UNUSED_PLAN}
  when line_item_line_item_type in ('SavingsPlanNegation', 'SavingsPlanUpfrontFee') then '0'
  when line_item_line_item_type = 'DiscountedUsage' then reservation_cost
  when line_item_line_item_type = 'RIFee' then {UNUSED_RESERVATION}
  when line_item_line_item_type = 'Fee' and reservation_reservation_a_r_n is not null then '0'
  when line_item_line_item_type = 'Refund' and line_item_product_code = 'ComputeSavingsPlans'
    then '0'
  else unblended
end"""
"""EffectiveCost by line item type."""

MAPPING = {
    "BilledCost": (
        "case when line_item_line_item_type in ('SavingsPlanCoveredUsage', 'SavingsPlanNegation')"
        " then '0' else unblended end"
    ),
    "EffectiveCost": EFFECTIVE_COST,
    "ListCost": "pricing_public_on_demand_cost",
    "ListUnitPrice": "pricing_public_on_demand_rate",
    "BillingCurrency": "line_item_currency_code",
    "BillingAccountId": "bill_payer_account_id",
    "BillingAccountName": "bill_payer_account_name",
    "BillingPeriodStart": "bill_billing_period_start_date",
    "BillingPeriodEnd": "bill_billing_period_end_date",
    "ChargePeriodStart": "line_item_usage_start_date",
    "ChargePeriodEnd": "line_item_usage_end_date",
    "ChargeCategory": (
        f"case when line_item_line_item_type in {PURCHASE} then 'Purchase'"
        " when line_item_line_item_type in ('Tax', 'Credit') then line_item_line_item_type"
        " else 'Usage' end"
    ),
    "ChargeClass": "case when line_item_line_item_type = 'Refund' then 'Correction' end",
    "ChargeDescription": "line_item_line_item_description",
    "ChargeFrequency": (
        "case when line_item_line_item_type in ('Fee', 'SavingsPlanUpfrontFee') then 'One-Time'"
        " when line_item_line_item_type in ('RIFee', 'SavingsPlanRecurringFee') then 'Recurring'"
        " else 'Usage-Based' end"
    ),
    "CommitmentDiscountCategory": (
        f"case when {COMMITMENT} is null then null when {IS_PLAN} then 'Spend' else 'Usage' end"
    ),
    "CommitmentDiscountId": COMMITMENT,
    "CommitmentDiscountStatus": (
        "case when line_item_line_item_type in ('SavingsPlanCoveredUsage', 'DiscountedUsage') then 'Used'"
        f" when line_item_line_item_type = 'SavingsPlanRecurringFee' and {UNUSED_PLAN}::decimal(38,24) <> 0"
        f" or line_item_line_item_type = 'RIFee' and {UNUSED_RESERVATION}::decimal(38,24) <> 0 then 'Unused' end"
    ),
    "CommitmentDiscountType": (
        f"case when {COMMITMENT} is null then null when {IS_PLAN} then 'Savings Plan'"
        " else 'Reserved Instance' end"
    ),
    "ConsumedQuantity": f"case when line_item_line_item_type in {USAGE} then line_item_usage_amount end",
    "ConsumedUnit": f"case when line_item_line_item_type in {USAGE} then pricing_unit end",
    "PricingQuantity": "line_item_usage_amount",
    "PricingUnit": "pricing_unit",
    "PricingCategory": (
        "case when line_item_line_item_type in ('SavingsPlanCoveredUsage', 'DiscountedUsage')"
        " then 'Committed' when pricing_term = 'Spot' or line_item_usage_type like '%SpotUsage%'"
        " then 'Dynamic' when line_item_line_item_type = 'Usage' then 'Standard' end"
    ),
    "InvoiceId": "bill_invoice_id",
    "InvoiceIssuerName": "bill_invoicing_entity",
    "ProviderName": "'AWS'",
    "ServiceProviderName": "'AWS'",
    "HostProviderName": "'AWS'",
    "PublisherName": "line_item_legal_entity",
    "RegionId": "coalesce(product_region_code, product_region)",
    "AvailabilityZone": "line_item_availability_zone",
    "ResourceId": "line_item_resource_id",
    "ServiceName": "coalesce(product_product_name, product_servicename, line_item_product_code)",
    "SkuId": "product_sku",
    "SkuMeter": "line_item_usage_type",
    "SkuPriceId": "pricing_rate_code",
    "SubAccountId": "line_item_usage_account_id",
    "SubAccountName": "line_item_usage_account_name",
    "x_Extra": json_object(
        {
            "line_item_type": "line_item_line_item_type",
            "operation": "line_item_operation",
            "usage_type": "line_item_usage_type",
            "product_code": "line_item_product_code",
        }
    ),
}
"""FOCUS column and SQL over the names of CUR 2.0 (and the four names below)."""

NET = {
    "unblended": ("line_item_net_unblended_cost", "line_item_unblended_cost"),
    "plan_effective_cost": (
        "savings_plan_net_savings_plan_effective_cost",
        "savings_plan_savings_plan_effective_cost",
    ),
    "reservation_cost": ("reservation_net_effective_cost", "reservation_effective_cost"),
    "unused_upfront": (
        "reservation_net_unused_amortized_upfront_fee_for_billing_period",
        "reservation_unused_amortized_upfront_fee_for_billing_period",
    ),
    "unused_recurring": (
        "reservation_net_unused_recurring_fee",
        "reservation_unused_recurring_fee",
    ),
}
"""Amounts that have a net twin: the twin, then the plain column."""

OPERANDS = (
    "savings_plan_total_commitment_to_date",
    "savings_plan_used_commitment",
    "unused_upfront",
    "unused_recurring",
)
AMOUNTS = (
    *(name for twins in NET.values() for name in twins),
    *OPERANDS[:2],
    "pricing_public_on_demand_cost",
    "pricing_public_on_demand_rate",
    "line_item_usage_amount",
)

_SPOKEN = re.findall(
    r"\b(?:bill|line_item|pricing|product|reservation|savings_plan)_[a-z_]+\b",
    " ".join((*MAPPING.values(), *OPERANDS)),
)
_KNOWN = tuple(
    name
    for name in dict.fromkeys((*_SPOKEN, *(name for twins in NET.values() for name in twins)))
    if name not in NET
)
"""Columns the mapping needs from the file."""


def _as_cur2(column: str) -> str:
    """`lineItem/UnblendedCost` as `line_item_unblended_cost`; names of 2.0 stay."""
    if "/" not in column:
        return column
    group, _, name = column.partition("/")
    return f"{_snake(group)}_{_snake(name)}"


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def _carried(columns: Iterable[str]) -> list[str]:
    """Columns whose names are data (tags), and the maps of 2.0."""
    return [
        name for name in columns if name.startswith(TAGS) or name in {"resource_tags", "product"}
    ]


def _tags(delivery: Delivery) -> str:
    tags = {
        re.sub(r" \(\d+\)$", "", column.removeprefix(TAGS)): quoted(column)
        for column in delivery.columns
        if column.startswith(TAGS)
    }
    if tags:
        return json_object(tags)
    if "resource_tags" not in delivery.columns:
        return "cast(null as varchar)"
    if delivery.shape is Shape.PARQUET:
        return "nullif(cast(to_json(resource_tags) as varchar), '{}')"
    return json_object_text("resource_tags")


def _from_product(delivery: Delivery) -> Mapping[str, str]:
    """2.0 keeps most product columns in one map."""
    if "product" not in delivery.columns:
        return MAPPING
    product = "to_json(product)" if delivery.shape is Shape.PARQUET else "try_cast(product as json)"
    return {
        **MAPPING,
        "RegionId": f"coalesce(product_region_code, {product} ->> '$.region')",
        "ServiceName": f"coalesce({product} ->> '$.product_name', line_item_product_code)",
    }


def _select(delivery: Delivery) -> str:
    mapping = {**_from_product(delivery), "Tags": _tags(delivery)}
    view = named_view(
        delivery, _KNOWN, _as_cur2, amounts=AMOUNTS, as_they_are=_carried(delivery.columns)
    )
    twins = ", ".join(f"coalesce({', '.join(pair)}) as {name}" for name, pair in NET.items())
    split = ", ".join(f"'{operation}'" for operation in SPLIT_OPERATIONS)
    source = (
        f"(select *, {twins} from {view} where coalesce(line_item_operation, '') not in ({split}))"
    )
    return focus_select(
        mapping,
        source,
        phrases=("line_item_usage_type", "line_item_line_item_description"),
        problem=operands_problem(OPERANDS),
    )


def _recognises_legacy(head: Head) -> int:
    needed = {"lineItem/UnblendedCost", "bill/BillingPeriodStartDate", "lineItem/LineItemType"}
    return 95 if needed <= set(head.columns) else 0


def _recognises_2(head: Head) -> int:
    needed = {
        "line_item_unblended_cost",
        "bill_billing_period_start_date",
        "line_item_line_item_type",
    }
    return 95 if needed <= set(head.columns) else 0


LEGACY = Format(
    name="aws-cur",
    table="costs",
    about="AWS Cost and Usage Report, legacy: lineItem/UnblendedCost",
    shapes=(Shape.CSV, Shape.PARQUET),
    recognises=_recognises_legacy,
    select=_select,
)

CUR2 = Format(
    name="aws-cur2",
    table="costs",
    about="AWS Cost and Usage Report 2.0 (Data Exports): line_item_unblended_cost",
    shapes=(Shape.CSV, Shape.PARQUET),
    recognises=_recognises_2,
    select=_select,
)
