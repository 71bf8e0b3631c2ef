"""The allocation document of OpenCost's `/allocation`: a set a month, an allocation for each name.

Costs are EffectiveCost, each in one of OpenCost's kinds: `gpuCost` what accelerators and provisioned capacity
cost whoever held them, `sharedCost` shared pools, `externalCost` everything else (tokens and services outside the
cluster, tax, credits). What capacity nobody used is `__idle__`; what nobody answers for is `__unallocated__`. The
total costs of a set add up to the month's charges in its currency; numbers have all their digits.

`gpuHours` are the hours billed of each GPU pool, divided as its cost is (unused commitments are money without
hours), and `gpuCount` those over the hours of the month; null where a pool's hours are unknown.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from finops.analysis.capacity.numbers import pool_numbers
from finops.analysis.capacity.pools import KINDS
from finops.analysis.chargeback.statements import HEADINGS
from finops.analysis.economics import Question, unit_economics
from finops.analysis.pools import pool_rules
from finops.analysis.split.bill import split_bill
from finops.errors import UsageError
from finops.exports.contract import Export, Written
from finops.ledger.engine import query
from finops.model.money import ZERO, add, divide, multiply, total
from finops.model.period import parse_month
from finops.report.json_format import encode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal
    from pathlib import Path

    from finops.analysis.split.bill import SplitBill
    from finops.exports.contract import Wanted
    from finops.model.period import Period

__all__ = ["EXPORT"]

IDLE, UNALLOCATED = "__idle__", "__unallocated__"
"""OpenCost's names for what nobody used and what nobody answers for."""

_COSTS = ("gpuCost", "sharedCost", "externalCost")
_ABSENT = ("cpuCost", "ramCost", "pvCost", "networkCost", "loadBalancerCost")
"""Kinds of cost that OpenCost tells apart and the ledger does not: a node's cost is its accelerators'."""


def write(wanted: Wanted, target: Path) -> Written:
    """Write the sets of the period's months; UsageError when charges are in currencies that do not add up."""
    if not wanted.period.is_whole_months:
        raise UsageError(
            f"{wanted.period.label} is not whole months, and an invoice has no days",
            hint="--month YYYY-MM",
        )
    sets: list[dict[str, object]] = []
    notes: list[str] = []
    currencies: set[str] = set()
    for label in wanted.period.months:
        month = parse_month(label)
        with split_bill(wanted.ledger, wanted.config, month, wanted.by) as bill:
            found = _costs(bill, _billed_hours(wanted, month))
            notes += bill.notes
        currencies |= {currency for currency, _ in found}
        sets.append({name: _allocation(name, month, mine) for (_, name), mine in found.items()})
    if len(currencies) > 1:
        raise UsageError(
            f"the bill is in {', '.join(sorted(currencies))}, and this document has one currency",
            hint="finops chargeback and finops export focus keep currencies apart",
        )
    document = {
        "code": 200,
        "status": "success",
        "message": f"EffectiveCost in {''.join(currencies) or wanted.config.currency}",
        "data": sets,
    }
    target.write_text(encode(document) + "\n", encoding="utf-8")
    return Written(sum(len(each) for each in sets), tuple(notes))


class _Costs(dict[str, "Decimal"]):
    """Cost by kind, and the labels of an allocation."""

    labels: Mapping[str, str | None]
    hours: Decimal | None = ZERO
    """Device-hours of GPU pools, None where they are unknown."""


def _billed_hours(wanted: Wanted, month: Period) -> dict[str, Decimal | None]:
    """Device-hours billed in the month, by GPU pool; None where nothing says."""
    found = unit_economics(wanted.ledger, wanted.config, Question(month)).allocation.capacity
    pools = {each.facts.pool.name for each in found.months if each.facts.pool.kind == "gpu"}
    return {pool: pool_numbers(pool, found)["billed_hours"] for pool in pools}


def _add_hours(
    found: Mapping[tuple[str, str], _Costs],
    paid: Mapping[tuple[str, str, str], Decimal],
    billed: Mapping[str, Decimal | None],
) -> None:
    """Divide each pool's hours as `paid` is, its cost by currency, name and pool."""
    for pool, hours in billed.items():
        mine = {key[:2]: cost for key, cost in paid.items() if key[2] == pool and cost}
        whole = total(mine.values())
        for key, cost in mine.items():
            costs = found[key]
            if hours is None or costs.hours is None or not whole:
                costs.hours = None
            else:
                costs.hours = add(costs.hours, divide(multiply(hours, cost), whole))


def _costs(bill: SplitBill, billed: Mapping[str, Decimal | None]) -> dict[tuple[str, str], _Costs]:
    """Costs by currency and name, the largest first, with the hours `billed` of each pool."""
    names = ", ".join(f'"{name}"' for name in bill.names)
    rules = pool_rules(bill.part.config.pools, bill.part.config.owned)
    capacity = {rule.name for rule in rules if rule.kind in KINDS and rule.kind != "seat"}
    rows = query(
        bill.con,
        f"select BillingCurrency, pool, section, {names}, sum(EffectiveCost) from split_rows "
        "group by all",
    )
    found: dict[tuple[str, str], _Costs] = defaultdict(_Costs)
    paid: dict[tuple[str, str, str], Decimal] = {}
    for currency, pool, section, *values, cost in rows:
        labels = dict(zip(bill.names, values, strict=True))
        name = _name(section, values)
        mine = found[currency, name]
        mine.labels = {} if name == IDLE else labels
        kind = _kind(section, is_capacity=pool in capacity)
        mine[kind] = add(mine.get(kind, ZERO), cost)
        if kind == "gpuCost" and section != "commitment_unused":
            place = (currency, name, pool)
            paid[place] = add(paid.get(place, ZERO), cost)
    _add_hours(found, paid, billed)
    ordered = sorted(found, key=lambda key: (key[0], -total(found[key].values()), key[1]))
    return {key: found[key] for key in ordered}


def _name(section: str, values: Sequence[str | None]) -> str:
    if section in HEADINGS["idle"]:
        return IDLE
    if all(value is None for value in values):
        return UNALLOCATED
    return "/".join(UNALLOCATED if value is None else value for value in values)


def _kind(section: str, *, is_capacity: bool) -> str:
    if section == "shared":
        return "sharedCost"
    is_used = section in {*HEADINGS["usage"], *HEADINGS["idle"]}
    return "gpuCost" if is_capacity and is_used else "externalCost"


def _allocation(name: str, month: Period, costs: _Costs) -> dict[str, object]:
    """One allocation, in the order of OpenCost's document."""
    start, end = (f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in month.bounds())
    labels = {key: value for key, value in costs.labels.items() if value is not None}
    hours = (month.end - month.start).days * 24
    count = None if costs.hours is None else divide(costs.hours, hours)
    return {
        "name": name,
        "properties": {"labels": labels} if labels else {},
        "window": {"start": start, "end": end},
        "start": start,
        "end": end,
        "minutes": hours * 60,
        "gpuCount": count,
        "gpuHours": costs.hours,
        **dict.fromkeys(_ABSENT, ZERO),
        **{kind: costs.get(kind, ZERO) for kind in _COSTS},
        "totalCost": total(costs.values()),
    }


EXPORT = Export(
    name="opencost",
    about="OpenCost's allocation document (JSON): costs by team or any other name.",
    formats=("json",),
    by=("team",),
    write=write,
)
