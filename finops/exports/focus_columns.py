"""The columns of a FOCUS file, 1.2 or 1.3, each as SQL over the split bill; then ours, which begin with `x_`.

What FOCUS wants and a bill leaves out is taken from what the row itself says (a provider for a publisher, the
billing currency for the pricing currency); amounts and prices are never made up.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from finops.analysis.where import quote
from finops.ledger.schema import identifier
from finops.model.schema import Kind
from finops.model.tables import COSTS

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MANDATORY", "VERSIONS", "custom_name", "focus_columns"]

VERSIONS = ("1.2", "1.3")

_V1_2 = (
    *("AvailabilityZone", "BilledCost", "BillingAccountId", "BillingAccountName"),
    *("BillingAccountType", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart"),
    *("CapacityReservationId", "CapacityReservationStatus", "ChargeCategory", "ChargeClass"),
    *("ChargeDescription", "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart"),
    *("CommitmentDiscountCategory", "CommitmentDiscountId", "CommitmentDiscountName"),
    *("CommitmentDiscountQuantity", "CommitmentDiscountStatus", "CommitmentDiscountType"),
    *("CommitmentDiscountUnit", "ConsumedQuantity", "ConsumedUnit", "ContractedCost"),
    *("ContractedUnitPrice", "EffectiveCost", "InvoiceId", "InvoiceIssuerName", "ListCost"),
    *("ListUnitPrice", "PricingCategory", "PricingCurrency"),
    *("PricingCurrencyContractedUnitPrice", "PricingCurrencyEffectiveCost"),
    *("PricingCurrencyListUnitPrice", "PricingQuantity", "PricingUnit", "ProviderName"),
    *("PublisherName", "RegionId", "RegionName", "ResourceId", "ResourceName", "ResourceType"),
    *("ServiceCategory", "ServiceName", "ServiceSubcategory", "SkuId", "SkuMeter"),
    *("SkuPriceDetails", "SkuPriceId", "SubAccountId", "SubAccountName", "SubAccountType", "Tags"),
)
_SPLIT = (
    "AllocatedMethodDetails",
    "AllocatedMethodId",
    "AllocatedResourceId",
    "AllocatedResourceName",
    "AllocatedTags",
)
_ADDED_1_3 = (*_SPLIT, "ContractApplied", "HostProviderName", "ServiceProviderName")

MANDATORY = (
    *("BilledCost", "BillingAccountId", "BillingCurrency", "BillingPeriodEnd"),
    *("BillingPeriodStart", "ChargeCategory", "ChargePeriodEnd", "ChargePeriodStart"),
    *("ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost", "ProviderName"),
    *("PublisherName", "ServiceCategory", "ServiceName"),
)
"""Columns that FOCUS wants filled in every row."""

_PROVIDER = "coalesce(ServiceProviderName, ProviderName, PublisherName, InvoiceIssuerName)"
_IS_PRICED = "coalesce(PricingCurrency, BillingCurrency) = BillingCurrency"
_CATEGORY = "coalesce(ServiceCategory, case when x_Model is null then 'Other' else 'AI and Machine Learning' end)"

_FILLED = {
    "ProviderName": _PROVIDER,
    "ServiceProviderName": _PROVIDER,
    "HostProviderName": f"coalesce(HostProviderName, {_PROVIDER})",
    "PublisherName": f"coalesce(PublisherName, {_PROVIDER})",
    "InvoiceIssuerName": f"coalesce(InvoiceIssuerName, {_PROVIDER})",
    "ServiceName": "case when x_CostOrigin = 'owned' then ServiceName || ' (' || SkuMeter || ')' else ServiceName end",
    "ServiceCategory": _CATEGORY,
    "ServiceSubcategory": (
        "coalesce(ServiceSubcategory, case when ServiceCategory is null and x_Model is not null "
        f"then 'Generative AI' else 'Other (' || {_CATEGORY} || ')' end)"
    ),
    "ChargeFrequency": "coalesce(ChargeFrequency, case ChargeCategory when 'Usage' then 'Usage-Based' end)",
    "PricingCurrency": "coalesce(PricingCurrency, BillingCurrency)",
    "PricingCurrencyEffectiveCost": (
        f"coalesce(PricingCurrencyEffectiveCost, case when {_IS_PRICED} then EffectiveCost end)"
    ),
    "PricingCurrencyListUnitPrice": (
        f"coalesce(PricingCurrencyListUnitPrice, case when {_IS_PRICED} then ListUnitPrice end)"
    ),
    "PricingCurrencyContractedUnitPrice": (
        "coalesce(PricingCurrencyContractedUnitPrice, "
        f"case when {_IS_PRICED} then ContractedUnitPrice end)"
    ),
}
"""What a row that lacks a column says in other words."""

_KEPT = ("x_Model", "x_TokenType", "x_ServiceTier", "x_CostOrigin", "x_Line", "x_AdjustsMonth")


def custom_name(dimension: str) -> str:
    """`x_CostCentre` for `cost_centre`."""
    return "x_" + "".join(part.capitalize() for part in re.split(r"[_\W]+", dimension))


def focus_columns(version: str, by: Sequence[str]) -> list[tuple[str, str, Kind]]:
    """Name, SQL over the split bill and kind of every column of `version`, split by the dimensions `by`."""
    known = {column.name: column.kind for column in COSTS.columns}
    names = [*_V1_2, *(_ADDED_1_3 if version == "1.3" else ())]
    split = _split_columns(by)
    found = [
        (name, split.get(name, _FILLED.get(name, identifier(name))), known[name])
        for name in sorted(names)
    ]
    if version != "1.3":
        found += [(f"x_{name}", split[name], known[name]) for name in _SPLIT]
    found += [(name, identifier(name), known[name]) for name in _KEPT]
    taken = {name.casefold() for name, _, _ in found}
    ours = [
        ("x_Pool", "pool", Kind.TEXT),
        ("x_Use", "section", Kind.TEXT),
        ("x_AllocatedRatio", "ratio", Kind.DECIMAL),
        *((custom_name(name), identifier(name), Kind.TEXT) for name in by),
    ]
    return found + [each for each in ours if each[0].casefold() not in taken]


def _split_columns(by: Sequence[str]) -> dict[str, str]:
    """The split-cost columns: what a bill says itself where it was split already, else how we split it."""
    whom = ", ".join(f"{quote(name + '/')} || {identifier(name)}" for name in by) or "null"
    names = ", ".join(identifier(name) for name in by) or "null"
    pairs = ", ".join(f"{quote(name)}, {identifier(name)}" for name in by)
    tags = f"cast(json_merge_patch('{{}}', json_object({pairs})) as varchar)"
    counted = "cast(quantity as varchar)"
    element = (
        "'{\"Elements\":[{\"AllocatedRatio\":' || rtrim(rtrim(cast(ratio as varchar), '0'), '.')"
        " || case when unit is null then '' else ',\"UsageUnit\":\"' || unit || '\",\"UsageQuantity\":' || "
        f"{counted} end || '}}]}}'"
    )
    made = {
        "AllocatedMethodId": "'finops/' || section",
        "AllocatedMethodDetails": element,
        "AllocatedResourceId": f"coalesce({whom})",
        "AllocatedResourceName": f"coalesce({names})",
        "AllocatedTags": tags if by else "null",
    }
    return {
        name: f"case when part is null then {identifier(name)} else {sql} end"
        for name, sql in made.items()
    }
