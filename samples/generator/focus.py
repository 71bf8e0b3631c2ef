"""FOCUS 1.2 rows, as the three providers of the samples deliver them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

COLUMNS = (
    "AvailabilityZone", "BilledCost", "BillingAccountId", "BillingAccountName",
    "BillingAccountType", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart",
    "CapacityReservationId", "CapacityReservationStatus", "ChargeCategory", "ChargeClass",
    "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart",
    "CommitmentDiscountCategory", "CommitmentDiscountId", "CommitmentDiscountName",
    "CommitmentDiscountQuantity", "CommitmentDiscountStatus", "CommitmentDiscountType",
    "CommitmentDiscountUnit", "ConsumedQuantity", "ConsumedUnit", "ContractedCost",
    "ContractedUnitPrice", "EffectiveCost", "InvoiceId", "InvoiceIssuerName", "ListCost",
    "ListUnitPrice", "PricingCategory", "PricingCurrency", "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice", "PricingQuantity",
    "PricingUnit", "ProviderName", "PublisherName", "RegionId", "RegionName", "ResourceId",
    "ResourceName", "ResourceType", "ServiceCategory", "ServiceName", "ServiceSubcategory",
    "SkuId", "SkuMeter", "SkuPriceDetails", "SkuPriceId", "SubAccountId", "SubAccountName",
    "SubAccountType", "Tags", "x_Model", "x_TokenType", "x_ServiceTier",
)  # fmt: skip
"""The 57 columns of FOCUS 1.2, and our three for what a metered bill says about tokens."""

Row = dict[str, object]
"""One charge; a column that is missing is empty."""


def month_start(month: str) -> date:
    """First day of a YYYY-MM."""
    return date.fromisoformat(f"{month}-01")


def next_month(month: str) -> date:
    """First day after a YYYY-MM."""
    return (month_start(month) + timedelta(days=31)).replace(day=1)


def moment(day: date) -> str:
    """Midnight of `day` as FOCUS writes it."""
    return f"{day.isoformat()}T00:00:00Z"


def charge(
    first: date, end: date, category: str, amounts: dict[str, Decimal], **more: object
) -> Row:
    """One charge over `[first, end)` with its four amounts, in US dollars, usage-based."""
    month = f"{first:%Y-%m}"
    return {
        "BillingCurrency": "USD",
        "BillingPeriodStart": moment(month_start(month)),
        "BillingPeriodEnd": moment(next_month(month)),
        "ChargePeriodStart": moment(first),
        "ChargePeriodEnd": moment(end),
        "ChargeCategory": category,
        "ChargeFrequency": "Usage-Based",
        **amounts,
        **more,
    }


def amounts(
    billed: Decimal, *, effective: Decimal | None = None, listed: Decimal, contracted: Decimal
) -> dict[str, Decimal]:
    """The four FOCUS amounts; effective is billed unless said otherwise."""
    return {
        "BilledCost": billed,
        "EffectiveCost": billed if effective is None else effective,
        "ListCost": listed,
        "ContractedCost": contracted,
    }
