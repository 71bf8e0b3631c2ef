"""How the numbers of `finops compare` are made: each row is a sum over items, each effect a product of two periods."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from finops.analysis.derived.arithmetic import (
    Derived,
    amount,
    count,
    derived,
    missing,
    plain,
    summed,
)
from finops.analysis.derived.table import Row, Table
from finops.model.basis import Of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from decimal import Decimal

    from finops.analysis.compare.comparison import Comparison, Moved
    from finops.analysis.compare.effects import Change, Side
    from finops.analysis.explanation import Line
    from finops.model.period import Period

__all__ = ["NUMBERS", "compare_table", "items_table"]

_TOLD = {
    "before": "sum of what each item cost in the earlier period",
    "after": "sum of what each item cost in the later period",
    "change": "after - before = sum of the effects",
    "change_share": "change / before",
    "price": "sum over items: later cost - earlier price x later quantity",
    "usage": "sum over items: the family's earlier price x (later - earlier quantity)",
    "mix": "sum over items: change - price - usage, what moving between dearer and cheaper ones costs",
    "new": "sum of what families cost that were not there before",
    "gone": "sum of what families cost that are not there any more, negative",
    "unmeasured": "sum over items whose quantity is not known on both sides: after - before",
    "fx": "sum over items: later cost - what it would be at the earlier rate of exchange",
}

NUMBERS = tuple(_TOLD)
"""Numbers of a row."""


def compare_table(found: Comparison) -> Table:
    """A row for each group; the whole of it where there is one currency."""
    rows = tuple(
        _row(found, each, [c for c in found.changes if _is_of(c, each)]) for each in found.groups
    )
    whole = None
    if len(found.totals) == 1:
        whole = _row(found, found.totals[0], list(found.changes))
    return Table(rows, whole, found.asked.after)


def items_table(found: Comparison) -> Table:
    """A row for each item, as `compare --items` has them; the whole of it where there is one currency."""
    rows = tuple(
        _row(found, each, mine)._replace(names={**_names(found, each), "item": each.name})
        for each in found.items
        for mine in ([c for c in found.changes if _is_of(c, each) and c.item.name == each.name],)
    )
    return Table(rows, compare_table(found).whole, found.asked.after)


def _is_of(change: Change, group: Moved) -> bool:
    return (change.item.group, change.item.currency) == (group.group, group.currency)


def _row(found: Comparison, moved: Moved, changes: list[Change]) -> Row:
    numbers: dict[str, Callable[[], Derived]] = {
        "before": lambda: _side(found, moved, changes, later=False),
        "after": lambda: _side(found, moved, changes, later=True),
        "change": lambda: _change(moved),
        "change_share": lambda: _share(moved),
    }
    for effect in found.effects:
        numbers[effect] = lambda effect=effect: _effect(effect, moved, changes)  # type: ignore[misc]
    return Row(_names(found, moved), numbers, moved.currency)


def _names(found: Comparison, moved: Moved) -> dict[str, str | None]:
    return dict.fromkeys(found.asked.by) | {
        name: None if value is None else str(value)
        for name, value in zip(found.asked.by, moved.group, strict=False)
    }


def _side(found: Comparison, moved: Moved, changes: list[Change], *, later: bool) -> Derived:
    """What each item cost in one period, with how much of it there was."""
    name, period = ("after", found.asked.after) if later else ("before", found.asked.before)
    shown = _command(found, period)
    lines = []
    for each in changes:
        side = each.item.after if later else each.item.before
        if side is not None:
            step = _step(each, moved)
            line = amount(step, side.cost, shown, moved.currency)
            quantity = None if side.quantity is None else _decimal(side.quantity)
            lines.append(line._replace(quantity=quantity))
    return summed(name, _TOLD[name], lines, moved.currency, of="charges")


def _command(found: Comparison, period: Period) -> str:
    """The command that shows the rows of one period."""
    asked = found.asked
    is_bill = found.of is Of.BILL
    words = f"finops {'costs' if is_bill else 'unit'} --from {period.start} --to {period.end}"
    if period.is_whole_months and len(period.months) == 1:
        words = f"finops {'costs' if is_bill else 'unit'} --month {period.label}"
    if asked.by:
        words += f" --by {','.join(asked.by)}"
    return words if asked.where is None else f'{words} --where "{asked.where}"'


def _decimal(quantity: Fraction) -> Decimal | None:
    from decimal import Decimal

    from finops.model.money import divide

    return divide(Decimal(quantity.numerator), quantity.denominator)


def _step(change: Change, moved: Moved) -> str:
    """An item's name; in the whole also its group's."""
    if moved.group or not change.item.group:
        return change.item.name
    group = " / ".join("(none)" if each is None else str(each) for each in change.item.group)
    return f"{group}: {change.item.name}"


def _sides(moved: Moved) -> tuple[Line, Line]:
    told = "finops explain compare.{}, item by item"
    return (
        amount("before", moved.before, told.format("before"), moved.currency),
        amount("after", moved.after, told.format("after"), moved.currency),
    )


def _change(moved: Moved) -> Derived:
    line = amount("change", moved.change, "= after - before", moved.currency)
    return derived(moved.change, _TOLD["change"], *_sides(moved), line)


def _share(moved: Moved) -> Derived:
    change = amount("change", moved.change, "= after - before", moved.currency)
    if moved.before <= 0:
        why = "nothing was spent before"
        return missing("change_share", _TOLD["change_share"], why, *_sides(moved), change)
    share = float(moved.change / moved.before)
    line = count("change_share", share, "of before", "= change / before")
    return derived(share, _TOLD["change_share"], *_sides(moved), change, line)


def _effect(effect: str, moved: Moved, changes: list[Change]) -> Derived:
    lines = [
        amount(_step(each, moved), each.effects[effect], formula, moved.currency)
        for each in changes
        if effect in each.effects
        for formula in (_made(effect, each),)
    ]
    told = _TOLD.get(effect, f"sum of charges of the line {effect}: after - before")
    return summed(effect, told, lines, moved.currency, of=f"charges with an effect of {effect}")


def _made(effect: str, change: Change) -> str:
    """The arithmetic of one item's effect, its numbers written out."""
    item = change.item
    before, after = (plain(cost) for cost in item.costs)
    if effect == "price":
        return f"= {' '.join(_price(change))}"
    if effect == "usage" and change.family is not None:
        return f"= {_earlier_price(change)} x ({_quantity(item.after)} - {_quantity(item.before)})"
    if effect == "mix":
        rest = "".join(
            f" - {plain(value)}"
            for name, value in change.effects.items()
            if name != "mix" and value
        )
        return f"= {after} - {before}{rest}"
    if effect == "fx" and item.before is not None and item.after is not None:
        native = plain(item.after.native or Fraction(0))
        return f"= {after} - {native} x {before} / {plain(item.before.native or Fraction(1))}"
    return f"= {after} - {before}"


def _price(change: Change) -> Iterator[str]:
    item = change.item
    if item.before is None or not item.before.quantity:
        yield "0"
        return
    yield plain(item.costs[1])
    if fx := change.effects.get("fx"):
        yield f"- {plain(fx)}"
    yield f"- {plain(item.before.cost)} / {_quantity(item.before)} x {_quantity(item.after)}"


def _earlier_price(change: Change) -> str:
    """Earlier cost and quantity of the family; of the item itself where the family nets to nothing."""
    side = change.family
    if side is None or not side.quantity:
        side = change.item.before
    if side is None or not side.quantity:
        return "0"
    return f"{plain(side.cost)} / {plain(side.quantity)}"


def _quantity(side: Side | None) -> str:
    return plain(Fraction(0) if side is None or side.quantity is None else side.quantity)
