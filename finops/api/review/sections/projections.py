"""Section 9: projections worth a decision: what could be saved, ranked, each with its range and its evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.savings.answer import savings
from finops.api.review.contract import SectionKind
from finops.api.review.parts import narrow
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
from finops.report.savings import savings_report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finops.analysis.savings.answer import Savings
    from finops.api.review.facts import Facts
    from finops.report.document import Sentence

__all__ = ["SECTION"]

_MOST = 12
"""Savings in the table; the others are in the command it names."""

_TOLD = 3
"""Savings with a sentence each."""

_COLUMNS = ("saving", "owner", "low", "high", "certainty", "effort", "counted", "how")


def _build(facts: Facts) -> Section | Omitted:
    found = savings(facts.ledger, facts.settings, facts.month, facts.currency)
    if not found.ranked:
        return Omitted(SECTION.title, "nothing to save was found in the month")
    label = facts.month.label
    report = narrow(
        savings_report(found, limit=_MOST), _COLUMNS, title="What could be saved a month"
    )
    chart = Chart(ChartKind.BARS, "What could be saved a month, at most", "saving", ("high",))
    return Section(
        name="projections",
        title=SECTION.title,
        sentences=tuple(_sentences(found)),
        figures=(
            Figure("least", "At least", found.low, unit=found.currency),
            Figure("most", "At most", found.high, unit=found.currency),
        ),
        tables=(Table("savings", report, chart, f"finops savings --month {label}"),),
        notes=savings_report(found, limit=_MOST).notes,
    )


SECTION = SectionKind(90, "projections", "Projections worth a decision", _build)
"""Cache, batch, model, commitment, idle and failures; no money counted twice into the sum."""


def _sentences(found: Savings) -> Iterator[Sentence]:
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
