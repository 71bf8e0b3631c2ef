"""The AWS bill: GPU nodes under a savings plan, an idle reservation, storage, network, vector store.

Prices are of the right size and otherwise invented. The plan commits 6.00 an hour: what the nodes use is
charged to them, the rest is a row of its own with status Unused; the purchase row carries the invoice and
no effective cost, so that BilledCost and EffectiveCost of the plan agree over the month.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from . import planted
from .company import FIRST_DAY, MONTHS, days, dice
from .focus import amounts, charge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .focus import Row

HOURS = 24
NODE_TYPE = "g6.12xlarge"
NODE_ON_DEMAND, NODE_COMMITTED = Decimal("4.60160"), Decimal("2.94502")
COMMITMENT = Decimal("6.00")
"""Dollars an hour the savings plan commits to."""
PLAN = "arn:aws:savingsplans::210000000001:savingsplan/5e1c7d90-8f2b-4c1e-9a53-0b7f6d2e4a18"
NODES = {"i-0a1serving01": None, "i-0b2serving02": planted.COMMITMENT_UNUSED_FROM}
"""Serving nodes, and the day each was switched off."""
TAX_RATE = Decimal("0.05")

_ZERO = Decimal(0)


def deliveries() -> dict[str, list[Row]]:
    """The bill files by path."""
    rows = [row for day in days() for row in _day(day)]
    files = {}
    for month in MONTHS:
        mine = [row for row in rows if str(row["ChargePeriodStart"]).startswith(month)]
        if month == f"{planted.CREDIT_DAY:%Y-%m}":
            mine.append(_credit())
        mine.append(_tax(month, mine))
        files[f"bills/aws-{month}.csv.gz"] = mine
    return files


def _charge(day: date, category: str, money: dict[str, Decimal], **more: object) -> Row:
    return charge(
        day,
        day + timedelta(days=1),
        category,
        money,
        **{
            "BillingAccountId": "210000000001",
            "BillingAccountName": "Harbourline",
            "BillingAccountType": "payer",
            "InvoiceId": f"aws-{day:%Y-%m}",
            "InvoiceIssuerName": "Amazon Web Services, Inc.",
            "PricingCategory": "Standard",
            "ProviderName": "AWS",
            "PublisherName": "AWS",
            "RegionId": "us-east-1",
            "RegionName": "US East (N. Virginia)",
            "SubAccountId": "210000000002",
            "SubAccountName": "harbourline-production",
            "SubAccountType": "account",
            **more,
        },
    )


def _ec2(day: date, category: str, money: dict[str, Decimal], **more: object) -> Row:
    return _charge(
        day,
        category,
        money,
        **{
            "ServiceCategory": "Compute",
            "ServiceSubcategory": "Virtual Machines",
            "ServiceName": "Amazon Elastic Compute Cloud",
            **more,
        },
    )


def _plan(**more: object) -> dict[str, object]:
    return {
        "CommitmentDiscountCategory": "Spend",
        "CommitmentDiscountId": PLAN,
        "CommitmentDiscountName": "serving-1y",
        "CommitmentDiscountType": "Compute Savings Plan",
        **more,
    }


def _day(day: date) -> Iterator[Row]:
    yield from _committed(day)
    first, end = planted.IDLE_RESERVATION
    if first <= day < end:
        cost = NODE_ON_DEMAND * HOURS
        yield _ec2(
            day, "Usage", amounts(cost, listed=cost, contracted=cost),
            CapacityReservationId=planted.IDLE_RESERVATION_ID,
            CapacityReservationStatus="Unused", AvailabilityZone="us-east-1b",
            ChargeDescription=f"{NODE_TYPE} unused capacity reservation",
            ConsumedQuantity=HOURS, ConsumedUnit="Hours", PricingQuantity=HOURS, PricingUnit="Hours",
            ListUnitPrice=NODE_ON_DEMAND, ContractedUnitPrice=NODE_ON_DEMAND,
            SkuMeter=f"UnusedBox:{NODE_TYPE}", SkuId="ZKX9T3M1WQ7R5V2B",
            SkuPriceDetails=_node_details(), Tags=_tags(team="platform", env="production"),
        )  # fmt: skip
    yield from _shared(day)


def _committed(day: date) -> Iterator[Row]:
    """The nodes the savings plan covers, the plan's own invoice line, and what of it nobody used."""
    used = _ZERO
    for node, off in NODES.items():
        if off is not None and day >= off:
            continue
        listed, effective = NODE_ON_DEMAND * HOURS, NODE_COMMITTED * HOURS
        used += NODE_COMMITTED
        yield _ec2(
            day, "Usage", amounts(_ZERO, effective=effective, listed=listed, contracted=listed),
            **_plan(CommitmentDiscountStatus="Used", CommitmentDiscountQuantity=effective,
                    CommitmentDiscountUnit="USD"),
            AvailabilityZone="us-east-1a", PricingCategory="Committed",
            ChargeDescription=f"{NODE_TYPE} covered by a savings plan", ResourceId=node,
            ResourceName=node, ResourceType="EC2 instance", ConsumedQuantity=HOURS,
            ConsumedUnit="Hours", PricingQuantity=HOURS, PricingUnit="Hours",
            ListUnitPrice=NODE_ON_DEMAND, ContractedUnitPrice=NODE_ON_DEMAND,
            SkuMeter=f"BoxUsage:{NODE_TYPE}", SkuId="ZKX9T3M1WQ7R5V2A",
            SkuPriceDetails=_node_details(), Tags=_tags(team="platform", env="production"),
        )  # fmt: skip
    unused = (COMMITMENT - used) * HOURS
    yield _ec2(
        day, "Usage", amounts(_ZERO, effective=unused, listed=_ZERO, contracted=_ZERO),
        **_plan(CommitmentDiscountStatus="Unused", CommitmentDiscountQuantity=unused,
                CommitmentDiscountUnit="USD"),
        PricingCategory="Committed", ChargeDescription="Savings plan commitment not used",
    )  # fmt: skip
    fee = COMMITMENT * HOURS
    yield _ec2(
        day, "Purchase", amounts(fee, effective=_ZERO, listed=fee, contracted=fee), **_plan(),
        ChargeFrequency="Recurring", ChargeDescription="Savings plan, 1 year, no upfront",
    )  # fmt: skip


def _node_details() -> str:
    return json.dumps(
        {"GpuCount": 4, "InstanceType": NODE_TYPE, "CoreCount": 24, "MemorySize": "192 GiB"}
    )


def _tags(**tags: str) -> str:
    return json.dumps(tags, sort_keys=True)


def _shared(day: date) -> Iterator[Row]:
    """What everybody's calls share, and one service that is not AI at all."""
    rng, age = dice("aws", day), (day - FIRST_DAY).days
    gigabytes = 5200 + 18 * age
    out = Decimal(rng.randint(55_000, 78_000)) / 1000
    logs = Decimal(rng.randint(9_000, 12_000)) / 1000
    lines: tuple[tuple[str, str, str, str, Decimal, str, dict[str, str]], ...] = (
        ("Amazon OpenSearch Service", "Databases", "OCU hours", "0.24", Decimal(48 + 12 * (age >= 61)),
         "Hours", {"team": "search", "env": "production"}),
        ("Amazon Simple Storage Service", "Storage", "TimedStorage-ByteHrs", "0.00076667",
         Decimal(gigabytes), "GB-Days", {"env": "production"}),
        ("AWS Data Transfer", "Networking", "DataTransfer-Out-Bytes", "0.09", out, "GB", {}),
        ("AmazonCloudWatch", "Management and Governance", "DataProcessing-Bytes", "0.50", logs, "GB",
         {"team": "platform"}),
        ("Amazon Elastic Kubernetes Service", "Compute", "AmazonEKS-Hours", "0.10", Decimal(HOURS),
         "Hours", {"team": "platform", "env": "production"}),
        ("Amazon Connect", "Business Applications", "end-customer-mins", "0.018",
         Decimal(rng.randint(300, 900)), "Minutes", {"team": "support"}),
    )  # fmt: skip
    for service, category, meter, price, quantity, unit, tags in lines:
        cost = Decimal(price) * quantity
        yield _charge(
            day, "Usage", amounts(cost, listed=cost, contracted=cost),
            ServiceCategory=category, ServiceName=service, SkuMeter=meter,
            ChargeDescription=f"{service} {meter}", ConsumedQuantity=quantity, ConsumedUnit=unit,
            PricingQuantity=quantity, PricingUnit=unit, ListUnitPrice=Decimal(price),
            ContractedUnitPrice=Decimal(price), Tags=_tags(**tags) if tags else None,
        )  # fmt: skip


def _credit() -> Row:
    return _charge(
        planted.CREDIT_DAY, "Credit",
        amounts(planted.CREDIT, listed=_ZERO, contracted=_ZERO),
        ChargeFrequency="One-Time", ChargeDescription="Promotional credit: AI start programme",
        ServiceCategory="Other", ServiceName="AWS promotional credit",
    )  # fmt: skip


def _tax(month: str, rows: list[Row]) -> Row:
    """Tax on what the month's invoice charges, rounded to the cent."""
    billed = sum((Decimal(str(row["BilledCost"])) for row in rows), _ZERO)
    tax = (billed * TAX_RATE).quantize(Decimal("0.01"))
    return _charge(
        date.fromisoformat(f"{month}-01"), "Tax", amounts(tax, listed=tax, contracted=tax),
        ChargeFrequency="One-Time", ChargeDescription="Sales tax",
        ServiceCategory="Other", ServiceName="Tax",
    )  # fmt: skip
