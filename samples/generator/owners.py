"""Whose each identifier is, as Harbourline's owners.csv says it; what nobody has entered is in `planted`."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING

from . import planted
from .cluster import GPUS_PER_NODE
from .company import MONTHS
from .focus import month_start, next_month

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .cluster import Sample
    from .focus import Row

COLUMNS = ("from", "to", "kind", "match", "team", "product", "cost_centre", "gl_code")

ROWS = (
    ("", "", "project", "proj-search", "search", "Search", "CC-210", "6410"),
    ("", "2026-10-15", "project", "proj-claims", "claims", "Claims", "CC-110", "6410"),
    ("2026-10-15", "", "project", "proj-claims", "claims", "Fraud", "CC-120", "6410"),
    ("", "", "project", "proj-growth", "growth", "Campaigns", "CC-410", "6410"),
    ("", "", "project", "proj-support", "support", "Service desk", "CC-510", "6410"),
    ("", "", "project", "proj-research", "research", "", "CC-610", "6420"),
    ("", "", "workspace", "wrk-support", "support", "Service desk", "CC-510", "6410"),
    ("", "", "workspace", "wrk-claims", "claims", "Claims", "CC-110", "6410"),
    ("", "2026-10-01", "workspace", "wrk-legal", "legal", "Contracts", "CC-310", "6410"),
    ("2026-10-01", "", "workspace", "wrk-legal", "legal", "Contracts", "CC-320", "6410"),
    ("", "", "workspace", "wrk-engineering", "engineering", "", "CC-710", "6420"),
    ("", "", "project", "cluster-serving", "platform", "Redaction", "CC-810", "6430"),
    ("", "", "tag", "team=research", "research", "", "CC-610", "6430"),
    ("", "", "tag", "team=platform", "platform", "", "CC-810", "6430"),
    ("", "", "service", "Claude Team", "people", "", "CC-900", "6440"),
    ("", "", "service", "Amazon Elastic Compute Cloud", "platform", "Redaction", "CC-810", "6430"),
    ("", "", "service", "Amazon Simple Storage Service", "platform", "", "CC-810", "6430"),
    ("", "", "service", "AWS promotional credit", "finance", "", "CC-950", "6490"),
    ("", "", "service", "Tax", "finance", "", "CC-950", "6490"),
)


def owners_csv() -> bytes:
    """The file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows((COLUMNS, *ROWS))
    return text.getvalue().encode()


def unowned(rows: Iterable[Row]) -> dict[str, object]:
    """EffectiveCost of what nobody has entered, by identifier and month."""
    found: dict[str, object] = {}
    kept = list(rows)
    for month in MONTHS:
        start = f"{month_start(month)}"
        mine = [row for row in kept if str(row["BillingPeriodStart"]).startswith(start)]
        for name in planted.UNOWNED:
            found[f"{name.replace(' ', '-').lower()}_{month}"] = sum(
                (
                    Decimal(str(row["EffectiveCost"]))
                    for row in mine
                    if name in {row.get("SubAccountId"), row.get("ServiceName")}
                ),
                Decimal(0),
            )
    return found


HOST_KW, PUE, PRICE_PER_KWH = 3, Decimal("1.32"), Decimal("0.118")
"""What finops.toml says of the cluster's power: kW beside the accelerators, PUE, tariff."""


def owned(samples: Iterable[Sample]) -> dict[str, object]:
    """What the owned cluster's electricity comes to, from every device's energy: kWh at it, and dollars."""
    mine = [sample for sample in samples if sample["cluster"] == "colo"]
    found: dict[str, object] = {"devices": 2 * GPUS_PER_NODE}
    for month in MONTHS:
        joules = sum(
            int(str(sample["energy_j"]))
            for sample in mine
            if str(sample["timestamp"]).startswith(month)
        )
        hours = (next_month(month) - month_start(month)).days * 24
        kwh = Decimal(joules) / 3_600_000 + HOST_KW * hours
        cost = kwh * PUE * PRICE_PER_KWH
        found[f"accelerators_joules_{month}"] = joules
        found[f"power_cost_{month}"] = cost.quantize(Decimal("1e-9"))
    return found
