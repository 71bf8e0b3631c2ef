"""What was charged against what was allocated of it: every part named, and a difference that must be zero.

    EffectiveCost = allocated to requests, jobs and workloads
                  + unallocated (unlogged, unmapped, commitment_unused, gpu_idle, unobserved, seat,
                    blending, rounding)
                  + other (not AI) + excluded (credits, tax, support …)

That holds for each origin of cost (the bill, owned hardware) and so for their sum. Cost at list price of
usage no bill covers yet (`estimated`) stands beside it and is in none of these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.charges import ORIGINS, UNIT_LINES
from finops.model.money import ZERO, add, subtract, total

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from finops.analysis.capacity.model import PoolBooks
    from finops.analysis.charges import Charges, PoolCharge
    from finops.analysis.metering import Metered
    from finops.analysis.sharing import Shares

__all__ = ["Books", "Reconciliation", "Spent", "reconcile"]

_OF_CAPACITY = ("commitment_unused", "gpu_idle", "unobserved", "seat", "blending", "rounding")
"""What of capacity nobody carries."""


class Spent(NamedTuple):
    """What requests of the period carry: metered cost billed, all of it from charges, and at list.

    `is_whole` when the period is whole months, as bills are.
    """

    metered: Decimal
    charged: Decimal
    estimated: Decimal
    is_whole: bool


class Books(NamedTuple):
    """EffectiveCost of one origin, the parts it went to, and what is left: zero."""

    charged: Decimal
    allocated: Decimal
    jobs: Decimal
    workloads: Decimal
    unallocated: Mapping[str, Decimal]
    other: Decimal
    excluded: Mapping[str, Decimal]

    @property
    def difference(self) -> Decimal:
        """What no part accounts for."""
        carried = (self.allocated, self.jobs, self.workloads, self.other)
        parts = (*carried, *self.unallocated.values(), *self.excluded.values())
        return subtract(self.charged, total(parts))


class Reconciliation(NamedTuple):
    """The four amounts, the parts EffectiveCost went to, and what is left: zero, for each origin."""

    amounts: Mapping[str, Decimal]
    origins: Mapping[str, Books]
    estimated: Decimal

    @property
    def allocated(self) -> Decimal:
        """What requests carry."""
        return total(books.allocated for books in self.origins.values())

    @property
    def jobs(self) -> Decimal:
        """What jobs carry."""
        return total(books.jobs for books in self.origins.values())

    @property
    def workloads(self) -> Decimal:
        """What workloads that no request names carry."""
        return total(books.workloads for books in self.origins.values())

    @property
    def unallocated(self) -> Mapping[str, Decimal]:
        """What nothing carries, by why."""
        return _summed(books.unallocated for books in self.origins.values())

    @property
    def other(self) -> Decimal:
        """What is not AI."""
        return total(books.other for books in self.origins.values())

    @property
    def excluded(self) -> Mapping[str, Decimal]:
        """Lines that are not cost of the period's work."""
        return _summed(books.excluded for books in self.origins.values())

    @property
    def difference(self) -> Decimal:
        """What no part accounts for."""
        return total(books.difference for books in self.origins.values())


def reconcile(
    charges: Charges,
    metered: Metered,
    shares: Shares,
    capacity: Sequence[PoolBooks],
    spent: Spent,
    include: Iterable[str],
) -> Reconciliation:
    """Hold `spent` against `charges`."""
    owned = total(
        (
            *(s.shared for s in shares.shares if s.pool.origin == "owned"),
            *(pool.requests for pool in capacity if pool.origin == "owned"),
        )
    )
    requests = {"owned": owned, "bill": subtract(spent.charged, owned)}
    included = frozenset(include)
    origins = {
        origin: _books(
            [charge for charge in charges.charges if charge.origin == origin],
            shares.of_origin(origin),
            [pool for pool in capacity if pool.origin == origin],
            requests[origin],
            included,
        )
        for origin in ORIGINS
    }
    origins["bill"] = _metered(origins["bill"], charges, metered, spent)
    return Reconciliation(charges.amounts(), origins, spent.estimated)


def _books(
    charges: Sequence[PoolCharge],
    shares: Shares,
    capacity: Sequence[PoolBooks],
    requests: Decimal,
    included: frozenset[str],
) -> Books:
    """The books of one origin, metered usage aside."""
    parts = [charge for charge in charges if charge.line not in included]
    work = [charge for charge in parts if charge.line in UNIT_LINES]
    excluded: dict[str, Decimal] = {}
    for charge in parts:
        if charge.line not in UNIT_LINES:
            excluded[charge.line] = add(excluded.get(charge.line, ZERO), charge.cost)
    unmapped = total(charge.unmapped for charge in work)
    left = {name: total(getattr(pool, name) for pool in capacity) for name in _OF_CAPACITY}
    unused = _cost(work, "metered", "commitment_unused")
    return Books(
        total(charge.cost for charge in charges),
        requests,
        total(pool.jobs for pool in capacity),
        total(pool.workloads for pool in capacity),
        {
            "unlogged": ZERO,
            "unmapped": add(unmapped, shares.unallocated),
            **left,
            "commitment_unused": add(left["commitment_unused"], unused),
            "rounding": add(left["rounding"], shares.rounding),
        },
        total(charge.cost for charge in work if charge.kind == "other"),
        excluded,
    )


def _metered(books: Books, charges: Charges, metered: Metered, spent: Spent) -> Books:
    """`books` of the bill with what metered usage leaves over."""
    if spent.is_whole:
        unlogged = total(each.unlogged for each in metered.settlements)
        rounding = total(each.rounding for each in metered.settlements)
    else:
        bill = [charge for charge in charges.charges if charge.origin == "bill"]
        unmapped = total(charge.unmapped for charge in bill if charge.line in UNIT_LINES)
        settled = subtract(_cost(bill, "metered", "usage"), unmapped)
        unlogged, rounding = subtract(settled, spent.metered), ZERO
    unallocated = {
        **books.unallocated,
        "unlogged": unlogged,
        "rounding": add(books.unallocated["rounding"], rounding),
    }
    return books._replace(unallocated=unallocated)


def _cost(charges: Iterable[PoolCharge], kind: str, line: str) -> Decimal:
    return total(c.cost for c in charges if c.kind == kind and c.line == line)


def _summed(parts: Iterable[Mapping[str, Decimal]]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for part in parts:
        for name, amount in part.items():
            found[name] = add(found.get(name, ZERO), amount)
    return found
