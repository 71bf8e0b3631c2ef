"""What a month used and no bill covers, in the reference: tokens, device time, provisioned units and seats.

Written from the how-to on closing and the module docstrings, over the rows of one month's `Reference`.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from tests.analysis.reference.bill import UNIT_LINES, month_start
from tests.analysis.reference.billed import Group, groups_of
from tests.analysis.reference.devices import PARTS
from tests.analysis.reference.rows import (
    DAY,
    PoolOf,
    Row,
    cut,
    days_of,
    instant,
    name_of,
    quantity_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.analysis.reference.model import Reference

HOUR_MS = 3_600_000


class Accrued(NamedTuple):
    """A quantity, what one costs and all of it: None where nothing says."""

    quantity: Fraction
    rate: Fraction | None
    amount: Fraction | None


Found = dict[tuple[str, str], Accrued]
"""By what was used and its kind."""


def accrued(found: Reference) -> Found:
    """Everything to accrue of the month `found` is about."""
    pools = [pool for pool in found.bill.pools if pool.name not in _billed(found)]
    used: Found = dict(_tokens(found))
    for pool in pools:
        if pool.kind == "gpu":
            used |= _devices(found, pool)
        elif pool.kind in {"provisioned", "seat"} and _is_used(found, pool):
            used |= _plan(found, pool)
    return used


def _billed(found: Reference) -> set[str]:
    return {line.pool for line in found.bill.lines if line.line in UNIT_LINES}


def _before(found: Reference) -> Iterator[date]:
    """The twelve months before, newest first."""
    month = found.start
    for _ in range(12):
        month = (month - DAY).replace(day=1)
        yield month


# --- tokens -----------------------------------------------------------------------------------


def _tokens(found: Reference) -> Iterator[tuple[tuple[str, str], Accrued]]:
    used: dict[tuple[tuple[str, str], str], list[tuple[int, Fraction | None]]] = defaultdict(list)
    for each, kind in found.metering.uncovered:
        used[each.name, kind].append((each.count(kind), each.rates[kind][0]))
    for (name, kind), counts in used.items():
        tokens = sum(count for count, _ in counts)
        last = _last_rate(found, name, kind)
        if last is not None:
            yield (f"{name[0]} {name[1]}", kind), Accrued(Fraction(tokens), last, last * tokens)
            continue
        listed = [None if rate is None else rate * count for count, rate in counts]
        known = [amount for amount in listed if amount is not None]
        amount = sum(known, Fraction(0)) if len(known) == len(listed) else None
        rate = None if amount is None else cut(amount / tokens)
        yield (f"{name[0]} {name[1]}", kind), Accrued(Fraction(tokens), rate, amount)


def _last_rate(found: Reference, name: tuple[str, str], kind: str) -> Fraction | None:
    """Cost over tokens of the newest month before whose lines say how many tokens they are for."""
    first = min(_before(found))
    for month in _before(found):
        lines: dict[tuple[object, ...], list[Row]] = defaultdict(list)
        for row in found.bill.costs:
            is_mine = found.bill.pool(row)[1] == "metered" and row["x_CostOrigin"] == "bill"
            line = found.bill.line(row, first)
            if (
                is_mine
                and row["x_Model"] is not None
                and (name_of(row), row["x_TokenType"], line) == (name, kind, "usage")
                and row["x_BillingMonth"] == f"{month:%Y-%m}"
            ):
                tier = row["x_ServiceTier"]
                unit = row["ConsumedUnit"]
                lines[
                    row["ServiceProviderName"], row["x_Model"], tier, row["SubAccountId"],
                    row["RegionId"], days_of(row), unit
                ].append(row)  # fmt: skip
        cost = tokens = Fraction(0)
        for rows in lines.values():
            counts = [quantity_of(row) for row in rows]
            known = [count for count in counts if count is not None]
            if len(known) == len(counts) and sum(known, Fraction(0)):
                tokens += cut(sum(known, Fraction(0)))
                cost += sum((Fraction(row["EffectiveCost"]) for row in rows), Fraction(0))
        if tokens:
            return cut(cost / tokens)
    return None


# --- capacity ---------------------------------------------------------------------------------


def _is_used(found: Reference, pool: PoolOf) -> bool:
    """Whether anything was asked of it: of seats by a user."""
    served = found.capacity.served[pool.name, f"{found.start:%Y-%m}"]
    return any(each.is_request or pool.kind == "provisioned" for each in served)


def _devices(found: Reference, pool: PoolOf) -> Found:
    mine = [
        piece
        for piece in found.capacity.pieces
        if piece.pool == pool.name and found.start <= piece.day < found.end
    ]
    hours = cut(Fraction(sum(piece.total for piece in mine), PARTS * HOUR_MS))
    if not sum(piece.total for piece in mine):
        return {}
    for month in _before(found):
        rows = [
            (row, found.bill.line(row, month))
            for row in found.bill.costs
            if row["x_BillingMonth"] == f"{month:%Y-%m}"
        ]
        group = groups_of(found.bill, pool, rows, frozenset()).get(None)
        cost = Fraction(0) if group is None else sum(group.cost.values(), Fraction(0))
        if group is not None and group.ms and cost:
            rate = cut(cost * HOUR_MS / group.ms)
            return {(pool.name, "device time"): Accrued(hours, rate, cut(rate * hours))}
    return {(pool.name, "device time"): Accrued(hours, None, None)}


def _plan(found: Reference, pool: PoolOf) -> Found:
    kind = "seats" if pool.kind == "seat" else "provisioned units"
    mine = [
        row
        for row in found.bill.costs
        if found.bill.pool(row)[0] == pool.name and found.bill.line(row, None) in UNIT_LINES
    ]
    if any(found.bill.overlaps(row) for row in mine):
        return {}
    for month in _before(found):
        rows = [
            row
            for row in mine
            if month_start(f"{row['ChargePeriodStart']:%Y-%m}") == month
            and found.bill.line(row, None) == "usage"
        ]
        cost = sum((Fraction(row["EffectiveCost"]) for row in rows), Fraction(0))
        if cost:
            return {(pool.name, kind): _last_plan(found, pool, rows, cost)}
    return {(pool.name, kind): Accrued(Fraction(1), None, None)}


def _last_plan(found: Reference, pool: PoolOf, rows: list[Row], cost: Fraction) -> Accrued:
    """Units of the last day over the month; else a month of what was charged, by seat where it says how many."""
    if pool.kind == "provisioned":
        pairs = [(row, "usage") for row in rows]
        (group,) = groups_of(found.bill, pool, pairs, frozenset()).values()
        spans = [span for span, ms in group.times.items() if int(ms)]
        units = _units_at_the_end(group, spans)
        if units is not None and group.ms:
            quantity = cut(units * 24 * (found.end - found.start).days)
            rate = cut(cost * HOUR_MS / group.ms)
            return Accrued(quantity, rate, cut(rate * quantity))
    fee = sum(
        (Fraction(row["EffectiveCost"]) / max(Fraction(1), _months(row)) for row in rows),
        Fraction(0),
    )
    return Accrued(Fraction(1), cut(fee), cut(fee))


def _units_at_the_end(group: Group, spans: list[tuple[datetime, datetime]]) -> Fraction | None:
    if not spans or (group.ms or 0) <= 0:
        return None
    last = max(end for _, end in spans)
    units = Fraction(group.between(last - timedelta(days=1), last), 24 * HOUR_MS)
    return units if units > 0 else None


def _months(row: Row) -> Fraction:
    """Months a charge covers; each counts by the part of it that is covered."""
    found, month = Fraction(0), row["ChargePeriodStart"].date().replace(day=1)
    while instant(month) < row["ChargePeriodEnd"]:
        later = (month + timedelta(days=32)).replace(day=1)
        start = max(instant(month), row["ChargePeriodStart"])
        end = min(instant(later), row["ChargePeriodEnd"])
        found += Fraction((end - start) / DAY) / (later - month).days
        month = later
    return found
