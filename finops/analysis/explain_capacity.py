"""What capacity adds to a cost: tokens of a deployment at the rates its device time gives, line by line."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from finops.analysis.capacity.install import OF_TOKENS, RATES
from finops.analysis.capacity.units import device_hours
from finops.analysis.capacity.usage import PREFILL
from finops.analysis.explanation import Line
from finops.ledger.engine import query
from finops.model.money import ZERO, multiply, total

if TYPE_CHECKING:
    from collections.abc import Container

    import duckdb

    from finops.analysis.capacity.model import Capacity, DeviceMonth
    from finops.analysis.sources import Sources

__all__ = ["CAPACITY", "SEAT", "capacity_lines", "device_rate", "rate_source"]

SEAT = "seat"

_PARTS = {"busy": "busy", "idle": "idle", "unused": "unused commitment"}
CAPACITY = (*_PARTS, SEAT)
"""What capacity adds to a cost: device time, what was left of commitments, and fees."""

_UNITS = {
    "prefill": ("input", "tokens", " + ".join(PREFILL)),
    "cached": ("cached input", "tokens", "cache_read_tokens"),
    "output": ("output", "tokens", "output_tokens"),
    "rows": ("attempts", "attempts", "served_rows"),
}
"""What there is a rate for: its name, unit, and SQL over cells."""


def capacity_lines(
    con: duckdb.DuckDBPyConnection,
    asked: Sources,
    capacity: Capacity,
    parts: Container[str] = CAPACITY,
) -> list[Line]:
    """Every rate of the `parts` of capacity times what of the group it is for; seats as requests."""
    counts = ", ".join(f"cast(sum({sql}) as bigint)" for _, _, sql in _UNITS.values())
    rates = ", ".join(f"k.{part}_{of}" for part in _PARTS for of in OF_TOKENS)
    rows = query(
        con,
        f"""
        select k.of_pool, k.of_key, strftime(k.from_day, '%Y-%m') as month, {counts},
            cast(sum(c.requests) as bigint), k.seat, {rates}
        from (
            select * from {asked.cells}
            where day >= date '{asked.start}' and day < date '{asked.end}' and ({asked.counted})
        ) as c
        join {RATES} as k
            on c.served_by = k.of_pool and c.served_key is not distinct from k.of_key
            and c.day >= k.from_day and c.day < k.until_day
        group by all
        order by all
        """,
    )
    months = {(each.facts.pool.name, each.facts.month): each for each in capacity.months}
    lines: list[Line] = []
    for pool, key, month, *values in rows:
        found, requests, seat, kept = values[:4], values[4], values[5], values[6:]
        name = f"{pool} {key}" if key is not None else str(pool)
        if seat and requests and SEAT in parts:
            told = f"fee of {pool} in {month}, evenly over users, and a user's over its requests"
            count = Decimal(requests)
            lines.append(
                Line(f"seat: {name}", count, "requests", seat, multiply(seat, requests), told)
            )
        source = rate_source(months.get((pool, month)), key)
        for place, part in enumerate(_PARTS):
            for number, of in enumerate(OF_TOKENS):
                rate, count = kept[place * len(OF_TOKENS) + number], found[number]
                label, unit, _ = _UNITS[of]
                if rate and count and part in parts:
                    step = f"{name} {_PARTS[part]}: {label}"
                    amount = multiply(rate, count)
                    lines.append(Line(step, Decimal(count), unit, rate, amount, source))
    return sorted(lines, key=lambda line: (-(line.amount or 0), line.step))


def rate_source(month: DeviceMonth | None, key: str | None) -> str:
    """What a deployment's rate of `month` is from, in one sentence."""
    if month is None or key not in month.rates.tokens:
        return "rate of the pool"
    rate = month.rates.tokens[key]
    per = "attempts" if rate.by_rows else "weighted tokens (thousandths)"
    weights = rate.weights
    weighed = (
        ""
        if rate.by_rows
        else f"; weights {weights.prefill} : {weights.cached} : {weights.decode}, {weights.basis}"
    )
    return (
        f"pool {month.facts.pool.name} {month.facts.month}: "
        f"{rate.cost.normalize():f} for {rate.units:,} {per}{weighed}; {device_rate(month)}"
    )


def device_rate(month: DeviceMonth) -> str:
    """What a device-hour cost, over which hours."""
    if month.facts.pool.kind != "gpu":
        return "all of the pool's charges"
    told = []
    for node, rate in month.rates.by_node.items():
        if rate.basis is not None:
            billed = month.facts.billed.get(node)
            cost = total(billed.cost.values()) if billed is not None else ZERO
            hours = f"{device_hours(rate.parts):,.2f} device-hours {rate.basis}"
            told.append(f"{f'{node} ' if node else ''}{cost.normalize():f} / {hours}")
    kind = "as applied" if month.facts.pool.as_applied else "blended"
    return f"{kind} rate {', '.join(told)}"
