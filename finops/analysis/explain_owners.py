"""Where a number of `finops owners check` comes from: what has no owner, one identifier a line."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from finops.analysis.derived.arithmetic import amount, count
from finops.analysis.derived.sheet import PARTS
from finops.analysis.explain_rows import chosen
from finops.analysis.explanation import Explanation, Line
from finops.analysis.owners.check import BILL
from finops.model.money import ZERO, total

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finops.analysis.explanation import Value
    from finops.analysis.owners.check import OwnersCheck, Unowned
    from finops.analysis.owners.mapped import Mapped
    from finops.model.period import Period

__all__ = ["MAPPED", "TAGGED", "UNOWNED", "explain_mapped", "explain_unowned"]

_TOLD = {
    "cost": "EffectiveCost of charges, or cost of requests, whose team neither owners.csv nor a tag or log tells",
    "share": "cost without an owner / all cost of the side",
    "rows": "charges of the bill, or requests, without a team",
}

UNOWNED = tuple(_TOLD)
"""Numbers of `finops owners check`."""

TAGGED = "tag_coverage"
"""How far a tag reaches: `tag_coverage.team`."""

_SEVERAL = (
    "bill and requests are not added, nor are currencies: choose with --where \"side = 'bill'\""
)

MAPPED = "mapped"
"""What has an owner."""

_MAPPED = "EffectiveCost of charges, or cost of requests, with a team: by what gives it to them"
_COLUMNS_MAPPED = ("side", "rule", "team", "currency")
_COLUMNS = ("side", "kind", "match", "about", "currency", "team")


def explain_unowned(
    check: OwnersCheck, name: str, period: Period | None, where: str | None = None
) -> Explanation | None:
    """`name` of what has no owner and `where` lets through; None when it is not one of UNOWNED.

    Bill and requests are never added, nor are currencies: of several sides each has its own sum.
    """
    if name.startswith(f"{TAGGED}."):
        return _coverage(check, name, period)
    if name not in _TOLD:
        return None
    found = chosen(check.unowned, _values, _COLUMNS, where)
    lines = [_line(each) for each in found]
    sides = list(dict.fromkeys((each.side, each.currency) for each in found))
    value: Value = None
    for side, currency in sides:
        mine = [each for each in found if (each.side, each.currency) == (side, currency)]
        cost, rows = total(each.cost for each in mine), sum(each.rows for each in mine)
        unit = f"{currency} of the {side}"
        lines.append(
            Line(
                f"{side} without an owner",
                Decimal(rows),
                unit,
                None,
                cost,
                "sum of the lines above",
            )
        )
        spent = check.spent.get((side, currency), ZERO)
        if name == "share":
            lines.append(
                Line(
                    f"{side} in all",
                    None,
                    unit,
                    None,
                    spent,
                    "without an owner, and with one: finops explain owners.mapped",
                )
            )
        values: dict[str, Value] = {
            "cost": cost,
            "rows": rows,
            "share": float(cost / spent) if spent else None,
        }
        value = values[name]
    if len(sides) != 1:
        told = _SEVERAL if sides else "nothing asked about is without an owner"
        value = None
        lines.append(Line(name, None, None, None, None, told))
    money = sides[0][1] if len(sides) == 1 else None
    return Explanation(name, f"{name} = {_TOLD[name]}", value, period, money, tuple(lines))


def explain_mapped(
    found: Sequence[Mapped], period: Period | None, where: str | None = None
) -> Explanation:
    """What of `found` `where` lets through: by rule, team and what it is of, and each side's sum."""
    rows = chosen(
        found,
        lambda each: {name: getattr(each, name) for name in _COLUMNS_MAPPED},
        _COLUMNS_MAPPED,
        where,
    )
    sides = list(dict.fromkeys((each.side, each.currency) for each in rows))
    lines: list[Line] = []
    value: Value = None
    for side, currency in sides:
        begin = MAPPED if len(sides) == 1 else f"{side} in {currency}"
        mine = [each for each in rows if (each.side, each.currency) == (side, currency)]
        unit = "charges" if side == BILL else "requests"
        lines += [
            Line(
                f"{begin}: {each.rule}, to {each.team}",
                Decimal(each.rows),
                unit,
                None,
                each.cost,
                each.of,
            )
            for each in mine
        ]
        value = total(each.cost for each in mine)
        lines.append(amount(begin, value, f"{PARTS}{begin}", currency))
    if len(sides) != 1:
        value = None
        lines.append(
            amount(MAPPED, None, _SEVERAL if sides else "nothing asked about has an owner")
        )
    money = sides[0][1] if len(sides) == 1 else None
    return Explanation(MAPPED, f"{MAPPED} = {_MAPPED}", value, period, money, tuple(lines))


def _coverage(check: OwnersCheck, name: str, period: Period | None) -> Explanation | None:
    """The share of usage that carries a tag; None where no usage has a tag of the name."""
    key = name.removeprefix(f"{TAGGED}.")
    found = [each for each in check.coverage if each.key == key]
    if not found:
        return None
    formula = f"{name} = EffectiveCost of usage with the tag / EffectiveCost of all usage"
    shown = f"finops costs --by tag:{key}"
    lines: list[Line] = []
    shares = []
    for each in found:
        prefix = f"{each.currency}_" if len(found) > 1 else ""
        share = float(each.tagged / each.usage) if each.usage else None
        shares.append(share)
        source = f"= {prefix}tagged / {prefix}usage" if each.usage else "there is no usage"
        lines += [
            amount(f"{prefix}tagged", each.tagged, shown, each.currency),
            amount(
                f"{prefix}usage", each.usage, "ChargeCategory Usage: finops costs", each.currency
            ),
            count(f"{prefix}{TAGGED}", share, "of usage", source),
        ]
    value = shares[0] if len(found) == 1 else None
    money = found[0].currency if len(found) == 1 else None
    return Explanation(name, formula, value, period, money, tuple(lines))


def _values(each: Unowned) -> dict[str, str | None]:
    return {
        "side": each.side,
        "kind": each.kind,
        "match": each.match,
        "about": each.about,
        "currency": each.currency,
        "team": each.guess.owner.team,
    }


def _line(each: Unowned) -> Line:
    named = f"{each.kind} {each.match}" if each.match is not None else "nothing names it"
    unit = "charges" if each.side == BILL else "requests"
    told = "no team in owners.csv, tags or log"
    if each.guess.owner.team:
        told += f"; perhaps {each.guess.owner.team}: {each.guess.why}"
    return Line(f"{each.side}: {named}", Decimal(each.rows), unit, None, each.cost, told)
