"""Section 3: whose cost it is, by team and product, and what nobody answers for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.api.review.contract import SectionKind
from finops.api.review.parts import Compared, Months, against_last, compared, moved
from finops.errors import UsageError
from finops.model.money import ZERO
from finops.report.document import (
    Chart,
    ChartKind,
    Figure,
    Name,
    Number,
    Omitted,
    Section,
    Table,
    say,
)
from finops.report.model import Style
from finops.report.numbers import size

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from finops.api.review.facts import Facts
    from finops.report.document import Sentence

__all__ = ["SECTION"]

_OWNERS = ("team", "product", "cost_centre")

_MOST = 3
"""Movers named in a sentence each."""


def _build(facts: Facts) -> Section | Omitted:
    months = Months(facts.month, facts.before)
    found = {name: split for name in _OWNERS if (split := _by(facts, name, months)) is not None}
    if not found:
        return Omitted(
            SECTION.title,
            "nothing says which team a cost is of: finops owners check proposes rows of owners.csv",
        )
    by_team = found.get("team")
    return Section(
        name="allocation",
        title=SECTION.title,
        sentences=tuple(_sentences(by_team, facts.currency)) if by_team else (),
        figures=tuple(_unowned(name, split, facts.currency) for name, split in found.items()),
        tables=tuple(_table(name, split, facts) for name, split in found.items()),
    )


SECTION = SectionKind(30, "allocation", "Allocation", _build)
"""Effective cost by owner; rows without one are `(none)`."""


def _by(facts: Facts, owner: str, months: Months) -> Compared | None:
    """Effective cost by `owner` in both months; None where nothing names any."""
    try:
        now = _named(facts.effective(owner))
        before = _named(facts.effective(owner, period=months.before)) if months.before else {}
    except UsageError:
        return None
    if set(now) | set(before) <= {None}:
        return None
    return compared(now, before, months)


def _named(found: dict[tuple[object, ...], Decimal]) -> dict[str | None, Decimal]:
    return {None if key is None else str(key): cost for (key,), cost in found.items()}


def _table(owner: str, split: Compared, facts: Facts) -> Table:
    heading = owner.replace("_", " ").capitalize()
    title = f"Effective cost by {heading.lower()}"
    chart = Chart(ChartKind.BARS, title, owner, ("cost",)) if owner == "team" else None
    report = split.report(title, (owner, heading), facts.currency, schema="finops.costs/1")
    command = f"finops costs --by {owner} --month {facts.month.label}"
    return Table(f"by_{owner}", report, chart, command, detail=owner == "cost_centre")


def _unowned(owner: str, split: Compared, unit: str) -> Figure:
    """What of the month's cost has no such owner."""
    line = split.line(None)
    cost, before = (ZERO, ZERO) if line is None else (line.cost, line.before)
    title = f"Without a {owner.replace('_', ' ')}"
    return against_last(Figure(f"without_{owner}", title, cost, unit=unit), before, split.months)


def _sentences(split: Compared, unit: str) -> Iterator[Sentence]:
    line = split.line(None)
    if line is None or not line.cost:
        yield say("Every dollar of the month has a team.")
    elif line.share is not None:
        yield say(
            Number(line.cost, unit=unit), ", ", Number(line.share, Style.RATIO),
            " of effective cost, has no team.",
        )  # fmt: skip
    movers = [each for each in split.lines if each.name is not None and each.difference]
    movers.sort(key=lambda each: -size(each.difference or ZERO))
    for each in movers[:_MOST]:
        yield moved((Name(str(each.name)), " took "), each, split.months, unit)
