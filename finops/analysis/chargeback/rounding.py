"""What a statement's shares leave of unit cost: lines that make both the same to the last digit.

A charge is divided by shares of 12 decimal places, unit cost multiplies counts with rates of 24. The two are
the same money, and differ by what those places cut. Each owner's difference is a line of its own, and what all
of them together leave is nobody's, so that the statements still add up to the bill.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.split.parts import WHOLE
from finops.model.money import ZERO, divide, subtract, total

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from finops.analysis.economics import UnitEconomics

__all__ = ["Rounded", "roundings"]

Owner = tuple[str | None, ...]


class Rounded(NamedTuple):
    """What each owner's shares lack of unit cost, and what nobody's line takes back of it."""

    by_owner: Mapping[Owner, Decimal]

    @property
    def left(self) -> Decimal:
        """Minus the sum of them."""
        return subtract(ZERO, total(self.by_owner.values()))


def roundings(
    answer: UnitEconomics, charged: Mapping[Owner, Decimal], rows: int, whole: Decimal
) -> Rounded | None:
    """Unit cost on the bill less what is `charged` for it, by owner; None where that is more than rounding.

    `charged` is EffectiveCost for requests and of shared pools. `rows` charges of `whole` money in all are split:
    each part of each may be a share's last place off.
    """
    owed = {
        tuple(None if key is None else str(key) for key in group.keys): subtract(
            group.cost, group.list_cost
        )
        for group in answer.groups
    }
    found = {
        owner: subtract(owed.get(owner, ZERO), charged.get(owner, ZERO))
        for owner in dict.fromkeys((*owed, *charged))
    }
    most = divide(whole * 2 + rows, WHOLE)
    if any(abs(amount) > most for amount in found.values()):
        return None
    return Rounded({owner: amount for owner, amount in found.items() if amount})
