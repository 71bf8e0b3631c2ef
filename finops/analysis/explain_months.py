"""Where a number of `finops close --list` comes from: a month's charges as its books count them, by source."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.books import books
from finops.analysis.explain_rows import chosen
from finops.analysis.explanation import Explanation, Line
from finops.ledger.engine import query
from finops.ledger.snapshots import all_closes
from finops.model.money import total

if TYPE_CHECKING:
    from decimal import Decimal

    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.period import Period

__all__ = ["LISTED", "explain_month"]

_TOLD = {
    "BilledCost": "sum of BilledCost over the month's charges as its books count them",
    "EffectiveCost": "sum of EffectiveCost over the month's charges as its books count them",
    "adjustments": "EffectiveCost of rows that change closed months and are booked in this one",
    "reopened": "closes of the month that were taken back",
}

LISTED = tuple(_TOLD)
"""Numbers of a month."""

_COLUMNS = ("source", "adjusts", "currency")


class _Source(NamedTuple):
    """Charges of one source, of the month itself or (`adjusts`) of a closed one."""

    source: str | None
    adjusts: str | None
    currency: str | None
    rows: int
    amount: Decimal


def explain_month(
    ledger: Ledger, config: Config, period: Period, name: str, where: str | None = None
) -> Explanation:
    """`name`, one of LISTED, of one month: of the sources `where` lets through; currencies are not added."""
    formula = f"{name} = {_TOLD[name]}"
    if name == "reopened":
        taken = [e for e in all_closes(ledger.location) if e.month == period.label and e.reopened]
        found = [(each.name, "taken back") for each in taken] or [(name, "no close was taken back")]
        lines = [Line(step, None, None, None, None, why) for step, why in found]
        return Explanation(name, formula, len(taken), period, None, tuple(lines))
    rows = chosen(_sources(ledger, config, period, name), _values, _COLUMNS, where)
    lines = [_line(each) for each in rows]
    currencies = list(dict.fromkeys(each.currency for each in rows))
    value = None
    for currency in currencies:
        value = total(each.amount for each in rows if each.currency == currency)
        lines.append(Line(name, None, currency, None, value, "sum of the lines above"))
    if len(currencies) != 1:
        value = None
        told = "nothing is charged" if not rows else "currencies are not added: choose with --where"
        lines.append(Line(name, None, None, None, None, told))
    money = currencies[0] if len(currencies) == 1 else None
    return Explanation(name, formula, value, period, money, tuple(lines))


def _sources(ledger: Ledger, config: Config, period: Period, name: str) -> list[_Source]:
    (part,) = books(ledger, config, period)
    column = "BilledCost" if name == "BilledCost" else "EffectiveCost"
    only = "and x_AdjustsMonth is not null" if name == "adjustments" else ""
    with part.ledger.connect(["costs"]) as con:
        rows = query(
            con,
            f"select x_SourceId, x_AdjustsMonth, BillingCurrency, count(*), sum({column}) from costs "
            f"where x_BillingMonth = '{period.label}' {only} group by all order by all",
        )
    return [_Source(*row) for row in rows]


def _values(each: _Source) -> dict[str, str | None]:
    return {"source": each.source, "adjusts": each.adjusts, "currency": each.currency}


def _line(each: _Source) -> Line:
    told = f"{each.rows:,} charges"
    told += f" that change {each.adjusts}" if each.adjusts else " of the month"
    return Line(str(each.source), None, each.currency, None, each.amount, told)
