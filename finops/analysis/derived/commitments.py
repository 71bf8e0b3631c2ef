"""How the numbers of `finops commitments` are made: sums of charges by their status, and what follows from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.commitments import COMMITMENT
from finops.analysis.derived.arithmetic import (
    Derived,
    amount,
    count,
    derived,
    missing,
    summed,
)
from finops.analysis.derived.table import Row, Table
from finops.model.money import subtract, total

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date
    from decimal import Decimal

    from finops.analysis.commitments import Commitments, Coverage, Held
    from finops.analysis.explanation import Line
    from finops.model.period import Period

__all__ = ["HELD", "SERVED", "commitments_table", "services_table"]

_FROM = {
    "purchased": "BilledCost of its purchases (ChargeCategory Purchase)",
    "used": "EffectiveCost of usage with its status Used",
    "unused": "EffectiveCost of charges with its status Unused",
    "covered_list": "ListCost of usage with its status Used",
    "covered": "EffectiveCost of usage under commitments",
    "on_demand": "EffectiveCost of standard usage under none",
    "dynamic": "EffectiveCost of usage at spot and other dynamic prices",
    "on_demand_list": "ListCost of standard usage under none",
    "contracted": "ContractedCost of what is covered or on demand, ListCost where it has none",
}

_TOLD = {
    **_FROM,
    "utilization": "used / (used + unused)",
    "net_savings": "covered_list - used - unused",
    "days_left": "days from the end of the period to the end of its term",
    "list_cost": "list cost of what is covered or on demand",
    "coverage": "list cost of what is covered / list cost of all that could be",
    "negotiated_savings": "list_cost - contracted",
    "commitment_savings": "contracted - covered - on_demand - unused",
    "savings_rate": "1 - (covered + on_demand + unused) / list_cost",
}

HELD = (
    "purchased", "used", "unused", "utilization", "covered_list", "net_savings", "days_left",
)  # fmt: skip
"""Numbers of a commitment."""

SERVED = (
    "covered", "on_demand", "dynamic", "unused", "list_cost", "coverage", "negotiated_savings",
    "commitment_savings", "savings_rate",
)  # fmt: skip
"""Numbers of a service that can be covered."""

_COMMAND = "finops costs --by CommitmentDiscountId,CommitmentDiscountStatus"

_NOT_LISTED = "rows have a cost and no list cost: load an export with list costs"


def commitments_table(found: Commitments, period: Period | None) -> Table:
    """A row for each commitment and reservation, and the sums of those of one currency."""
    end = None if period is None else period.end
    currencies = {each.currency for each in found.held}
    whole = _sums(found.held, next(iter(currencies))) if len(currencies) == 1 else None
    return Table(tuple(_held(each, end) for each in found.held), whole, period)


def services_table(found: Commitments, period: Period | None) -> Table:
    """A row for each service that can be covered, and all of them where there is one currency."""
    whole = _service(found.totals[0]) if len(found.totals) == 1 else None
    return Table(tuple(_service(each) for each in found.services), whole, period)


def _given(name: str, value: Decimal, currency: str) -> Line:
    return amount(name, value, f"{_FROM[name]}: {_COMMAND}", currency)


def _plain(name: str, value: Decimal, currency: str) -> Callable[[], Derived]:
    return lambda: derived(value, _TOLD[name], _given(name, value, currency))


def _held(each: Held, end: date | None) -> Row:
    money, sums = each.currency, each.sums
    names = {
        "commitment": each.name or each.id,
        "id": each.id,
        "kind": each.kind,
        "type": each.type,
        "provider": each.provider,
        "owner": each.term.owner or each.owner,
    }
    numbers: dict[str, Callable[[], Derived]] = {
        "purchased": _plain("purchased", sums.purchased, money)
        if each.kind == COMMITMENT
        else lambda: missing("purchased", _TOLD["purchased"], "a reservation is not purchased"),
        "used": _plain("used", sums.used, money),
        "unused": _plain("unused", sums.unused, money),
        "utilization": lambda: _utilization(each),
        "covered_list": _plain("covered_list", sums.covered_list, money)
        if not sums.unlisted
        else lambda: missing(
            "covered_list", _TOLD["covered_list"], f"{sums.unlisted:,} {_NOT_LISTED}"
        ),
        "net_savings": lambda: _net(each),
        "days_left": lambda: _left(each, end),
    }
    return Row(names, numbers, money)


def _utilization(each: Held) -> Derived:
    lines = [_given(name, getattr(each.sums, name), each.currency) for name in ("used", "unused")]
    if each.utilization is None:
        why = "no usage tells: load an export with amortized costs"
        return missing("utilization", _TOLD["utilization"], why, *lines)
    last = count("utilization", each.utilization, "of its cost", "= used / (used + unused)")
    return derived(each.utilization, _TOLD["utilization"], *lines, last)


def _net(each: Held) -> Derived:
    names = ("covered_list", "used", "unused")
    lines = [_given(name, getattr(each.sums, name), each.currency) for name in names]
    value = each.net_savings
    if value is None:
        why = "a reservation discounts nothing"
        if each.sums.unlisted:
            why = f"{each.sums.unlisted:,} {_NOT_LISTED}"
        elif each.kind == COMMITMENT:
            why = "no usage tells: load an export with amortized costs"
        return missing("net_savings", _TOLD["net_savings"], why, *lines)
    last = amount("net_savings", value, "= covered_list - used - unused", each.currency)
    return derived(value, _TOLD["net_savings"], *lines, last)


def _left(each: Held, end: date | None) -> Derived:
    ends = each.term.ends
    if ends is None or end is None:
        why = "its end is on no bill: say it in [[commitments]] of finops.toml"
        return missing("days_left", _TOLD["days_left"], why)
    start = min(ends, end)
    lines = (
        count("term", (ends - start).days, "days", f"{start} to {ends}, by {each.term.source}"),
        count("period", (end - start).days, "days", f"{start} to {end}, the end of the period"),
    )
    left = (ends - end).days
    return derived(
        left, _TOLD["days_left"], *lines, count("days_left", left, "days", "= term - period")
    )


def _sums(held: Iterable[Held], money: str) -> Row:
    """Sums over commitments; the rates of them together would be of nothing."""
    found = tuple(held)

    def added(name: str, lines: Iterable[Line]) -> Callable[[], Derived]:
        kept = tuple(lines)
        return lambda: summed(name, f"sum of {name} of every row", kept, money)

    numbers = {
        name: added(
            name,
            [
                amount(each.name or each.id, getattr(each.sums, name), _FROM[name], money)
                for each in found
            ],
        )
        for name in ("purchased", "used", "unused")
    }
    numbers["net_savings"] = lambda: _all_net(found, money)
    return Row({"commitment": None}, numbers, money)


def _all_net(held: tuple[Held, ...], money: str) -> Derived:
    mine = [each for each in held if each.kind == COMMITMENT]
    told = "sum of net_savings of every commitment"
    lines = [
        amount(each.name or each.id, each.net_savings, "covered_list - used - unused", money)
        for each in mine
    ]
    if not lines or any(line.amount is None for line in lines):
        return missing("net_savings", told, "not known of every commitment", *lines)
    return summed("net_savings", told, lines, money)


def _service(each: Coverage) -> Row:
    money, known = each.currency, not each.unlisted
    numbers: dict[str, Callable[[], Derived]] = {
        name: _plain(name, getattr(each, name), money)
        for name in ("covered", "on_demand", "dynamic", "unused")
    }

    def made(name: str, formula: str, value: Decimal | float | None, *used: str) -> None:
        numbers[name] = lambda: _of_service(each, name, formula, value, used)

    spent = total((each.covered, each.on_demand, each.unused))
    listed = each.list_cost
    made("list_cost", "covered_list + on_demand_list", listed if known else None,
         "covered_list", "on_demand_list")  # fmt: skip
    made("coverage", "covered_list / (covered_list + on_demand_list)", each.coverage,
         "covered_list", "on_demand_list")  # fmt: skip
    made("negotiated_savings", "covered_list + on_demand_list - contracted",
         subtract(listed, each.contracted) if known else None,
         "covered_list", "on_demand_list", "contracted")  # fmt: skip
    made("commitment_savings", "contracted - covered - on_demand - unused",
         subtract(each.contracted, spent) if known else None,
         "contracted", "covered", "on_demand", "unused")  # fmt: skip
    made("savings_rate", "1 - (covered + on_demand + unused) / (covered_list + on_demand_list)",
         each.savings_rate, "covered", "on_demand", "unused", "covered_list", "on_demand_list")  # fmt: skip
    return Row({"provider": each.provider, "service": each.service}, numbers, money)


def _of_service(
    each: Coverage, name: str, formula: str, value: Decimal | float | None, used: tuple[str, ...]
) -> Derived:
    lines = [_given(one, getattr(each, one), each.currency) for one in used]
    if value is None:
        why = f"{each.unlisted:,} {_NOT_LISTED}" if each.unlisted else "nothing has a list cost"
        return missing(name, _TOLD[name], why, *lines)
    if isinstance(value, float):
        last = count(name, value, "of list cost", f"= {formula}")
    else:
        last = amount(name, value, f"= {formula}", each.currency)
    return derived(value, _TOLD[name], *lines, last)
