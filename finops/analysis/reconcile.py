"""The bill against what was allocated of it: every part named, and a difference that must be zero.

    EffectiveCost of the bill = allocated to requests
                              + unallocated (unlogged, unmapped, commitment_unused, capacity, rounding)
                              + other (not AI) + excluded (credits, tax, support …)

Cost at list price of usage no bill covers yet (`estimated`) stands beside it and is in none of these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.charges import UNIT_LINES
from finops.model.money import ZERO, add, subtract, total

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

    from finops.analysis.charges import Charges, PoolCharge
    from finops.analysis.metering import Metered
    from finops.analysis.sharing import Shares

__all__ = ["CAPACITY", "Reconciliation", "Spent", "reconcile"]

CAPACITY = ("gpu", "provisioned", "seat")
"""Kinds of pools that are paid for whether used or not; their cost is not on requests."""


class Spent(NamedTuple):
    """What requests of the period carry: metered cost billed, all of it from the bill, and at list."""

    metered: Decimal
    from_bill: Decimal
    estimated: Decimal


class Reconciliation(NamedTuple):
    """The bill's four amounts, the parts EffectiveCost went to, and what is left: zero."""

    amounts: Mapping[str, Decimal]
    allocated: Decimal
    unallocated: Mapping[str, Decimal]
    other: Decimal
    excluded: Mapping[str, Decimal]
    estimated: Decimal
    difference: Decimal


def reconcile(
    charges: Charges,
    metered: Metered,
    shares: Shares,
    spent: Spent,
    include: Iterable[str],
    *,
    is_whole: bool,
) -> Reconciliation:
    """Hold `spent` against `charges`; `is_whole` when the period is whole months, as bills are."""
    included = set(include)
    parts = [charge for charge in charges.charges if charge.line not in included]
    work = [charge for charge in parts if charge.line in UNIT_LINES]
    unmapped = total(charge.unmapped for charge in work)
    settled = subtract(_cost(work, "metered", "usage"), unmapped)
    if is_whole:
        unlogged = total(each.unlogged for each in metered.settlements)
        rounding = total(each.rounding for each in metered.settlements)
    else:
        unlogged, rounding = subtract(settled, spent.metered), ZERO
    unallocated = {
        "unlogged": unlogged,
        "unmapped": add(unmapped, shares.unallocated),
        "commitment_unused": _cost(work, "metered", "commitment_unused"),
        "capacity": total(charge.cost for charge in work if charge.kind in CAPACITY),
        "rounding": add(rounding, shares.rounding),
    }
    other = total(charge.cost for charge in work if charge.kind == "other")
    excluded: dict[str, Decimal] = {}
    for charge in parts:
        if charge.line not in UNIT_LINES:
            excluded[charge.line] = add(excluded.get(charge.line, ZERO), charge.cost)
    named = total((spent.from_bill, *unallocated.values(), other, *excluded.values()))
    return Reconciliation(
        charges.amounts(),
        spent.from_bill,
        unallocated,
        other,
        excluded,
        spent.estimated,
        subtract(charges.cost(), named),
    )


def _cost(charges: Iterable[PoolCharge], kind: str, line: str) -> Decimal:
    return total(c.cost for c in charges if c.kind == kind and c.line == line)
