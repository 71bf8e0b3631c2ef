"""Section 8: the scorecard of the company, claimed beside verified, and how it moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.api.review.contract import SectionKind
from finops.api.review.parts import narrow
from finops.report.document import (
    Against,
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
from finops.report.scorecard import score_report
from finops.report.scorecard_time import history_report
from scorecard import FOLDER
from scorecard.answers import parse_subject
from scorecard.catalog import load_catalog
from scorecard.history import history_file, read_history
from scorecard.scoring import as_points

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finops.api.review.facts import Facts
    from finops.report.document import Sentence
    from scorecard.history import Record

__all__ = ["SECTION"]

_SUBJECT = "self"

_UNIT = "points"


def _build(facts: Facts) -> Section | Omitted:
    folder = facts.ledger.location.root / FOLDER
    records = [
        each
        for each in read_history(history_file(folder, parse_subject(_SUBJECT)))
        if each.score.as_of <= facts.month.end and facts.knows(each.recorded)
    ]
    if not records:
        why = f"no score of {facts.month.label} is written down: finops scorecard run --as-of {facts.month.end}"
        return Omitted(SECTION.title, why)
    catalog = load_catalog(facts.settings.scorecard.catalog)
    categories = narrow(
        score_report(records[-1].score, catalog),
        ("category", "claimed", "verified", "known", "asked", "why"),
    )
    tables = [Table("categories", categories, command="finops scorecard show")]
    if len(records) > 1:
        names = ("as_of", "verified", "claimed", "coverage", "risk")
        tables.append(
            Table(
                "history",
                narrow(history_report(records), names, title="Scores so far"),
                Chart(ChartKind.LINE, "Points over time", "as_of", ("verified", "claimed")),
                "finops scorecard history",
            )
        )
    return Section(
        name="scorecard",
        title=SECTION.title,
        sentences=tuple(_sentences(records)),
        figures=tuple(_figures(records)),
        tables=tuple(tables),
    )


SECTION = SectionKind(80, "scorecard", "Scorecard", _build)
"""The newest score about the month or before, from the history: nothing is measured here."""


def _figures(records: list[Record]) -> Iterator[Figure]:
    now = records[-1].score
    last = records[-2].score if len(records) > 1 else None
    for name, title in (("verified", "Verified"), ("claimed", "Claimed")):
        points = as_points(getattr(now, name))
        against = (
            ()
            if last is None
            else (Against("before", last.as_of.isoformat(), as_points(getattr(last, name))),)
        )
        yield Figure(name, title, points, Style.NUMBER, _UNIT, against)
    yield Figure("most", "Possible", now.max, Style.COUNT, _UNIT)


def _sentences(records: list[Record]) -> Iterator[Sentence]:
    now = records[-1].score
    yield say(
        Number(as_points(now.verified), Style.NUMBER), " of ", Number(now.max, Style.COUNT),
        " points are verified, ", Number(as_points(now.claimed), Style.NUMBER), " are claimed.",
    )  # fmt: skip
    if now.weakest:
        names = ", ".join(each.replace("_", " ") for each in now.weakest)
        yield say("Weakest: ", Name(names), ".")
