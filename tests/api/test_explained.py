"""Every number of every report is explained: derived line by line, or in words with the command that shows it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from finops.analysis.economics import Question
from finops.analysis.explain import explain
from finops.analysis.explain_told import SHOWN_AS, TOLD
from finops.model.period import parse_month
from finops.report.numbers import NUMBER_STYLES
from tests.api.test_commands import QUESTIONS, Asked, World, folder, scored, world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finops.report.model import Report

__all__ = ["folder", "scored", "world"]

OCTOBER = parse_month("2026-10")


def numbers(report: Report) -> Iterator[str]:
    """What `finops explain` knows the numeric columns of `report` by."""
    columns = [column.name for column in report.columns if column.style in NUMBER_STYLES]
    if columns:
        schema = report.schema.partition("/")[0]
        assert schema in SHOWN_AS, f"{schema} has no place in finops/analysis/explain_told.py"
        shown = SHOWN_AS[schema]
        yield from (f"{shown}.{name}" for name in columns)


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    """One report of each shape, as the questions are asked."""
    return {}


@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda asked: asked.command)
def test_every_number_of_a_report_is_explained(
    scored: World, reports: dict[str, Report], asked: Asked
) -> None:
    """A report whose schema has no place in SHOWN_AS, or a column without an explanation, fails here."""
    report = getattr(asked.ask(scored.session), "report", None)
    if report is None:
        return
    for number in numbers(report):
        if number in reports:
            continue
        reports[number] = report
        name = {"unit.components": "unit.components.retried", "unit.work": "unit.work_units"}
        session = scored.session
        question = Question(OCTOBER)
        found = explain(session.ledger, session.config, question, name.get(number, number))
        assert found.formula
        assert found.lines, number
        assert found.value is not None or all(line.source for line in found.lines), number


def test_words_are_for_numbers_that_nothing_derives(scored: World) -> None:
    """A command in words is no stub: each names the command that shows the parts, and no number is left blank."""
    for shown, told in TOLD.items():
        assert shown in SHOWN_AS.values(), shown
        assert told.see.startswith("finops "), shown
        assert all(len(text) > 8 for text in told.numbers.values()), shown


def test_a_month_of_the_books_by_source(scored: World) -> None:
    session = scored.session
    (row,) = [row for row in session.close.list().rows if row["month"] == "2026-10"]
    assert row["EffectiveCost"] == Decimal("37.25")
    for name in ("BilledCost", "EffectiveCost"):
        found = session.explain(f"close.list.{name}", month="2026-10").value
        assert (found.value, found.currency) == (row[name], "USD")
        assert [line.step for line in found.lines] == ["bill", name]
    assert session.explain("close.list.reopened", month="2026-10").value.value == 0
