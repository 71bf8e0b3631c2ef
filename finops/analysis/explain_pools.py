"""Where a number of `finops capacity` comes from: pools, months, holders, and the rates they are charged at."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from finops.analysis.capacity.billed import BASES
from finops.analysis.capacity.numbers import DOLLARS, HOURS, pool_numbers
from finops.analysis.capacity.settle import NOBODY
from finops.analysis.capacity.units import PARTS, device_hours
from finops.analysis.charges import ORIGINS
from finops.analysis.explain_capacity import device_rate, rate_source
from finops.analysis.explain_charges import of_pools
from finops.analysis.explain_rows import chosen
from finops.analysis.explanation import Explanation, Line
from finops.model.money import ZERO, multiply, subtract, total, truncate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from finops.analysis.capacity.model import Capacity, DeviceMonth
    from finops.analysis.capacity.settle import Owner, Time
    from finops.analysis.economics import UnitEconomics
    from finops.analysis.explain_charges import Charged

__all__ = ["POOLED", "explain_pools"]

_TOLD = {
    "billed_hours": "device time on the bill: its quantity in hours x accelerators of the instance",
    "observed_hours": "device time with samples: busy + held and idle + idle",
    "busy_hours": "device time somebody's work ran in, by the samples' activity",
    "held_idle_hours": "device time somebody held and nothing ran in",
    "idle_hours": "device time nobody held",
    "unobserved_hours": "billed - observed",
    "cost": "the pool's charges of the period: sum of where they went",
    "requests": "weighted tokens (or attempts) of each deployment x its rate; of seats their users' fees",
    "jobs": "device time of jobs, busy and idle, at the month's rate",
    "workloads": "device time of workloads that no request names, at the month's rate",
    "gpu_idle": "device time nobody held, at the month's rate",
    "unobserved": "billed device time without samples, at the month's rate",
    "seat": "fees of seats that nobody was seen to use",
    "commitment_unused": "what commitments and reservations cost while unused",
    "blending": "the period's charges less its device time at the month's rate",
    "rounding": "what rates cut at the 24th decimal place leave over",
    "price_per_gpu_hour": "the accelerators' part of the charges, by the pool's basis / device-hours",
    "price_by_basis": "the accelerators' part of the charges, by each basis / device-hours",
    "host_per_gpu_hour": "all of the charges / device-hours - price_per_gpu_hour",
}

_PRICES = ("price_per_gpu_hour", "price_by_basis", "host_per_gpu_hour")

POOLED = (*_TOLD, *(f"price_by_basis.{basis}" for basis in BASES))
"""Numbers of `finops capacity`."""

_REST = {
    "requests": "fees of seats, on the requests of their users",
    "unobserved": "charges of months without a rate: neither hours nor samples are known",
}


def explain_pools(
    answer: UnitEconomics, name: str, where: str | None = None, charged: Charged | None = None
) -> Explanation | None:
    """`name` of the pools `where` lets through (`pool`, `kind`); None when it is not one of POOLED.

    A price is of one pool: over several it is not known. Without `charged` charges end at their pool.
    """
    if name not in POOLED:
        return None
    found = answer.allocation.capacity
    every = [pool_numbers(pool, found) for pool in dict.fromkeys(each.pool for each in found.books)]
    rows = chosen(
        every,
        lambda row: {"pool": row["pool"], "kind": row["kind"]},
        ("pool", "kind"),
        where,
    )
    column, _, part = name.partition(".")
    if column in _PRICES:
        value, lines = _price(rows, found, column, part)
    else:
        known = [row[name] for row in rows if row[name] is not None]
        value = total(known) if known else None
        lines = [line for row in rows for line in _lines_of(row, found, name, charged)]
        lines.append(_sum(name, value))
    if not rows:
        lines = [
            Line(name, None, None, None, None, "no pool of capacity is charged in this period")
        ]
        value = None
    return Explanation(
        name, f"{name} = {_TOLD[column]}", value, answer.period, answer.currency, tuple(lines)
    )


def _sum(name: str, value: Decimal | None) -> Line:
    if value is None:
        return Line(name, None, None, None, None, "no device time of it can be counted")
    if name in HOURS:
        return Line(name, value, "device-hours", None, None, "sum of the lines above")
    return Line(name, None, None, None, value, "sum of the lines above")


def _lines_of(
    row: dict[str, Any], found: Capacity, name: str, charged: Charged | None
) -> list[Line]:
    """The lines of one pool, dearest or longest first."""
    pool = row["pool"]
    if name == "commitment_unused" and charged is not None:
        lines = charged(of_pools(name, [pool]))
        if lines and total(line.amount or ZERO for line in lines) == row[name]:
            return lines
    if name == "cost":
        parts = [
            Line(f"{pool} {each}", None, None, None, row[each], _TOLD[each]) for each in DOLLARS
        ]
        return [line for line in parts if line.amount]
    months = [month for month in found.months if month.facts.pool.name == pool]
    if name in HOURS:
        return _hours(row, months, name)
    lines = [line for month in months for line in _dollars(month, name)]
    if name in {"seat", "commitment_unused", "blending", "rounding"}:
        lines = [
            Line(pool, None, None, None, getattr(each, name), f"charges of origin {each.origin}")
            for each in found.books
            if each.pool == pool and getattr(each, name)
        ]
    rest = subtract(row[name], total(line.amount or ZERO for line in lines))
    if rest:
        told = _REST.get(name, "at rates of other months")
        lines.append(Line(f"{pool} rest", None, None, None, rest, told))
    return sorted(lines, key=lambda line: (-abs(line.amount or ZERO), line.step))


def _hours(row: dict[str, Any], months: Sequence[DeviceMonth], name: str) -> list[Line]:
    """Device-hours of a pool: billed by node, seen by holder, and what is made of the two."""
    pool, made = row["pool"], {"observed_hours": (1, 1, 1), "unobserved_hours": (1, -1)}
    parts = {
        "observed_hours": ("busy_hours", "held_idle_hours", "idle_hours"),
        "unobserved_hours": ("billed_hours", "observed_hours"),
    }
    if row["kind"] != "gpu":
        return []
    if name in made:
        return [
            Line(
                f"{pool} {part}",
                None if row[part] is None else sign * row[part],
                "device-hours",
                None,
                None,
                _TOLD[part]
                if row[part] is not None
                else "not known: set gpus_per_unit of the pool",
            )
            for sign, part in zip(made[name], parts[name], strict=True)
        ]
    lines = []
    for month in months:
        place = f"{pool} {month.facts.month}"
        if name == "billed_hours":
            lines += [
                _billed(month, node, ms, f"{place} {node}" if node else place)
                for node, ms in month.stretch.billed.items()
            ]
            continue
        for owner, times in month.stretch.tally.items():
            if count := sum(_state(owner, time, name) for time in times.values()):
                told = "samples of activity" if name == "busy_hours" else "samples without activity"
                hours = device_hours(count)
                step = f"{place} {_holder(owner)}"
                lines.append(Line(step, hours, "device-hours", None, None, told))
    return sorted(lines, key=lambda line: (-(line.quantity or ZERO), line.step))


def _state(owner: Owner, time: Time, name: str) -> int:
    if name == "busy_hours":
        return time.busy
    return time.idle if (owner == NOBODY) == (name == "idle_hours") else 0


def _holder(owner: Owner) -> str:
    if owner == NOBODY:
        return "nobody"
    kind = "deployment" if owner.kind == "requests" else owner.kind
    return f"{kind} {owner.name}" if owner.name else kind


def _billed(month: DeviceMonth, node: str | None, ms: int | None, step: str) -> Line:
    billed = month.facts.billed.get(node)
    if ms is None:
        unknown = ", ".join(sorted(set(billed.unknown))) if billed is not None else "it"
        told = f"how many accelerators {unknown} has is not known: set gpus_per_unit of the pool"
        return Line(step, None, "device-hours", None, None, told)
    spans = 0 if billed is None else len(billed.spans)
    hours = device_hours(ms * PARTS)
    return Line(step, hours, "device-hours", None, None, f"{spans:,} spans of time on the bill")


def _dollars(month: DeviceMonth, name: str) -> list[Line]:
    """What of a month's stretch is `requests`, `jobs`, `workloads`, `gpu_idle` or `unobserved`."""
    place = f"{month.facts.pool.name} {month.facts.month}"
    if name == "requests":
        return _requests(month, place)
    if name in {"gpu_idle", "unobserved"}:
        amount = total(getattr(each, name) for each in month.accounts.values())
        hours = device_hours(_unowned(month, name)) if month.facts.pool.kind == "gpu" else None
        unit = None if hours is None else "device-hours"
        return [Line(place, hours, unit, None, amount, device_rate(month))] if amount else []
    if name not in {"jobs", "workloads"}:
        return []
    lines = []
    for owner, times in month.stretch.tally.items():
        if f"{owner.kind}s" == name:
            amount = total(
                getattr(each, name).get(owner.name, ZERO) for each in month.accounts.values()
            )
            busy, idle = (sum(t.busy for t in times.values()), sum(t.idle for t in times.values()))
            told = f"{device_hours(busy):,.2f} busy + {device_hours(idle):,.2f} idle; {device_rate(month)}"
            hours = device_hours(busy + idle)
            lines.append(
                Line(f"{place} {_holder(owner)}", hours, "device-hours", None, amount, told)
            )
    return lines


def _unowned(month: DeviceMonth, name: str) -> int:
    """Parts of device time nobody held (`gpu_idle`), or that were billed by time and not seen."""
    tally, billed = month.stretch.tally, month.stretch.billed
    if name == "gpu_idle":
        return sum(time.parts for time in tally.get(NOBODY, {}).values())
    nodes = {node for node, rate in month.rates.by_node.items() if rate.basis == "billed"}
    seen = sum(times[node].parts for times in tally.values() for node in nodes if node in times)
    return sum(PARTS * (billed.get(node) or 0) for node in nodes) - seen


def _requests(month: DeviceMonth, place: str) -> list[Line]:
    lines = []
    for key, served in month.stretch.served.items():
        token = month.rates.tokens.get(key)
        if token is None:
            continue
        units = token.units_of(served)
        rate = total(token.per_unit(origin) for origin in ORIGINS)
        unit = "attempts" if token.by_rows else "weighted tokens (thousandths)"
        step = f"{place} {key or 'requests'}"
        source = rate_source(month, key)
        lines.append(
            Line(step, truncate(Fraction(units)), unit, rate, multiply(rate, units), source)
        )
    return lines


def _price(
    rows: Sequence[dict[str, Any]], found: Capacity, column: str, part: str
) -> tuple[Any, list[Line]]:
    """A price of the one pool there is, by its charges and hours; over several pools none."""
    if len(rows) != 1:
        told = "a price is of one pool: choose it with --where \"pool = 'NAME'\""
        return None, [Line(column, None, None, None, None, told)]
    (row,) = rows
    months = [month for month in found.months if month.facts.pool.name == row["pool"]]
    value = row[column]
    if part:
        value = None if value is None else value.get(part)
    if row["price_by_basis"] is None:
        told = "only a pool of kind gpu has a price per GPU-hour"
        return value, [Line(column, None, None, None, None, told)]
    wanted = {"price_per_gpu_hour": (row["basis"],), "price_by_basis": (part,) if part else BASES}
    bases = wanted.get(column, ("all-to-gpu", row["basis"]))
    lines = [line for basis in bases for line in _quotient(row, months, basis)]
    if column == "host_per_gpu_hour":
        whole, own = row["price_by_basis"]["all-to-gpu"], row["price_per_gpu_hour"]
        told = "not known" if value is None else f"{whole.normalize():f} - {own.normalize():f}"
        lines.append(Line(column, None, None, None, value, told))
    return value, lines


def _quotient(row: dict[str, Any], months: Sequence[DeviceMonth], basis: str) -> list[Line]:
    """The accelerators' part of each month's charges by `basis`, and their sum over the hours."""
    lines, spent = [], Fraction(0)
    for month in months:
        for node, billed in month.facts.billed.items():
            place = f"{row['pool']} {month.facts.month}{f' {node}' if node else ''} {basis}"
            charged, of_gpu = total(billed.cost.values()), billed.gpu_cost[basis]
            if of_gpu is None:
                told = (
                    "gpu_share of the pool is not set"
                    if basis == "custom"
                    else "the bill does not say cores, memory and accelerators of the instance"
                )
                return [Line(f"{row['pool']} {basis}", None, None, None, None, told)]
            spent += of_gpu
            told = f"the accelerators' part of {charged.normalize():f}"
            lines.append(Line(place, None, None, None, truncate(of_gpu), told))
    parts = sum(rate.parts for month in months for rate in month.rates.by_node.values())
    price, hours = row["price_by_basis"][basis], device_hours(parts)
    told = f"{truncate(spent).normalize():f} / {hours:,.2f} device-hours"
    if price is None:
        told = "no device time of it can be counted"
    lines.append(Line(f"per GPU-hour {basis}", hours, "device-hours", None, price, told))
    return lines
