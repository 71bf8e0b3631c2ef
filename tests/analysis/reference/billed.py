"""What capacity was billed in the reference: dollars, and time of so many devices, by rate group."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING

from tests.analysis.reference.rows import PoolOf, Row, instant

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from tests.analysis.reference.bill import Bill

STEP = timedelta(microseconds=1)
UNITS = {"Hours": 3_600_000, "Hrs": 3_600_000}


@dataclass
class Group:
    """Charges with one rate: by origin, what is used and what is an unused commitment; device time."""

    cost: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    unused: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    times: dict[tuple[datetime, datetime], Fraction] = field(
        default_factory=lambda: defaultdict(Fraction)
    )
    is_known: bool = True

    def paid(self, origin: str) -> Fraction:
        """Usage of an origin."""
        return self.cost.get(origin, Fraction(0))

    def left_unused(self, origin: str) -> Fraction:
        """Unused commitments of an origin."""
        return self.unused.get(origin, Fraction(0))

    @property
    def ms(self) -> int | None:
        """Device milliseconds; None when nobody says how many devices a unit is."""
        return sum(floor(ms) for ms in self.times.values()) if self.is_known else None

    def within(self, start: date, end: date) -> int:
        """Device milliseconds of these days."""
        return self.between(instant(start), instant(end))

    def between(self, start: datetime, end: datetime) -> int:
        """Device milliseconds of a stretch of time."""
        return sum(
            _until(span, floor(ms), end) - _until(span, floor(ms), start)
            for span, ms in self.times.items()
        )


def _until(span: tuple[datetime, datetime], ms: int, moment: datetime) -> int:
    start, end = span
    if end <= start:
        return ms if start < moment else 0
    inside = min(max(moment, start), end)
    return floor(ms * Fraction((inside - start) // STEP, (end - start) // STEP))


def groups_of(
    bill: Bill, pool: PoolOf, rows: Iterable[tuple[Row, str]], nodes: frozenset[str]
) -> dict[str | None, Group]:
    """(row, line) pairs of the pool by the node that has a rate of its own, else None."""
    found: dict[str | None, Group] = defaultdict(Group)
    for row, line in rows:
        if bill.pool(row)[0] != pool.name or line not in {"usage", "commitment_unused"}:
            continue
        names = (row["ResourceId"], row["ResourceName"])
        group = found[next((name for name in names if name in nodes), None)]
        amount = Fraction(row["EffectiveCost"])
        if line == "commitment_unused":
            group.unused[row["x_CostOrigin"]] += amount
            continue
        group.cost[row["x_CostOrigin"]] += amount
        span = (row["ChargePeriodStart"], row["ChargePeriodEnd"])
        if row.get("of_hardware"):
            group.times[span] += Fraction(row["device_ms"] or 0)
            continue
        size, quantity = _time(row)
        if size is None or quantity is None:
            continue
        devices = pool.gpus_per_unit if pool.kind == "gpu" else 1
        if devices is None:
            group.is_known = False
        else:
            group.times[span] += quantity * devices * size
    return dict(found)


def _time(row: Row) -> tuple[int | None, Fraction | None]:
    for amount, unit in (("ConsumedQuantity", "ConsumedUnit"), ("PricingQuantity", "PricingUnit")):
        if row[amount] is not None:
            return UNITS.get(row[unit]), Fraction(row[amount])
    return None, None
