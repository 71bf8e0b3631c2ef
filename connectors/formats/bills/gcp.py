"""Google Cloud's detailed usage cost export, as rows taken out of BigQuery (JSON Lines, CSV or Parquet).

`cost` is before credits; `credits` (negative, sometimes larger than the cost) are part of the invoice. So
BilledCost and EffectiveCost are both `cost` plus its credits: their sum is Google's own invoice total;
ContractedCost is `cost`, ListCost `cost_at_list`. The billing period is `invoice.month`, whose
boundaries lie at midnight in Los Angeles, kept here as the calendar month it names.

Labels keep their keys; a JSON or Parquet file has them nested, a CSV has `service.description` (or `service_description`)
columns and JSON text in `labels` and `credits`. JSON readers cut a bare number to 17 digits, as a
BigQuery FLOAT64 has; NUMERIC travels as a string and keeps all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.formats.bills.mapping import focus_select, json_object, operands_problem, total
from connectors.formats.contract import Format, Shape
from connectors.sql import quoted

if TYPE_CHECKING:
    from connectors.formats.contract import Delivery, Head

__all__ = ["FIELDS", "FORMAT", "MAPPING"]

FIELDS = {
    "billing_account_id": "",
    "service": "id description",
    "sku": "id description",
    "usage_start_time": "",
    "usage_end_time": "",
    "project": "id name number",
    "labels": "",
    "location": "location country region zone",
    "resource": "name global_name",
    "cost": "",
    "cost_at_list": "",
    "currency": "",
    "usage": "amount unit amount_in_pricing_units pricing_unit",
    "price": "effective_price unit",
    "credits": "",
    "invoice": "month",
    "cost_type": "",
    "seller_name": "",
    "transaction_type": "",
}
"""Columns of the export and the fields inside them."""

MONTH = "try_strptime(invoice_month, '%Y%m')"
BILLED = total("cost", "credit")

MAPPING = {
    "BilledCost": BILLED,
    "EffectiveCost": BILLED,
    "ContractedCost": "cost",
    "ListCost": "cost_at_list",
    "BillingCurrency": "currency",
    "BillingAccountId": "billing_account_id",
    "BillingPeriodStart": f"coalesce(cast({MONTH} as varchar), invoice_month)",
    "BillingPeriodEnd": f"cast({MONTH} + interval 1 month as varchar)",
    "ChargePeriodStart": "usage_start_time",
    "ChargePeriodEnd": "usage_end_time",
    "ChargeCategory": (
        "case cost_type when 'tax' then 'Tax' when 'adjustment' then 'Adjustment'"
        " when 'rounding_error' then 'Adjustment' else 'Usage' end"
    ),
    "ChargeClass": "case when cost_type = 'adjustment' then 'Correction' end",
    "ChargeDescription": "sku_description",
    "ChargeFrequency": "'Usage-Based'",
    "ConsumedQuantity": "usage_amount",
    "ConsumedUnit": "usage_unit",
    "PricingQuantity": "usage_amount_in_pricing_units",
    "PricingUnit": "usage_pricing_unit",
    "ContractedUnitPrice": "price_effective_price",
    "InvoiceIssuerName": "coalesce(seller_name, 'Google Cloud')",
    "ProviderName": "'Google Cloud'",
    "ServiceProviderName": "'Google Cloud'",
    "HostProviderName": "'Google Cloud'",
    "PublisherName": "coalesce(seller_name, 'Google Cloud')",
    "RegionId": "coalesce(location_region, location_location)",
    "AvailabilityZone": "location_zone",
    "ResourceId": "coalesce(resource_global_name, resource_name)",
    "ResourceName": "resource_name",
    "ServiceName": "service_description",
    "SkuId": "sku_id",
    "SubAccountId": "project_id",
    "SubAccountName": "project_name",
    "Tags": "tags",
    "x_Extra": json_object({"cost_type": "cost_type", "transaction_type": "transaction_type"}),
}
"""FOCUS column and SQL over the export's fields, `.` as `_`, and two sums: `credit` and `tags`."""

_FLAT = tuple(
    name if not fields else f"{name}_{field}"
    for name, fields in FIELDS.items()
    for field in (fields.split() or [""])
)
_DECIMAL = "decimal(38,24)"
CREDIT = (
    "cast(list_sum(list_transform(cast(json_extract_string(credits, '$[*].amount') as varchar[]),"
    f" lambda amount: try_cast(amount as {_DECIMAL}))) as varchar)"
)
TAGS = (
    "case when labels is null or labels = '[]' then null when starts_with(labels, '{') then labels else"
    " cast(to_json(map_from_entries(list_zip(json_extract_string(labels, '$[*].key'),"
    " json_extract_string(labels, '$[*].value')))) as varchar) end"
)


def _cell(delivery: Delivery, name: str) -> str:
    """SQL text of the flat field `name` (`service_description`), however the file nests it; else null."""
    top, _, field = name.partition("_")
    if delivery.shape in {Shape.JSON, Shape.JSONL}:
        return (
            f"cast({name} as varchar)"
            if name in FIELDS
            else f"json_extract_string({top}, '$.{field}')"
        )
    here = {column.replace(".", "_").lower(): column for column in delivery.columns}
    if name in here:
        column = quoted(here[name])
        nested = delivery.shape is Shape.PARQUET and name in {"labels", "credits"}
        return f"cast({'to_json' * nested}({column}) as varchar)"
    if top not in here or delivery.shape is Shape.CSV or not FIELDS.get(top):
        return "cast(null as varchar)"
    return f"json_extract_string(to_json({quoted(here[top])}), '$.{field}')"


def _select(delivery: Delivery) -> str:
    types = None
    if delivery.shape in {Shape.JSON, Shape.JSONL}:
        types = {
            name: "JSON" if fields or name in {"labels", "credits"} else "VARCHAR"
            for name, fields in FIELDS.items()
        }
    cells = ", ".join(f"{_cell(delivery, name)} as {name}" for name in _FLAT)
    view = f"(select _file, _row, {cells} from {delivery.scan(types)})"
    source = f"(select *, {CREDIT} as credit, {TAGS} as tags from {view})"
    return focus_select(
        MAPPING, source, phrases=("sku_description",), problem=operands_problem(("cost", "credit"))
    )


def _recognises(head: Head) -> int:
    here = {column.replace(".", "_").lower() for column in head.columns}
    if not {"billing_account_id", "usage_start_time", "cost", "currency"} <= here:
        return 0
    return 95 if here & {"invoice", "invoice_month"} else 60


FORMAT = Format(
    name="gcp-detailed",
    table="costs",
    about="Google Cloud detailed usage cost export from BigQuery",
    shapes=(Shape.JSONL, Shape.JSON, Shape.CSV, Shape.PARQUET),
    recognises=_recognises,
    select=_select,
)
