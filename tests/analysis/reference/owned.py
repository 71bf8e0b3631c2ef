"""Owned hardware of the reference: what `[[owned]]` says, as charges of a day and element beside the bill.

What is paid once, or by the month, is laid on days by what is charged up to the end of each day, cut at the
24th place: whatever days are asked for, they add up. Power is worked out for each day by itself.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from fractions import Fraction
from itertools import pairwise
from math import floor
from typing import TYPE_CHECKING, Any

from tests.analysis.reference.electricity import Electricity
from tests.analysis.reference.rows import DAY, PoolOf, Row, cut, instant

if TYPE_CHECKING:
    from collections.abc import Sequence

Table = dict[str, Any]
"""A table of `[[owned]]`, as it stands in the settings."""

DAY_MS = 86_400_000
BOUGHT = {
    "depreciation": "purchase_price",
    "network": "network_price",
    "storage": "storage_price",
}
"""Elements paid for at once: the nodes, and what was bought beside them."""
MONTHLY = ("support", "colocation", "staff")
COLUMNS = (
    "ResourceId", "ChargeClass", "ServiceSubcategory", "CommitmentDiscountStatus", "x_Line", "x_Model",
    "CapacityReservationStatus", "x_TokenType", "x_Pool", "x_ServiceTier", "SubAccountId", "RegionId",
    "ServiceProviderName", "ProviderName", "ConsumedQuantity", "ConsumedUnit", "PricingQuantity",
    "PricingUnit", "InvoiceId", "x_AdjustsMonth",
)  # fmt: skip
"""Of a charge, and empty for hardware."""


def beside(
    costs: Sequence[Row],
    samples: Sequence[Row],
    pools: Sequence[PoolOf],
    owned: Sequence[Table],
    days: tuple[date, date],
) -> tuple[tuple[Row, ...], tuple[PoolOf, ...]]:
    """The bill with what hardware cost on `days`, and the pools with those that only hardware names."""
    told = {pool.name for pool in pools}
    names = dict.fromkeys(table["pool"] for table in owned)
    found = [_invoiced(row, owned) for row in costs]
    for table in owned:
        found += Hardware(table, samples).charges(*days)
    return tuple(found), (*pools, *(PoolOf(name, "gpu", "") for name in names if name not in told))


def _invoiced(row: Row, owned: Sequence[Table]) -> Row:
    """A row of the bill; the hardware's, before any pool's, where it is what an element of it costs."""
    for table in owned:
        if f"ServiceName = '{row['ServiceName']}'" in table.get("invoiced", {}).values():
            return {**row, "of_hardware": table["pool"], "device_ms": None}
    return row


class Hardware:
    """One asset: what it costs each day, and the device time it offers."""

    def __init__(self, table: Table, samples: Sequence[Row] = ()) -> None:
        self.table = table
        self.since, self.retired = _day(table["in_service"]), _day(table.get("retired"))
        self.devices = table.get("nodes", 1) * table.get("devices_per_node", 0)
        self.electricity = Electricity(table, self.devices, samples)

    def days(self, start: date, end: date) -> list[date]:
        """Its days in service from `start` up to `end`."""
        first, last = max(start, self.since), min(end, self.retired or end)
        return [first + DAY * place for place in range((last - first).days)]

    def charges(self, start: date, end: date) -> list[Row]:
        """A row for each element and day in service; that of depreciation says what devices offer."""
        offered = self.devices * DAY_MS or None
        rows = []
        for day in self.days(start, end):
            for element, amount in self.elements(day).items():
                if element == "depreciation" and offered:
                    rows.append(self._row(day, element, amount, offered))
                elif amount:
                    rows.append(self._row(day, element, amount, None))
        return rows

    def elements(self, day: date) -> dict[str, Fraction]:
        """What a day in service costs, by element."""
        after = day + DAY
        found = {part: self.lost(part, after) - self.lost(part, day) for part in BOUGHT}
        for element in MONTHLY:
            amount = self._amount(f"{element}_per_month")
            days = monthrange(day.year, day.month)[1]
            found[element] = cut(amount * day.day / days) - cut(amount * (day.day - 1) / days)
        found["power"] = self.electricity.cost(day)
        if after == self.retired:
            found["disposal"] = self.disposal(after)
        return found

    def _amount(self, name: str) -> Fraction:
        given = self.table.get(name)
        return Fraction(0) if given is None else Fraction(str(given))

    def lost(self, part: str, day: date) -> Fraction:
        """What a part has lost in value before `day`: straight to what is left of it, or as it would fetch."""
        price = self._amount(BOUGHT[part])
        if not self.is_straight(part):
            return cut(price - self._fetches(part, price, day))
        served = months_between(self.since, day) / self.table["life_months"]
        return cut((price - self._left(part)) * min(served, Fraction(1)))

    def is_straight(self, part: str) -> bool:
        """Whether a part is written off over its life: by the book, or where nothing says what it fetches."""
        if self.table.get("depreciation", "book") == "book":
            return True
        return part != "depreciation" and self.table.get("annual_decline") is None

    def _left(self, part: str) -> Fraction:
        """What is left of a part in the end: the residual is of the nodes."""
        return self._amount("residual") if part == "depreciation" else Fraction(0)

    def _fetches(self, part: str, price: Fraction, day: date) -> Fraction:
        """What a part would fetch on `day`; stated values are of the nodes, and stay without a decline."""
        stated = self.table.get("market_values", ()) if part == "depreciation" else ()
        known = [(self.since, price)]
        known += [(_day(each["date"]), Fraction(str(each["value"]))) for each in stated]
        for (since, first), (until, last) in pairwise(known):
            if since <= day < until:
                return first + (last - first) * Fraction((day - since).days, (until - since).days)
        since, last = known[-1]
        fallen, decline = last, self._amount("annual_decline")
        years = months_between(since, day) / 12
        for _ in range(floor(years)):
            fallen -= fallen * decline
        fallen -= fallen * decline * (years - floor(years))
        return max(fallen, min(last, self._left(part)))

    def disposal(self, day: date) -> Fraction:
        """What is left of everything bought on the day it is retired, less what it fetched.

        Without a price, what is written off by its value fetched that, and the rest what was to be left of it.
        """
        left = {part: self._amount(BOUGHT[part]) - self.lost(part, day) for part in BOUGHT}
        fetched = [self._left(part) if self.is_straight(part) else left[part] for part in BOUGHT]
        if self.table.get("sold_for") is not None:
            fetched = [self._amount("sold_for")]
        return sum(left.values(), Fraction(0)) - sum(fetched, Fraction(0))

    def _row(self, day: date, element: str, amount: Fraction, offered: int | None) -> Row:
        return {
            **dict.fromkeys(COLUMNS),
            "EffectiveCost": amount,
            "BillingCurrency": self.table.get("currency", "USD"),
            "ChargePeriodStart": instant(day),
            "ChargePeriodEnd": instant(day + DAY),
            "ChargeCategory": "Adjustment" if element == "disposal" else "Usage",
            "ServiceName": None,
            "ResourceName": self.table["name"],
            "x_BillingMonth": f"{day:%Y-%m}",
            "x_CostOrigin": "owned",
            "of_hardware": self.table["pool"],
            "device_ms": offered,
        }


def months_between(start: date, end: date) -> Fraction:
    """Months from `start` to `end`: a day is a share of its own month."""
    first, last = (
        12 * day.year + day.month + Fraction(day.day - 1, monthrange(day.year, day.month)[1])
        for day in (start, end)
    )
    return last - first


def _day(told: date | str | None) -> Any:  # noqa: ANN401  (a date, or None where there was none)
    return date.fromisoformat(told) if isinstance(told, str) else told
