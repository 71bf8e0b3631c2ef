"""Random owned hardware: tables of `[[owned]]`, what its invoices charge, and what its devices measured."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.model.money import multiply
from tests.analysis.clusters import ACTIVITY, DAYS, HOLDERS, SLICES
from tests.analysis.ledgers import Row, at, cost, sample

if TYPE_CHECKING:
    import random

SERVICE_DAYS = tuple(
    map(
        date.fromisoformat,
        ("2024-02-29", "2025-04-01", "2026-08-31", "2026-09-16", "2026-09-30", "2026-10-01", "2026-10-02",
         "2026-10-17", "2026-10-31", "2026-11-01", "2026-11-02", "2026-12-05"),
    )
)  # fmt: skip
"""First days, and days of retirement: the ends of months, and days inside them."""

SITES: tuple[dict[str, Any], ...] = (
    {"cluster": "lab"},
    {"cluster": "lab", "node_names": ["l1"]},
    {"cluster": "lab", "node_names": ["l2", "l3"], "nodes": 2},
    {"cluster": "colo"},
    {"node_names": ["n1"]},
    {"nodes": 3},
    {"devices_per_node": 0},
)
"""Where devices are: told by cluster, by node or by nothing; the last has none."""

SAMPLED = (("lab", "l1"), ("lab", "l2"), ("lab", "l3"), ("colo", "n3"), (None, "n1"))
"""Cluster and node of those that samples tell of."""

POOLS = ("lab", "lab", "lab", "iron", "iron", "colo", "store", "desks", "units", "misc", "models")
"""Of its own, one with rented capacity, and one of every other kind."""

POWERS: tuple[dict[str, str], ...] = (
    {},
    {"idle_kw": "1.7"},
    {"idle_kw": "0", "max_kw": "0.35"},
    {"idle_kw": "2.4", "max_kw": "7.2", "host_kw": "0.9"},
    {"host_kw": "1.1"},
)

INVOICES = ("Cage 12", "Grid", "Remote hands", "Colo")
"""Services of landlords and utilities; the last one is what a rule of a pool asks for, too."""

ELEMENTS = {
    "network": "network_price",
    "storage": "storage_price",
    "support": "support_per_month",
    "power": "power",
    "colocation": "colocation_per_month",
    "staff": "staff_per_month",
}
"""What may be on an invoice instead, and what configures it."""

AMOUNTS = ("0", "1", "310", "48000", "0.07", "99999.999", "12.00000000000000000007")


class Owned(NamedTuple):
    """Tables of `[[owned]]`, and the rows that come with them."""

    tables: tuple[dict[str, Any], ...]
    costs: tuple[Row, ...]
    samples: tuple[Row, ...]


def owned(dice: random.Random, count: int) -> Owned:
    """At most four assets, and about `count` samples of devices where some are."""
    return Owned(
        tuple(table(dice, place) for place in range(dice.randrange(1, 5))),
        tuple(_invoice(dice) for _ in range(dice.randrange(4))),
        tuple(row for _ in range(count) for row in _samples(dice)),
    )


def table(dice: random.Random, place: int) -> dict[str, Any]:
    """One asset, with anything a table may say."""
    start = dice.choice(SERVICE_DAYS)
    made = {
        "name": dice.choice(("asset", "asset", "n1", "l1")) + (f"-{place}" if place else ""),
        "pool": dice.choice(POOLS),
        "devices_per_node": dice.choice((1, 2, 8)),
        "purchase_price": dice.choice(AMOUNTS),
        "in_service": start,
        "life_months": dice.choice((1, 2, 3, 18, 48)),
        **dice.choice(SITES),
    }
    if dice.random() < 0.5:
        made["residual"] = _part(made["purchase_price"], dice.choice(("0.1", "0.5", "1", "-0.25")))
    for element, name in ELEMENTS.items():
        if element != "power" and dice.random() < 0.4:
            made[name] = dice.choice(AMOUNTS)
    if dice.random() < 0.8:
        tariff = {"price_per_kwh": dice.choice(("0.1", "0.3456789", "0"))}
        made["power"] = tariff | dice.choice(({}, {"pue": "1.37"})) | dice.choice(POWERS)
    later = [day for day in SERVICE_DAYS if day > start]
    if later and dice.random() < 0.4:
        made["retired"] = dice.choice(later)
        if dice.random() < 0.5:
            made["sold_for"] = dice.choice((*AMOUNTS, "-20"))
    if dice.random() < 0.45:
        made |= _economic(dice, start, made["purchase_price"])
    free = [element for element, name in ELEMENTS.items() if name not in made]
    if free and dice.random() < 0.4:
        made["invoiced"] = {dice.choice(free): f"ServiceName = '{dice.choice(INVOICES)}'"}
    return made


def _economic(dice: random.Random, start: date, price: str) -> dict[str, Any]:
    """A loss of value by decline, between stated values, or by the one after the other."""
    days = sorted({start + timedelta(days=dice.choice((1, 9, 31, 45, 500))) for _ in range(3)})
    shares = [dice.choice(("0.9", "0.41", "1.1")) for _ in days]
    stated = [
        {"date": day, "value": _part(price, share)} for day, share in zip(days, shares, strict=True)
    ]
    decline = {"annual_decline": dice.choice(("0", "0.3", "0.999"))}
    how: tuple[dict[str, Any], ...] = (
        decline,
        {"market_values": stated},
        {"market_values": stated, **decline},
    )
    return {"depreciation": "economic", **dice.choice(how)}


def _part(amount: str, share: str) -> str:
    return f"{multiply(Decimal(amount), Decimal(share)):f}"


def _invoice(dice: random.Random) -> Row:
    """What a landlord or a utility charges, sometimes by the hour."""
    day = dice.choice(DAYS)
    end = at(day) + timedelta(days=dice.choice((1, 30)))
    unit = {"ConsumedQuantity": 7, "ConsumedUnit": dice.choice(("Hours", "kWh"))}
    return cost(
        Decimal(dice.choice(AMOUNTS)),
        day,
        f"{end:%Y-%m-%d}",
        ServiceName=dice.choice(INVOICES),
        **dice.choice(({}, unit)),
    )


def _samples(dice: random.Random) -> list[Row]:
    """A device at one instant: whole, in slices, or as two sources saw it."""
    moment = at(dice.choice(DAYS)) + timedelta(minutes=dice.choice((0, 0, 30, 7)))
    moment += timedelta(hours=dice.randrange(24))
    cluster, node = dice.choice(SAMPLED)
    row = sample(
        f"{node}-{dice.randrange(2)}",
        f"{moment:%Y-%m-%dT%H:%M:%S}",
        dice.choice((3600.0, 1800.0, 60.0, 7200.0, 0.1)),
        cluster=cluster,
        node=node,
        pool=dice.choice(("lab", "lab", None, "iron")),
        **{**dice.choice(HOLDERS), **dice.choice(ACTIVITY), **_measured(dice)},
    )
    if dice.random() < 0.15:
        return [{**row, "mig_profile": each} for each in SLICES]
    if dice.random() < 0.2:
        return [row, {**row, "source_id": "other", **_measured(dice)}]
    return [row]


def _measured(dice: random.Random) -> dict[str, Any]:
    """What a sample says of energy: its own count, a power, both or neither."""
    found = {}
    if dice.random() < 0.35:
        found["energy_j"] = dice.choice((0.0, 3_600_000.0, 12.3456, 987_654.321))
    if dice.random() < 0.35:
        found["power_w"] = dice.choice((0.0, 350.0, 412.75, 0.3))
    return found
