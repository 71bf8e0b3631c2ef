"""Capacity as a report: what each pool was billed and who had it, in device-hours and dollars."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from finops.analysis.capacity.numbers import DOLLARS, HOURS, pool_numbers
from finops.analysis.capacity.units import device_hours
from finops.model.money import ZERO, add, total
from finops.report.model import Report, ReportColumn, Style
from finops.report.numbers import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from finops.analysis.capacity.holders import Holder
    from finops.analysis.capacity.model import Capacity, DeviceMonth, PoolBooks
    from finops.analysis.economics import UnitEconomics
    from finops.report.model import Row

__all__ = ["capacity_notes", "capacity_report", "holders_report", "seat_note"]

SCHEMA = "finops.capacity/1"

_COLUMNS = (
    ReportColumn("pool", "Pool"),
    ReportColumn("kind", "Kind", optional=True),
    ReportColumn("billed_hours", "Billed h", Style.NUMBER),
    ReportColumn("observed_hours", "Observed h", Style.NUMBER, shown=False),
    ReportColumn("busy_hours", "Busy h", Style.NUMBER),
    ReportColumn("held_idle_hours", "Held idle h", Style.NUMBER),
    ReportColumn("idle_hours", "Idle h", Style.NUMBER),
    ReportColumn("unobserved_hours", "Unseen h", Style.NUMBER, optional=True),
    ReportColumn("cost", "Cost", Style.MONEY),
    ReportColumn("requests", "On requests", Style.MONEY),
    ReportColumn("jobs", "On jobs", Style.MONEY),
    ReportColumn("workloads", "On workloads", Style.MONEY, optional=True),
    ReportColumn("gpu_idle", "Idle", Style.MONEY),
    ReportColumn("unobserved", "Unseen", Style.MONEY, optional=True),
    ReportColumn("seat", "Seats unused", Style.MONEY, shown=False),
    ReportColumn("commitment_unused", "Unused", Style.MONEY),
    ReportColumn("blending", "Blending", Style.MONEY, shown=False),
    ReportColumn("rounding", "Rounding", Style.MONEY, shown=False),
    ReportColumn("rate", "Rate", shown=False),
    ReportColumn("basis", "Price basis", shown=False),
    ReportColumn("price_per_gpu_hour", "per GPU-hour", Style.UNIT_MONEY),
    ReportColumn("price_by_basis", "per GPU-hour by basis", Style.UNIT_MONEY, shown=False),
    ReportColumn("host_per_gpu_hour", "Host per GPU-hour", Style.UNIT_MONEY, shown=False),
)


def capacity_report(answer: UnitEconomics, *, notes: Sequence[str] = ()) -> Report:
    """Each pool of the period: device-hours by what became of them, and where its dollars went."""
    found = answer.allocation.capacity
    pools = list(dict.fromkeys(books.pool for books in found.books))
    rows = [pool_numbers(pool, found) for pool in pools]
    rows.sort(key=lambda row: (-_amount(row["cost"]), str(row["pool"])))
    totals: dict[str, Any] = dict.fromkeys(column.name for column in _COLUMNS)
    for name in (*HOURS, "cost", *DOLLARS):
        known = [row[name] for row in rows if row[name] is not None]
        totals[name] = total(_amount(value) for value in known) if known else None
    return Report(
        schema=SCHEMA,
        title="Capacity",
        columns=_COLUMNS,
        rows=tuple(rows),
        period=answer.period,
        currency=answer.currency,
        totals=totals,
        notes=(*notes, *capacity_notes(found)),
        extras={"weights": _weights(found.months), "origins": _origins(found.books)},
    )


def holders_report(
    answer: UnitEconomics, holders: Iterable[Holder], by: str, *, notes: Sequence[str] = ()
) -> Report:
    """Who had the devices: one row per holder, or (`by` "team") per team of its jobs."""
    sums: dict[tuple[str, str, str | None], tuple[int, int, Decimal]] = {}
    for each in holders:
        name = each.team if by == "team" else each.name
        busy, idle, cost = sums.get((each.pool, each.kind, name), (0, 0, ZERO))
        key = (each.pool, each.kind, name)
        sums[key] = (busy + each.busy, idle + each.idle, add(cost, each.cost))
    ordered = sorted(sums.items(), key=lambda item: (-item[1][2], str(item[0])))
    rows: list[Row] = [
        {
            "pool": pool,
            "kind": kind,
            by: name,
            "busy_hours": device_hours(busy),
            "idle_hours": device_hours(idle),
            "cost": cost,
        }
        for (pool, kind, name), (busy, idle, cost) in ordered
    ]
    columns = (
        ReportColumn("pool", "Pool"),
        ReportColumn("kind", "Kind"),
        ReportColumn(by, by.capitalize()),
        ReportColumn("busy_hours", "Busy h", Style.NUMBER),
        ReportColumn("idle_hours", "Idle h", Style.NUMBER),
        ReportColumn("cost", "Cost", Style.MONEY),
    )
    totals: dict[str, Any] = dict.fromkeys(("pool", "kind", by))
    for name in ("busy_hours", "idle_hours", "cost"):
        totals[name] = total(_amount(row[name]) for row in rows)
    return Report(
        schema=SCHEMA,
        title=f"Capacity by {by}",
        columns=columns,
        rows=tuple(rows),
        period=answer.period,
        currency=answer.currency,
        totals=totals,
        notes=(*notes, *capacity_notes(answer.allocation.capacity)),
    )


def _weights(months: Iterable[DeviceMonth]) -> list[dict[str, object]]:
    return [
        {
            "pool": month.facts.pool.name,
            "month": month.facts.month,
            "deployment": key,
            "weighted_tokens": None if rate.by_rows else Decimal(rate.units).scaleb(-3),
            "prefill": Decimal(rate.weights.prefill).scaleb(-3),
            "cached": Decimal(rate.weights.cached).scaleb(-3),
            "decode": Decimal(rate.weights.decode).scaleb(-3),
            "basis": "attempts" if rate.by_rows else rate.weights.basis,
            "cost": rate.cost,
        }
        for month in months
        for key, rate in month.rates.tokens.items()
    ]


def _origins(books: Iterable[PoolBooks]) -> list[dict[str, object]]:
    return [each._asdict() for each in books]


def capacity_notes(found: Capacity) -> list[str]:
    """What the reader must know of capacity, made from the numbers."""
    notes = []
    for month in found.months:
        facts = month.facts
        place = f"Pool {facts.pool.name}, {facts.month}"
        unknown = sorted({name for billed in facts.billed.values() for name in billed.unknown})
        if unknown:
            notes.append(
                f"{place}: how many accelerators {', '.join(unknown)} has is not known, so the rate is "
                "over observed hours; set gpus_per_unit of the pool."
            )
        if facts.unmeasured:
            notes.append(
                f"{place}: {device_hours(facts.unmeasured):,.0f} held device-hours have no measure of "
                "activity and count as busy."
            )
        if any(each.unobserved < 0 for each in month.accounts.values()):
            notes.append(
                f"{place}: more device-hours were seen than billed; unobserved is negative."
            )
        if facts.pool.kind == "provisioned" and facts.pool.tokens_per_unit_minute is None:
            notes.append(
                f"{place}: all of it counts as busy; with tokens_per_unit_minute its idle time is known."
            )
        assumed = [key or "requests" for key, w in facts.weights.items() if w.basis == "assumed"]
        if assumed and month.rates.tokens:
            notes.append(
                f"{place}: an output token is assumed to weigh 4 input tokens for {', '.join(assumed)} "
                "(cost_low and cost_high: 2 and 6); log ttft_ms and latency_ms, or set weights."
            )
    strays = sum(each.parts for each in found.strays)
    if strays:
        names = sorted({each.pool or "no pool" for each in found.strays})
        notes.append(
            f"{device_hours(strays):,.0f} device-hours were seen in {', '.join(names)}, for which there is "
            "no charge: describe owned hardware in [[owned]], or place samples with `samples` of a pool."
        )
    return notes


def _amount(value: object) -> Decimal:
    return value if isinstance(value, Decimal) else ZERO


def seat_note(answer: UnitEconomics) -> str | None:
    """What seats served at list price, beside the cost."""
    if not answer.total.list_equivalent:
        return None
    amount = shown(answer.total.list_equivalent, Style.MONEY)
    return f"Seats served what would cost {amount} {answer.currency} at list price; that is in no cost."
