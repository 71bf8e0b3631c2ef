"""Section 9: projections worth a decision: savings, own or rent, a small model first, each with its range."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.decisions import Decision
from finops.analysis.savings.answer import savings
from finops.api.review.contract import SectionKind
from finops.api.review.own_or_rent import own_or_rent_rows
from finops.api.review.parts import narrow
from finops.api.review.small_first import small_first_rows
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
from finops.report.projections import own_or_rent_report, small_first_report
from finops.report.savings import savings_report

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from finops.analysis.savings.answer import Savings
    from finops.api.review.facts import Facts
    from finops.report.document import Sentence
    from finops.report.projections import OwnOrRent, SmallFirst

__all__ = ["SECTION"]

_MOST = 12
"""Savings in the table; the others are in the command it names."""

_TOLD = 3
"""Savings with a sentence each."""

_COLUMNS = ("saving", "owner", "low", "high", "certainty", "effort", "counted", "how")

_NO_DEMAND = (
    "Own or rent: no demand of a GPU pool is measured; finops load gpu, then finops breakeven."
)
_NO_CONFIDENCE = (
    "A small model first: no confidence is logged and no [[route]] names a pair; load requests with one, "
    "then finops route."
)


def _build(facts: Facts) -> Section | Omitted:
    found = savings(facts.ledger, facts.settings, facts.month, facts.currency)
    pools, pairs = own_or_rent_rows(facts), small_first_rows(facts)
    missing = (*(() if pools else (_NO_DEMAND,)), *(() if pairs else (_NO_CONFIDENCE,)))
    if not found.ranked and not pools and not pairs:
        return Omitted(
            SECTION.title, " ".join(("nothing to save was found in the month.", *missing))
        )
    tables: list[Table] = []
    if found.ranked:
        tables.append(_savings_table(found, facts))
    if pools:
        report = own_or_rent_report(pools, facts.month, facts.currency)
        tables.append(Table("own_or_rent", report, command=_commands(pools)))
    if pairs:
        report = small_first_report(pairs, facts.month, facts.currency)
        tables.append(Table("small_first", report, command=_commands(pairs)))
    notes = savings_report(found, limit=_MOST).notes if found.ranked else ()
    unit = facts.currency
    return Section(
        name="projections",
        title=SECTION.title,
        sentences=(*_of_savings(found), *_of_pools(pools, unit), *_of_pairs(pairs, unit)),
        figures=_figures(found),
        tables=tuple(tables),
        notes=(
            *notes,
            *((_ON_NPV,) if pools else ()),
            *((_ON_INTERVALS,) if pairs else ()),
            *missing,
        ),
    )


SECTION = SectionKind(90, "projections", "Projections worth a decision", _build)
"""Cache, batch, model, commitment, idle and failures; owning and renting; small models. No money counted twice."""

_ON_NPV = (
    "NPV is that of owning instead of renting, over the horizon of its inputs; its range is four draws in five, "
    "demand drawn from the days measured. What owned hardware was bought for is gone either way: the NPV is that "
    "of one more like it."
)
_ON_INTERVALS = (
    "Saving and quality of a small model are of judged answers that no threshold was chosen on, with their 95 % "
    "interval. What is worth a decision is so over the whole of its range."
)


def _commands(rows: Iterable[OwnOrRent | SmallFirst]) -> str:
    """The command of every row, as a shell runs them in turn."""
    return "; ".join(row.command for row in rows)


def _savings_table(found: Savings, facts: Facts) -> Table:
    title = "What could be saved a month"
    report = narrow(savings_report(found, limit=_MOST), _COLUMNS, title=title)
    chart = Chart(ChartKind.BARS, "What could be saved a month, at most", "saving", ("high",))
    return Table("savings", report, chart, f"finops savings --month {facts.month.label}")


def _figures(found: Savings) -> tuple[Figure, ...]:
    if not found.ranked:
        return ()
    return (
        Figure("least", "At least", found.low, unit=found.currency),
        Figure("most", "At most", found.high, unit=found.currency),
    )


def _of_savings(found: Savings) -> Iterator[Sentence]:
    if not found.ranked:
        return
    unit = found.currency
    yield say(
        "Together they would bring ", Number(found.low, unit=unit), " to ", Number(found.high, unit=unit),
        " a month, no money counted twice.",
    )  # fmt: skip
    for each in [one for one in found.ranked if one.counted][:_TOLD]:
        one = each.saving
        owner = () if one.owner is None else (" Owner: ", Name(one.owner), ".")
        amount: tuple[str | Number, ...] = (Number(one.high, unit=unit),)
        if one.low != one.high:
            amount = (Number(one.low, unit=unit), " to ", *amount)
        yield say(Name(one.key), ": ", *amount, f", {one.certainty}.", *owner)


_ON_OWNING = {
    Decision.DECIDE: "is worth a decision",
    Decision.KEEP: "is to stay as it is",
    Decision.UNSURE: "cannot be told by the month",
}


def _of_pools(rows: tuple[OwnOrRent, ...], unit: str) -> Iterator[Sentence]:
    """A sentence for each pool that was answered with its range."""
    for row in rows:
        if row.decision is None or row.npv_low is None or row.npv_high is None:
            continue
        low, high = Number(row.npv_low, unit=unit), Number(row.npv_high, unit=unit)
        yield say(
            "Own or rent, ", Name(row.pool), f" ({row.stands}): owning instead of renting has an NPV of ",
            low, " to ", high, f", so it {_ON_OWNING[Decision(row.decision)]}.",
        )  # fmt: skip


_ON_ROUTING = {
    Decision.DECIDE: "is worth a decision",
    Decision.KEEP: "does not pay",
    Decision.UNSURE: "cannot be told by the answers judged",
}


def _of_pairs(rows: tuple[SmallFirst, ...], unit: str) -> Iterator[Sentence]:
    """A sentence for each pair of which a threshold could be chosen."""
    for row in rows:
        if row.decision is None or row.saving_low is None or row.saving_high is None:
            continue
        where = () if row.workflow is None else (" in ", Name(row.workflow))
        yield say(
            Name(row.small), " before ", Name(str(row.large)), *where, ": ",
            Number(row.saving_low, unit=unit), " to ", Number(row.saving_high, unit=unit),
            f" a month; it {_ON_ROUTING[Decision(row.decision)]}.",
        )  # fmt: skip
