"""Where the cost of capacity on requests comes from: weighted tokens times a rate, and what made the rate."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.capacity.units import PARTS
from finops.analysis.capacity.usage import read_served
from finops.model.money import divide, multiply, total

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import duckdb

    from finops.analysis.capacity.model import Capacity, DeviceMonth
    from finops.analysis.capacity.seats import SeatMonth
    from finops.analysis.capacity.settle import TokenRate
    from finops.analysis.capacity.weights import Served
    from finops.model.period import Period

__all__ = ["Step", "capacity_steps", "device_hours"]

_WHOLE = 1000
_HOUR_PARTS = PARTS * 3_600_000


class Step(NamedTuple):
    """`quantity` of `unit` at `rate` makes `amount`; `source` is where the rate is from."""

    step: str
    quantity: Decimal
    unit: str
    rate: Decimal
    amount: Decimal
    source: str


def device_hours(parts: int) -> Decimal:
    """Parts of device time as device-hours."""
    return divide(Decimal(parts), _HOUR_PARTS)


def capacity_steps(
    con: duckdb.DuckDBPyConnection, cells: str, days: Period, found: Capacity
) -> list[Step]:
    """The steps of the requests in the relation `cells` on `days`."""
    served = read_served(con, cells, days)
    steps: list[Step] = []
    for month in found.months:
        pool, name = month.facts.pool, month.facts.month
        mine = served.get(name, {}).get(pool.name, {})
        for key, rate in month.rates.tokens.items():
            steps += _of_tokens(month, key, rate, mine)
    for seats in found.seats:
        steps += _of_seats(seats, served.get(seats.month, {}).get(seats.pool.name, {}))
    return steps


def _of_seats(seats: SeatMonth, served: Mapping[str | None, Served]) -> Iterator[Step]:
    cost = total(seats.billed.cost.values())
    for user, rates in seats.rates.items():
        count = served[user].requests if user in served else 0
        if not count:
            continue
        per_request = total(rates.values())
        yield Step(
            f"seat {seats.pool.name}: {user or 'unnamed user'}",
            Decimal(count),
            "requests",
            per_request,
            multiply(per_request, count),
            f"pool {seats.pool.name} {seats.month}: {cost.normalize():f} / {len(seats.rates)} users "
            f"/ {seats.requests[user]:,} requests of the user",
        )


def _of_tokens(
    month: DeviceMonth, key: str | None, rate: TokenRate, served: Mapping[str | None, Served]
) -> Iterator[Step]:
    pool = month.facts.pool
    mine = (
        list(served.values())
        if pool.kind == "provisioned"
        else [served[key]]
        if key in served
        else []
    )
    units = sum(rate.units_of(each) for each in mine)
    if not units:
        return
    size = 1 if rate.by_rows else _WHOLE
    what = "attempts" if rate.by_rows else "weighted tokens"
    for part, dollars, rates in (
        ("busy", rate.busy, rate.busy_rate),
        ("idle held", rate.idle, rate.idle_rate),
        ("unused commitment", rate.unused, rate.unused_rate),
    ):
        cost, per_unit = total(dollars.values()), total(rates.values())
        if cost:
            yield Step(
                f"{pool.name} {month.facts.month}, {key or 'requests'}: {part}",
                divide(Decimal(units), size),
                what,
                multiply(per_unit, size),
                multiply(per_unit, units),
                f"{_device_rate(month)}; {cost.normalize():f} / "
                f"{divide(Decimal(rate.units), size):,f} {what} of the month{_weights(rate)}",
            )


def _weights(rate: TokenRate) -> str:
    if rate.by_rows:
        return ""
    prefill, cached, decode, basis = rate.weights
    shown = " : ".join(f"{weight / _WHOLE:g}" for weight in (prefill, cached, decode))
    return f" (input : cached : output weigh {shown}, {basis})"


def _device_rate(month: DeviceMonth) -> str:
    """What a device-hour cost, over which hours."""
    told = []
    for node, rate in month.rates.by_node.items():
        if rate.basis is None:
            continue
        billed = month.facts.billed.get(node)
        cost = total(billed.cost.values()) if billed is not None else Decimal(0)
        hours = device_hours(rate.parts)
        told.append(
            f"{f'{node}: ' if node else ''}{cost.normalize():f} / {hours:,.2f} device-hours {rate.basis}"
        )
    kind = "as applied" if month.facts.pool.as_applied else "blended"
    return f"{kind} rate {', '.join(told)}"
