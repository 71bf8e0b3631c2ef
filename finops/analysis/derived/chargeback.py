"""How the numbers of `finops chargeback` are made: the lines of a statement, each a part of charges of the bill."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.chargeback.statements import HEADINGS
from finops.analysis.derived.arithmetic import Derived, amount, summed
from finops.analysis.derived.table import Row, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from finops.analysis.chargeback.statements import Chargeback, Line, Statement

__all__ = ["NUMBERS", "UNOWNED", "chargeback_table"]

UNOWNED = "(unowned)"

_TOLD = {
    "usage": "what the owner's own requests, jobs and workloads used",
    "shared": "the owner's part of shared pools, by their drivers",
    "idle": "devices, seats and commitments that were held or owned and not used",
    "unlogged": "usage on the bill that the log does not show, or that names no model",
    "direct": "charges that name the owner themselves",
    "tax_and_credits": "lines of the bill beside usage",
    "prior_period": "charges that change closed months",
    "accrual": "what was used and is not billed yet",
}

NUMBERS = (*HEADINGS, "EffectiveCost", "BilledCost")
"""Numbers of a statement."""

_FROM = {
    "requests": "the owner's tokens x the billed rate: finops unit",
    "jobs": "device time of the owner's jobs x the pool's rate: finops capacity --by team",
    "workloads": "device time of the owner's workloads x the pool's rate: finops capacity --by team",
    "shared": "the owner's part of the pool by its driver: finops unit",
}


def chargeback_table(found: Chargeback) -> Table:
    """A row for each owner and currency, and all of them where there is one currency."""
    whole = None
    if len(found.currencies) == 1:
        names = dict.fromkeys(found.by)
        whole = Row(names, _numbers(found, found.statements), found.currencies[0])
    return Table(tuple(_row(found, each) for each in found.statements), whole, found.month)


def _row(found: Chargeback, each: Statement) -> Row:
    names = dict(zip(found.by, each.owner, strict=True))
    if each.is_unowned and found.by:
        names[found.by[0]] = UNOWNED
    if len(found.currencies) > 1:
        names["BillingCurrency"] = each.currency
    return Row(names, _numbers(found, (each,)), each.currency)


def _numbers(
    found: Chargeback, statements: Sequence[Statement]
) -> dict[str, Callable[[], Derived]]:
    numbers: dict[str, Callable[[], Derived]] = {
        heading: lambda heading=heading: _sum(found, statements, heading)  # type: ignore[misc]
        for heading in HEADINGS
    }
    numbers["EffectiveCost"] = lambda: _sum(found, statements, "EffectiveCost")
    numbers["BilledCost"] = lambda: _sum(found, statements, "BilledCost")
    return numbers


def _sum(found: Chargeback, statements: Sequence[Statement], name: str) -> Derived:
    many = len(statements) > 1
    lines = [
        amount(
            _step(each, line, many=many),
            line.billed if name == "BilledCost" else line.effective,
            _source(found, line),
            each.currency,
        )
        for each in statements
        for line in each.lines
        if name in {line.heading, "EffectiveCost", "BilledCost"}
    ]
    told = {
        "EffectiveCost": "sum of the statement's lines",
        "BilledCost": "sum of what the invoices charge for the statement's lines",
    }
    formula = told.get(name) or f"sum of its lines: {_TOLD[name]}"
    return summed(name, formula, lines, statements[0].currency if statements else None, of="lines")


def _step(each: Statement, line: Line, *, many: bool) -> str:
    detail = " / ".join(name for name in line.detail if name is not None)
    owner = " / ".join(name or "(none)" for name in each.owner) if not each.is_unowned else UNOWNED
    told = f"{line.section} of {line.pool}" + (f", {line.service}" if line.service else "")
    told += f": {detail}" if detail else ""
    return f"{owner}: {told}" if many else told


def _source(found: Chargeback, line: Line) -> str:
    told = _FROM.get(line.section) or f"charges of the bill on the line {line.section}"
    month = f"finops costs --month {found.month.label} --by pool,ServiceName"
    return f"{told}; {month}" + (f"; changes {line.adjusts}" if line.adjusts else "")
