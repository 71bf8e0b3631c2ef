"""Oracle's cost reports before FOCUS (`reports/cost-csv`): `cost/myCost`, `lineItem/intervalUsageStart`.

One row is one resource and SKU over one interval; `cost/myCost` is what is charged, after the contract's
price, so it is both BilledCost and EffectiveCost. Times come without seconds (`2023-11-13T10:00Z`). The
report has no billing period: it is the calendar month (UTC) the interval begins in. A row with
`lineItem/isCorrection` corrects an earlier one. Tags are columns `tags/NAMESPACE.key`. (FOCUS reports of
Oracle, from the bucket's `FOCUS Reports`, are read as FOCUS.)
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connectors.formats.bills.mapping import focus_select, json_object, named_view, names_in
from connectors.formats.contract import Format, Shape
from connectors.sql import quoted

if TYPE_CHECKING:
    from connectors.formats.contract import Delivery, Head

__all__ = ["FORMAT", "MAPPING"]

TAGS = "tags/"
MONTH = "date_trunc('month', try_cast(lineitem_intervalusagestart as timestamptz))"

MAPPING = {
    "BilledCost": "cost_mycost",
    "EffectiveCost": "cost_mycost",
    "ContractedCost": "cost_mycost",
    "ContractedUnitPrice": "cost_unitprice",
    "BillingCurrency": "cost_currencycode",
    "BillingAccountId": "coalesce(lineitem_tenantid, cost_subscriptionid)",
    "BillingPeriodStart": MONTH,
    "BillingPeriodEnd": f"{MONTH} + interval 1 month",
    "ChargePeriodStart": "lineitem_intervalusagestart",
    "ChargePeriodEnd": "lineitem_intervalusageend",
    "ChargeCategory": "'Usage'",
    "ChargeClass": "case when lower(lineitem_iscorrection) = 'true' then 'Correction' end",
    "ChargeDescription": "coalesce(product_description, cost_skuunitdescription)",
    "ChargeFrequency": "'Usage-Based'",
    "ConsumedQuantity": "usage_billedquantity",
    "ConsumedUnit": "cost_billingunitreadable",
    "PricingQuantity": "usage_billedquantity",
    "PricingUnit": "cost_billingunitreadable",
    "ProviderName": "'Oracle'",
    "ServiceProviderName": "'Oracle'",
    "HostProviderName": "'Oracle'",
    "PublisherName": "'Oracle'",
    "InvoiceIssuerName": "'Oracle'",
    "RegionId": "product_region",
    "AvailabilityZone": "product_availabilitydomain",
    "ResourceId": "product_resourceid",
    "ServiceName": "product_service",
    "SkuId": "cost_productsku",
    "SubAccountId": "product_compartmentid",
    "SubAccountName": "product_compartmentname",
    "x_Extra": json_object(
        {
            "reference": "lineitem_referenceno",
            "corrects": "lineitem_backreferenceno",
            "compartment_path": "product_compartmentpath",
        }
    ),
}
"""FOCUS column and SQL over the report's names, lower case, `/` as `_`."""

_NAMES = tuple(
    dict.fromkeys(
        re.findall(r"\b(?:cost|lineitem|product|usage)_[a-z]+\b", " ".join(MAPPING.values()))
    )
)


def _spelled(column: str) -> str:
    return column.replace("/", "_").lower()


def _recognises(head: Head) -> int:
    here = {column.lower() for column in head.columns}
    return 95 if {"cost/mycost", "lineitem/intervalusagestart"} <= here else 0


def _select(delivery: Delivery) -> str:
    tags = [column for column in delivery.columns if column.startswith(TAGS)]
    keys = {re.sub(r" \(\d+\)$", "", name.removeprefix(TAGS)): quoted(name) for name in tags}
    view = named_view(
        delivery,
        names_in(MAPPING, _NAMES),
        _spelled,
        amounts=("cost_mycost", "cost_unitprice", "usage_billedquantity"),
        as_they_are=tags,
    )
    mapping = {**MAPPING, "Tags": json_object(keys)}
    return focus_select(mapping, view, phrases=("product_description", "cost_skuunitdescription"))


FORMAT = Format(
    name="oci-cost",
    table="costs",
    about="Oracle cost report before FOCUS: cost/myCost",
    shapes=(Shape.CSV, Shape.PARQUET),
    recognises=_recognises,
    select=_select,
)
