"""Seats and provisioned units of the month: how many are in force, used, not used, and accrued without a bill.

A seat is used by a user with a request in the month; of provisioned units the time they were idle,
which `tokens_per_unit_minute` tells. How many are in force and what one costs is what `[[pools.plans]]` says of the month's last day (of days
before it where the plan ended earlier).
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.accruals import booked_accruals
from finops.analysis.capacity.numbers import pool_numbers
from finops.analysis.plan_accruals import KINDS
from finops.model.money import multiply, subtract, total, truncate
from finops.report.document import Name, Number, Table, say
from finops.report.model import Report, ReportColumn, Style

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from finops.api.review.facts import Facts
    from finops.report.document import Sentence
    from finops.report.model import Row
    from finops.sections.pools import Plan, Pool

__all__ = ["PlanRow", "plan_rows", "plan_sentences", "plan_table"]


class PlanRow(NamedTuple):
    """One pool's plan: units, and dollars in the review's currency; None is not known."""

    pool: str
    kind: str
    units: Decimal | None
    used: int | None
    unused: Decimal | None
    cost: Decimal | None
    unused_cost: Decimal | None
    accrued: Decimal | None


def plan_rows(facts: Facts) -> tuple[PlanRow, ...]:
    """A row for each pool of seats or provisioned units that has a plan, charges, or an accrual, by name."""
    pools = [pool for pool in facts.settings.pools if pool.kind in KINDS]
    if not pools:
        return ()
    billed = {each.pool for each in facts.unit().allocation.capacity.books}
    accrued = _accrued(facts, {pool.name for pool in pools}, billed)
    rows = [_row(facts, pool, is_billed=pool.name in billed, accrued=accrued) for pool in pools]
    return tuple(
        sorted(row for row in rows if (row.units, row.cost, row.accrued) != (None, None, None))
    )


def _accrued(facts: Facts, pools: set[str], billed: set[str]) -> Mapping[str, Decimal]:
    """What was booked without a bill, by pool; of an open month what its close would book."""
    if facts.books.closed is None and pools <= billed:
        return {}
    found: dict[str, list[Decimal]] = {}
    for each in booked_accruals(facts.books._replace(period=facts.month)):
        if each.pool in pools and each.amount is not None and each.currency == facts.currency:
            found.setdefault(each.pool, []).append(each.amount)
    return {pool: total(amounts) for pool, amounts in found.items()}


def _row(facts: Facts, pool: Pool, *, is_billed: bool, accrued: Mapping[str, Decimal]) -> PlanRow:
    plans = _in_force(pool, facts)
    capacity = facts.unit().allocation.capacity
    numbers = pool_numbers(pool.name, capacity)
    units = total(plan.units for plan in plans) if plans else None
    users = {
        user for seats in capacity.seats if seats.pool.name == pool.name for user in seats.requests
    }
    used = len(users - {None}) or None
    unused = None if units is None or used is None else subtract(units, Decimal(used))
    cost = numbers["cost"] if is_billed else None
    is_seat = pool.kind == "seat"
    return PlanRow(
        pool.name,
        KINDS[pool.kind],
        units,
        used,
        unused,
        cost,
        _priced(plans, unused, facts) if is_seat else _idle(cost, pool, facts),
        accrued.get(pool.name),
    )


def _in_force(pool: Pool, facts: Facts) -> tuple[Plan, ...]:
    """The plans of the last day of the month on which there is one."""
    start, end = facts.month.start, facts.month.end
    inside = [
        plan
        for plan in pool.plans or ()
        if (plan.from_ or start) < end and (plan.to or end) > start
    ]
    if not inside:
        return ()
    day = max(min(plan.to or end, end) for plan in inside) - timedelta(days=1)
    return tuple(
        plan for plan in inside if (plan.from_ or day) <= day and (plan.to is None or day < plan.to)
    )


def _priced(plans: tuple[Plan, ...], unused: Decimal | None, facts: Facts) -> Decimal | None:
    """The unused seats at their price, where all cost the same in the review's currency."""
    prices = {(plan.price, plan.currency or facts.settings.currency) for plan in plans}
    if unused is None or len(prices) != 1:
        return None
    ((price, currency),) = prices
    return multiply(unused, price) if currency == facts.currency else None


def _idle(cost: Decimal | None, pool: Pool, facts: Facts) -> Decimal | None:
    """The part of a provisioned pool's cost in which its units were idle; None where that is not measured."""
    months = facts.unit().allocation.capacity.months
    mine = [month for month in months if month.facts.pool.name == pool.name]
    times = [
        time for each in mine for held in each.stretch.tally.values() for time in held.values()
    ]
    whole = sum(time.busy + time.idle for time in times)
    if cost is None or not whole or pool.tokens_per_unit_minute is None:
        return None
    return truncate(Fraction(cost) * sum(time.idle for time in times) / whole)


def plan_table(rows: tuple[PlanRow, ...], facts: Facts) -> Iterator[Table]:
    """The table, where there is a row."""
    if not rows:
        return
    notes = []
    if any(row.units is None for row in rows):
        notes.append("In force n/a: [[pools.plans]] in finops.toml says how many there are.")
    if any(row.kind == KINDS["seat"] and row.used is None for row in rows):
        notes.append(
            "Used n/a: no bill of the month has the pool, or no request of its users is logged; finops load."
        )
    if any(row.kind == KINDS["provisioned"] and row.unused_cost is None for row in rows):
        notes.append(
            "Cost of unused n/a: tokens_per_unit_minute of the pool says what a unit takes."
        )
    report = Report(
        schema="finops.review.plans/1",
        title="Seats and provisioned plans",
        columns=(
            ReportColumn("pool", "Pool"),
            ReportColumn("kind", "Of"),
            ReportColumn("units", "In force", Style.NUMBER),
            ReportColumn("used", "Used", Style.COUNT),
            ReportColumn("unused", "Unused", Style.NUMBER),
            ReportColumn("cost", "Cost", Style.MONEY),
            ReportColumn("unused_cost", "Cost of unused", Style.MONEY),
            ReportColumn("accrued", "Accrued", Style.MONEY),
        ),
        rows=tuple(_cells(row) for row in rows),
        notes=tuple(notes),
        currency=facts.currency,
        period=facts.month,
    )
    yield Table("plans", report, command=f"finops capacity --month {facts.month.label}")


def _cells(row: PlanRow) -> Row:
    return dict(row._asdict())


def plan_sentences(rows: tuple[PlanRow, ...], unit: str) -> Iterator[Sentence]:
    """What was paid for and not used, and what no bill covers yet."""
    for row in rows:
        if row.used is not None and row.units is not None:
            yield say(
                Name(row.pool), ": ", Number(row.used, Style.COUNT), " of ",
                Number(row.units, Style.NUMBER), " ", row.kind, " were used", *_others(row, unit), ".",
            )  # fmt: skip
        elif row.kind == KINDS["seat"] and row.units is not None and row.cost is not None:
            yield say(
                Name(row.pool), ": ", Number(row.units, Style.NUMBER), " seats are paid for with ",
                Number(row.cost, unit=unit), "; who uses them is not logged.",
            )  # fmt: skip
        elif row.kind == KINDS["provisioned"] and row.unused_cost and row.cost is not None:
            yield say(
                Name(row.pool), ": ", Number(row.unused_cost, unit=unit), " of the ",
                Number(row.cost, unit=unit), " paid for ", row.kind, " was not used.",
            )  # fmt: skip
        if row.accrued:
            yield say(
                Name(row.pool), ": ", Number(row.accrued, unit=unit), " is accrued, as no bill covers it."
            )  # fmt: skip


def _others(row: PlanRow, unit: str) -> tuple[str | Number, ...]:
    if not row.unused or row.unused < 0 or row.unused_cost is None:
        return ()
    return ("; those unused cost ", Number(row.unused_cost, unit=unit))
