"""Price, usage and mix: why an item's cost differs between two periods, taken apart without a residue.

An item is what has one price (a model's token kind, a SKU); a family is the items whose quantities can be
added, of one group: the input tokens of a workflow, the hours of a service. With cost C, quantity Q and
price p = C / Q, earlier (0) and later (1), and the family's earlier average P = sum of C0 / sum of Q0:

    price = C1 - p0 x Q1                what the later quantity costs more at its later price
    usage = P x (Q1 - Q0)               what the quantity added costs at the family's earlier average
    mix   = C1 - C0 - price - usage     what moving between dearer and cheaper items of the family costs

so that mix = (p0 - P) x (Q1 - Q0) where an item is in both periods. An item that appears in a family there
was before has no earlier price: its price effect is zero, and what it costs beyond the family's average is
mix, which is how a workflow moved to a dearer model shows. A whole family that appears is `new`, one that ends
`gone`. Where a quantity is missing, or nets to zero, price and usage cannot be told apart: `unmeasured`.
A charge that is no usage (a credit, tax, an unused commitment) is an effect of its own line.

The three parts are the classical price-volume-mix analysis. Products are exact fractions cut at the 24th
decimal place; mix is what is left, so the effects of an item add up to its difference to the last digit.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from finops.model.money import ZERO, add, subtract, total, truncate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

__all__ = ["EFFECTS", "USAGE", "Change", "Item", "Side", "decompose", "sums"]

USAGE = "usage"
"""Line of charges that have a price and a quantity, and the effect of their quantity."""

EFFECTS = ("price", USAGE, "mix", "new", "gone", "unmeasured")
"""What a difference of usage is made of; other lines are named as they are, `fx` is of exchange rates."""


class Side(NamedTuple):
    """One period's cost of an item; `quantity` None where some of it has none, `native` in its own currency."""

    cost: Decimal
    quantity: Fraction | None
    native: Decimal | None = None


class Item(NamedTuple):
    """What has one price: its group's values, its name, its family's, its line, and both periods (None: not there)."""

    group: tuple[object, ...]
    name: str
    family: str
    line: str
    currency: str
    before: Side | None
    after: Side | None
    owner: str | None = None

    @property
    def costs(self) -> tuple[Decimal, Decimal]:
        """Earlier and later cost, zero where the item is not there."""
        return tuple(ZERO if side is None else side.cost for side in (self.before, self.after))  # type: ignore[return-value]

    @property
    def change(self) -> Decimal:
        """Later less earlier cost."""
        before, after = self.costs
        return subtract(after, before)


class Change(NamedTuple):
    """An item and its effects, which add up to its change; `family` is its family's earlier side, where it counts."""

    item: Item
    effects: Mapping[str, Decimal]
    family: Side | None = None


def decompose(items: Iterable[Item]) -> tuple[Change, ...]:
    """Each item's change taken apart, in the order given."""
    ordered = tuple(items)
    families: dict[tuple[object, ...], list[Item]] = defaultdict(list)
    for item in ordered:
        if item.line == USAGE:
            families[item.currency, item.group, item.family].append(item)
    found: dict[int, Change] = {}
    for family in families.values():
        found |= {id(change.item): change for change in _of_family(family)}
    return tuple(found.get(id(item)) or Change(item, {item.line: item.change}) for item in ordered)


def sums(changes: Iterable[Change]) -> dict[str, Decimal]:
    """The effects of all `changes`, added by name."""
    found: dict[str, Decimal] = {}
    for change in changes:
        for name, amount in change.effects.items():
            found[name] = add(found.get(name, ZERO), amount)
    return found


def _of_family(items: Sequence[Item]) -> list[Change]:
    if all(item.before is None for item in items):
        return [Change(item, {"new": item.change}) for item in items]
    if all(item.after is None for item in items):
        return [Change(item, {"gone": item.change}) for item in items]
    measured = [item for item in items if _is_measured(item)]
    earlier = [item.before for item in measured if item.before is not None]
    quantity = sum((side.quantity or Fraction(0) for side in earlier), Fraction(0))
    whole = Side(total(side.cost for side in earlier), quantity)
    kept = {id(item) for item in measured}
    return [
        _of_item(item, whole) if id(item) in kept else Change(item, {"unmeasured": item.change})
        for item in items
    ]


def _is_measured(item: Item) -> bool:
    """Whether both prices are known: every side there is has a quantity, an earlier one other than zero."""
    sides = [side for side in (item.before, item.after) if side is not None]
    if any(side.quantity is None for side in sides):
        return False
    if item.before is not None and not item.before.quantity:
        return not item.before.cost
    return item.after is None or bool(item.after.quantity) or not item.after.cost


def _of_item(item: Item, family: Side) -> Change:
    """The effects of an item with quantities, by what its `family` cost earlier and how much of it there was."""
    average = Fraction(family.cost) / family.quantity if family.quantity else None
    before, after = item.before, item.after
    had = (before.quantity if before else None) or Fraction(0)
    has = (after.quantity if after else None) or Fraction(0)
    if not had and average is None:
        return Change(item, {"new": item.change})
    exchanged = _exchange(item)
    effects = {"fx": exchanged} if exchanged else {}
    later = subtract(item.costs[1], exchanged)
    own = Fraction(item.costs[0]) / had if had else None
    price = ZERO if own is None else truncate(Fraction(later) - own * has)
    reference = average if average is not None else own
    usage = truncate((reference or Fraction(0)) * (has - had))
    effects |= {"price": price, USAGE: usage}
    rest = subtract(item.change, total(effects.values()))
    return Change(item, {**effects, "mix": rest}, family)


def _exchange(item: Item) -> Decimal:
    """What the later amount would differ at the earlier rate of exchange; zero where both are not known."""
    before, after = item.before, item.after
    if before is None or after is None or not before.native or after.native is None:
        return ZERO
    at_earlier = truncate(Fraction(after.native) * Fraction(before.cost) / Fraction(before.native))
    return subtract(after.cost, at_earlier)
