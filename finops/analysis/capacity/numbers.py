"""Every number of a capacity pool in a period: device-hours by state, dollars by who has them, prices.

billed = busy + idle (held by somebody, or by nobody) + unobserved
cost   = sum of `DOLLARS`
price of a GPU-hour = the accelerators' part of the charges, by a basis / device-hours
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from finops.analysis.capacity.billed import BASES
from finops.analysis.capacity.settle import NOBODY
from finops.analysis.capacity.units import PARTS, device_hours
from finops.model.money import subtract, total, truncate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from finops.analysis.capacity.model import Capacity, DeviceMonth

__all__ = ["DOLLARS", "HOURS", "pool_numbers"]

_HOUR_PARTS = PARTS * 3_600_000

HOURS = (
    "billed_hours",
    "observed_hours",
    "busy_hours",
    "held_idle_hours",
    "idle_hours",
    "unobserved_hours",
)
DOLLARS = (
    "requests", "jobs", "workloads", "gpu_idle", "unobserved", "seat", "commitment_unused", "blending",
    "rounding",
)  # fmt: skip


def pool_numbers(pool: str, found: Capacity) -> dict[str, Any]:
    """Every number of `pool` under its name in JSON, and the words beside them; None is `n/a`."""
    months = [month for month in found.months if month.facts.pool.name == pool]
    seats = [month for month in found.seats if month.pool.name == pool]
    books = [each for each in found.books if each.pool == pool]
    dollars = {name: total(getattr(each, name) for each in books) for name in DOLLARS}
    kind = months[0].facts.pool.kind if months else "seat" if seats else None
    row: dict[str, Any] = {
        "pool": pool,
        "kind": kind,
        **_hours(months if kind == "gpu" else []),
        "cost": total(dollars.values()),
        **dollars,
        "rate": None,
        "basis": None,
        "price_per_gpu_hour": None,
        "price_by_basis": None,
        "host_per_gpu_hour": None,
    }
    return row | (_prices(months) if kind == "gpu" else {})


def _hours(months: Sequence[DeviceMonth]) -> dict[str, Decimal | None]:
    """Device-hours of the period; billed ones None where any month's are unknown."""
    if not months:
        return dict.fromkeys(HOURS)
    billed: int | None = 0
    busy = held = idle = 0
    for month in months:
        for ms in month.stretch.billed.values():
            billed = None if billed is None or ms is None else billed + ms * PARTS
        for owner, times in month.stretch.tally.items():
            for time in times.values():
                busy += time.busy
                if owner == NOBODY:
                    idle += time.idle
                else:
                    held += time.idle
    seen = busy + held + idle
    unseen = None if billed is None else billed - seen
    parts = (billed, seen, busy, held, idle, unseen)
    return {
        name: None if count is None else device_hours(count)
        for name, count in zip(HOURS, parts, strict=True)
    }


def _prices(months: Sequence[DeviceMonth]) -> dict[str, Any]:
    """What a device-hour of the months cost by each basis, and by the pool's own."""
    pool = months[0].facts.pool
    rates = [rate for month in months for rate in month.rates.by_node.values()]
    parts = sum(rate.parts for rate in rates)
    by_basis = {basis: _price(months, basis, parts) for basis in BASES}
    own = by_basis[pool.basis]
    whole = by_basis["all-to-gpu"]
    named = sorted({rate.basis for rate in rates if rate.basis})
    return {
        "rate": f"{'as applied' if pool.as_applied else 'blended'} over {' and '.join(named)} hours"
        if named
        else None,
        "basis": pool.basis,
        "price_per_gpu_hour": own,
        "price_by_basis": by_basis,
        "host_per_gpu_hour": None if own is None or whole is None else subtract(whole, own),
    }


def _price(months: Sequence[DeviceMonth], basis: str, parts: int) -> Decimal | None:
    """Dollars of the accelerators over device-hours; None where the bill does not say enough."""
    if not parts:
        return None
    cost = Fraction(0)
    for month in months:
        for billed in month.facts.billed.values():
            part = billed.gpu_cost[basis]
            if part is None:
                return None
            cost += part
    return truncate(cost * _HOUR_PARTS / parts)
