"""How the numbers of `finops savings` and `finops quality` are made, from the lines each finding carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.derived.arithmetic import (
    Derived,
    amount,
    count,
    derived,
    missing,
    summed,
)
from finops.analysis.derived.table import Row, Table

if TYPE_CHECKING:
    from finops.analysis.explanation import Line
    from finops.analysis.quality.answer import Quality
    from finops.analysis.quality.finding import Finding
    from finops.analysis.savings.answer import Savings
    from finops.analysis.savings.saving import Ranked, Saving

__all__ = ["quality_table", "savings_table"]


def savings_table(found: Savings) -> Table:
    """A row for each saving, and what all of them come to, no money counted twice."""
    whole = Row(
        {"saving": None},
        {
            "low": lambda: _all(found.ranked, "low", found.currency),
            "high": lambda: _all(found.ranked, "high", found.currency),
        },
        found.currency,
    )
    rows = tuple(_saving(each.saving, found.currency) for each in found.ranked)
    return Table(rows, whole, found.period)


def _saving(one: Saving, money: str) -> Row:
    names = {
        "saving": one.key,
        "lever": str(one.lever),
        "subject": one.subject,
        "owner": one.owner,
        "certainty": str(one.certainty),
    }
    numbers = {
        "low": lambda: derived(one.low, _least(one), *_lines(one.low_how, money)),
        "high": lambda: derived(one.high, one.how, *_lines(one.high_how, money)),
    }
    return Row(names, numbers, money)


def _least(one: Saving) -> str:
    return f"what is sure of: {one.how}"


def _lines(lines: tuple[Line, ...], money: str) -> list[Line]:
    return [line if line.amount is None else line._replace(unit=money) for line in lines]


def _all(ranked: tuple[Ranked, ...], name: str, money: str) -> Derived:
    lines = [
        amount(each.saving.key, getattr(each.saving, name), each.saving.command, money)
        for each in ranked
        if each.counted
    ]
    told = f"sum of {name} of the rows in the sum: of several about the same money, the largest"
    return summed(name, told, lines, money, of="savings")


def quality_table(found: Quality) -> Table:
    """A row for each finding."""
    return Table(tuple(_finding(each, found) for each in found.findings), None, found.period)


def _finding(each: Finding, found: Quality) -> Row:
    names = {
        "check": str(each.check),
        "subject": each.subject,
        "status": "ok" if each.is_ok else "look",
    }
    return Row(
        names,
        {"at_stake": lambda: _stake(each, found), "share": lambda: _share(each, found)},
        found.currency,
    )


def _stake(each: Finding, found: Quality) -> Derived:
    if each.at_stake is None:
        return missing("at_stake", each.what, each.why or "nobody can say what hangs on it")
    lines = each.how or (amount("at_stake", each.at_stake, each.source or each.what),)
    return derived(each.at_stake, each.what, *_lines(lines, found.currency))


def _share(each: Finding, found: Quality) -> Derived:
    told = "at_stake / EffectiveCost of the period"
    charged = amount(
        "EffectiveCost", found.charged, "every charge of the period: finops unit", found.currency
    )
    if each.at_stake is None:
        return missing("share", told, each.why or "nobody can say what hangs on it", charged)
    stake = amount("at_stake", each.at_stake, "as explained of at_stake", found.currency)
    if found.charged <= 0:
        return missing("share", told, "nothing was charged", stake, charged)
    share = float(each.at_stake / found.charged)
    last = count("share", share, "of all", "= at_stake / EffectiveCost")
    return derived(share, told, stake, charged, last)
