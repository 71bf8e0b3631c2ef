"""What a period says of each item, and both periods brought together: the input of the decomposition.

A quantity counts only where it is known in full and in one unit on both sides; token counts of bills
that price per thousand or million are counted in tokens first, so that a change of unit is none of price.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.charges import tokens_per_unit
from finops.analysis.compare.effects import USAGE, Item, Side
from finops.model.money import ZERO, add, total

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

__all__ = ["Reading", "items_of"]


class Reading(NamedTuple):
    """Cost of some of an item in one period; `quantity` None where it is not known.

    `native` is the same cost before it was exchanged, with its currency, where that is asked.
    """

    group: tuple[object, ...]
    name: str
    family: str
    line: str
    currency: str
    cost: Decimal
    quantity: Fraction | None = None
    unit: str | None = None
    owner: str | None = None
    native: tuple[str, Decimal] | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """What makes two readings of one item."""
        return self.currency, self.group, self.family, self.name, self.line

    def counted(self) -> Reading:
        """The reading with tokens counted one by one."""
        size = tokens_per_unit(self.unit)
        if size is None or self.quantity is None:
            return self
        return self._replace(quantity=self.quantity * size, unit="tokens")


def items_of(before: Iterable[Reading], after: Iterable[Reading]) -> tuple[Item, ...]:
    """Every item of either period, in the order they are first read."""
    sides = [[each.counted() for each in found] for found in (before, after)]
    by_key: dict[tuple[object, ...], tuple[list[Reading], list[Reading]]] = defaultdict(
        lambda: ([], [])
    )
    for place, found in enumerate(sides):
        for each in found:
            by_key[each.key][place].append(each)
    return tuple(_item(*found) for found in by_key.values())


def _item(before: Sequence[Reading], after: Sequence[Reading]) -> Item:
    either = [*before, *after]
    first = either[0]
    units = {each.unit for each in either}
    natives = {each.native[0] for each in either if each.native is not None}
    foreign = len(natives) == 1 and all(each.native is not None for each in either)
    is_measured = first.line == USAGE and len(units) == 1
    unit = first.unit if is_measured and first.unit else ""
    return Item(
        first.group,
        first.name,
        f"{first.family} {unit}".strip(),
        first.line,
        first.currency,
        _side(before, measured=is_measured, foreign=foreign),
        _side(after, measured=is_measured, foreign=foreign),
        _owner(after or before),
    )


def _side(found: Sequence[Reading], *, measured: bool, foreign: bool) -> Side | None:
    if not found:
        return None
    quantity: Fraction | None = None
    if measured and all(each.quantity is not None for each in found):
        quantity = sum((each.quantity or Fraction(0) for each in found), Fraction(0))
    native = total(each.native[1] for each in found if each.native is not None)
    return Side(total(each.cost for each in found), quantity, native if foreign else None)


def _owner(found: Sequence[Reading]) -> str | None:
    """Who has most of it; None where nobody is said to."""
    costs: dict[str, Decimal] = {}
    for each in found:
        if each.owner is not None:
            costs[each.owner] = add(costs.get(each.owner, ZERO), each.cost)
    return min(costs, key=lambda name: (-abs(costs[name]), name)) if costs else None
