"""Azure cost exports, actual and amortized: EA, MCA and pay-as-you-go headers, CSV or Parquet.

The two exports are two views of one bill. Actual has a reservation's purchase and 0 on the usage it
covers; amortized has no purchase and a share of it on that usage, the unused share included. FOCUS
wants both amounts, so give both exports together:

    file       rows                                    BilledCost   EffectiveCost
    actual     purchase or refund of a commitment      cost         0
    actual     usage covered by a commitment           left out, it comes from amortized
    actual     everything else                         cost         cost
    amortized  usage covered, or left unused           0            cost
    amortized  everything else                         left out, it comes from actual

One export alone is enough when no row belongs to a commitment. When some do, those rows are refused: one
of their two amounts is in the other file. Which file is which is said by its name, its folder, the
`manifest.json` beside it, or `--set dataset=actual|amortized`.

Headers are matched without case and punctuation (`CostInBillingCurrency`, `costInBillingCurrency`);
`CostInBillingCurrency` comes before `Cost`. Dates are M/D/YYYY or ISO. Ends are made exclusive.
Tags may lack their braces. A unit of `1K` or `10 Hours` counts blocks: PricingQuantity is in blocks,
ConsumedQuantity is not. Older headers without a billing period have the month of the date.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from connectors.formats.bills.mapping import focus_select, json_object, named_view
from connectors.formats.contract import Format, Shape
from connectors.sql import json_object_text, literal
from finops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from connectors.formats.contract import Delivery, Head

__all__ = ["DATASETS", "FORMAT", "MAPPING", "dataset_of"]

DATASETS = ("actual", "amortized")

SPELLINGS = {
    "cost": ("costinbillingcurrency", "cost", "pretaxcost"),
    "currency": ("billingcurrency", "billingcurrencycode", "currency", "currencycode"),
    "account_id": ("billingaccountid", "enrollmentnumber"),
    "account_name": ("billingaccountname",),
    "period_start": ("billingperiodstartdate",),
    "period_end": ("billingperiodenddate",),
    "day": ("date", "usagedate", "usagedatetime"),
    "subscription_id": ("subscriptionid", "subscriptionguid"),
    "subscription_name": ("subscriptionname",),
    "charge_type": ("chargetype",),
    "pricing_model": ("pricingmodel",),
    "frequency": ("frequency",),
    "quantity": ("quantity", "usagequantity"),
    "unit": ("unitofmeasure",),
    "unit_price": ("unitprice",),
    "list_price": ("paygprice",),
    "meter": ("metername",),
    "meter_id": ("meterid",),
    "meter_category": ("metercategory",),
    "meter_subcategory": ("metersubcategory",),
    "product": ("productname", "product"),
    "service": ("consumedservice",),
    "resource_id": ("resourceid", "instanceid"),
    "resource_name": ("resourcename",),
    "resource_group": ("resourcegroup", "resourcegroupname"),
    "region": ("resourcelocation", "location"),
    "benefit_id": ("benefitid", "reservationid"),
    "benefit_name": ("benefitname", "reservationname"),
    "publisher": ("publishername",),
    "invoice_id": ("invoiceid",),
    "tags": ("tags",),
}
"""Our name and the headers it has in the exports, best first, without case and punctuation."""

COMMITTED = "coalesce(pricing_model, '') in ('Reservation', 'SavingsPlan', 'Savings Plan')"
UNUSED = "coalesce(charge_type, '') in ('UnusedReservation', 'UnusedSavingsPlan')"
BOUGHT = "coalesce(charge_type, '') in ('Purchase', 'Refund')"
OF_COMMITMENT = f"({COMMITTED} or {UNUSED})"

BLOCK = r"regexp_extract(unit, '^(\d+)\s*[KMkm]?\b', 1)"
ZEROS = (
    f"(length({BLOCK}) - 1 + case when regexp_matches(unit, '^\\d+\\s*[Kk]\\b') then 3"
    " when regexp_matches(unit, '^\\d+\\s*[Mm]\\b') then 6 else 0 end)"
)
PLAIN_UNIT = r"trim(regexp_replace(unit, '^\d+\s*([KMkm]\b)?', ''), ' /')"


def _day(cell: str) -> str:
    """SQL text of a date: M/D/YYYY rewritten, ISO as it is, anything else left to be refused."""
    return (
        f"case when contains({cell}, '/')"
        f" then coalesce(cast(try_strptime({cell}, '%m/%d/%Y') as varchar), {cell}) else {cell} end"
    )


def _next_day(cell: str) -> str:
    return (
        f"coalesce(cast(try_cast({_day(cell)} as timestamp) + interval 1 day as varchar), {cell})"
    )


_MONTH = f"date_trunc('month', try_cast({_day('day')} as timestamp))"

MAPPING = {
    "BilledCost": "case when _dataset = 'amortized' then '0' else cost end",
    "EffectiveCost": f"case when _dataset <> 'amortized' and {COMMITTED} and {BOUGHT} then '0' else cost end",
    "BillingCurrency": "currency",
    "BillingAccountId": "account_id",
    "BillingAccountName": "account_name",
    "BillingPeriodStart": f"coalesce({_day('period_start')}, cast({_MONTH} as varchar), {_day('day')})",
    "BillingPeriodEnd": (
        f"coalesce({_next_day('period_end')}, cast({_MONTH} + interval 1 month as varchar))"
    ),
    "ChargePeriodStart": _day("day"),
    "ChargePeriodEnd": _next_day("day"),
    "ChargeCategory": (
        f"case when charge_type in ('Usage', 'Purchase', 'Credit', 'Tax') then charge_type"
        f" when {UNUSED} then 'Usage' when charge_type = 'Refund' then 'Purchase'"
        " when charge_type is null then 'Usage' else 'Adjustment' end"
    ),
    "ChargeClass": "case when charge_type = 'Refund' then 'Correction' end",
    "ChargeDescription": "coalesce(product, meter)",
    "ChargeFrequency": (
        "case frequency when 'OneTime' then 'One-Time' when 'Recurring' then 'Recurring'"
        " when 'UsageBased' then 'Usage-Based' end"
    ),
    "CommitmentDiscountCategory": (
        "case when contains(lower(benefit_id), '/microsoft.capacity/') then 'Usage'"
        " when contains(lower(benefit_id), '/microsoft.billingbenefits/') then 'Spend' end"
    ),
    "CommitmentDiscountId": "benefit_id",
    "CommitmentDiscountName": "benefit_name",
    "CommitmentDiscountStatus": (
        f"case when {UNUSED} then 'Unused' when {COMMITTED} and charge_type = 'Usage' then 'Used' end"
    ),
    "CommitmentDiscountType": (
        "case when benefit_id is null then null when pricing_model = 'Reservation' then 'Reservation'"
        " when pricing_model is not null then 'Savings Plan' end"
    ),
    "ConsumedQuantity": f"case when coalesce(charge_type, 'Usage') = 'Usage' or {UNUSED} then quantity end",
    "ConsumedUnit": (
        "case when coalesce(charge_type, 'Usage') <> 'Usage' then null"
        f" when contains(lower(meter), 'token') then 'Tokens' else coalesce(nullif({PLAIN_UNIT}, ''), 'Units') end"
    ),
    "PricingQuantity": (
        f"case when {BLOCK} = '' or regexp_matches(quantity, '[eE]') then null"
        f" when regexp_matches({BLOCK}, '^10*$') then quantity || 'E-' || {ZEROS} end"
    ),
    "PricingUnit": "unit",
    "PricingCategory": (
        f"case when {COMMITTED} then 'Committed' when pricing_model = 'Spot' then 'Dynamic'"
        " when pricing_model = 'OnDemand' then 'Standard' end"
    ),
    "ContractedUnitPrice": "unit_price",
    "ListUnitPrice": "list_price",
    "InvoiceId": "invoice_id",
    "InvoiceIssuerName": "'Microsoft'",
    "ProviderName": "'Microsoft'",
    "ServiceProviderName": "'Microsoft'",
    "HostProviderName": "'Microsoft'",
    "PublisherName": "coalesce(publisher, 'Microsoft')",
    "RegionId": "region",
    "ResourceId": "resource_id",
    "ResourceName": "resource_name",
    "ServiceName": "coalesce(meter_category, service)",
    "SkuId": "meter_id",
    "SkuMeter": "meter",
    "SubAccountId": "subscription_id",
    "SubAccountName": "subscription_name",
    "Tags": json_object_text("tags"),
    "x_Extra": json_object(
        {
            "charge_type": "charge_type",
            "pricing_model": "pricing_model",
            "meter_subcategory": "meter_subcategory",
            "resource_group": "resource_group",
        }
    ),
}
"""FOCUS column and SQL over the names of SPELLINGS and `_dataset`, the export a row is from."""


def _plain(column: str) -> str:
    return re.sub(r"[^a-z0-9]", "", column.lower())


def dataset_of(path: Path) -> str | None:
    """`actual` or `amortized`: what the manifest beside the file says, else the end of its path; else None."""
    said = (_manifest_type(path.parent / "manifest.json") or path.as_posix()).lower()
    places = {
        name: said.rfind(mark) for name, mark in zip(DATASETS, ("actual", "amortiz"), strict=True)
    }
    surest = max(places, key=lambda name: places[name])
    return surest if places[surest] >= 0 else None


def _manifest_type(manifest: Path) -> str | None:
    """`exportConfig.type` of an export's manifest; None when there is none that can be read."""
    try:
        return str(json.loads(manifest.read_text("utf-8"))["exportConfig"]["type"])
    except (ValueError, KeyError, TypeError, OSError):
        return None


def _datasets(delivery: Delivery) -> dict[Path, str]:
    said = delivery.settings.get("dataset")
    if said is not None and said not in DATASETS:
        raise UsageError(f"--set dataset={said}", hint="it is actual or amortized")
    return {path: said or dataset_of(path) or "actual" for path in delivery.paths}


def _in(paths: Sequence[Path]) -> str:
    listed = ", ".join(literal(str(path)) for path in paths)
    return f"_file in ({listed})" if paths else "false"


def _problem(*, both: bool) -> str:
    """Why a row of one export alone cannot be loaded."""
    if both:
        return "cast(null as varchar)"
    return (
        f"case when {OF_COMMITMENT} then 'belongs to a commitment: ' || case when _dataset = 'actual'"
        " then 'its effective cost is in the amortized export' else 'what was billed is in the actual export' end"
        " || '; load both exports together' end"
    )


def _select(delivery: Delivery) -> str:
    here = {_plain(column) for column in delivery.columns}
    chosen = {
        next(name for name in names if name in here): ours
        for ours, names in SPELLINGS.items()
        if any(name in here for name in names)
    }
    view = named_view(
        delivery,
        SPELLINGS,
        lambda column: chosen.get(_plain(column), ""),
        amounts=("cost", "quantity", "unit_price", "list_price"),
    )
    datasets = _datasets(delivery)
    amortized = [path for path, name in datasets.items() if name == "amortized"]
    both = 0 < len(amortized) < len(datasets)
    kept = "true"
    if both:
        delivery.note("actual and amortized together: rows that stand in both are taken once")
        kept = (
            f"(_dataset = 'amortized' and {OF_COMMITMENT} and not {BOUGHT})"
            f" or (_dataset = 'actual' and not ({OF_COMMITMENT} and not {BOUGHT}))"
        )
    source = (
        f"(select *, case when {_in(amortized)} then 'amortized' else 'actual' end as _dataset"
        f" from {view} where {kept})"
    )
    return focus_select(MAPPING, source, phrases=("meter", "product"), problem=_problem(both=both))


def _recognises(head: Head) -> int:
    here = {_plain(column) for column in head.columns}
    money = here & set(SPELLINGS["cost"])
    meters = {"meterid", "metercategory", "metername"} <= here
    return 95 if money and meters and here & set(SPELLINGS["day"]) else 0


FORMAT = Format(
    name="azure-cost",
    table="costs",
    about="Azure cost export, actual and amortized together",
    shapes=(Shape.CSV, Shape.PARQUET),
    recognises=_recognises,
    select=_select,
)
