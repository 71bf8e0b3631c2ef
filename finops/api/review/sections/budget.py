"""Section 7: how budgets stand, and what coming months will cost, with a range."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.budgets.standing import Stands, standing
from finops.api.review.contract import SectionKind
from finops.api.review.parts import narrow
from finops.report.budgets import budgets_report
from finops.report.document import (
    Chart,
    ChartKind,
    Name,
    Number,
    Omitted,
    Section,
    Table,
    say,
)
from finops.report.model import Report, ReportColumn, Style

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finops.analysis.budgets.standing import Standing
    from finops.api.review.facts import Facts, Outlook
    from finops.report.document import Sentence
    from finops.report.model import Row

__all__ = ["SECTION"]

_SHOWN = (
    "budget",
    "owner",
    "stretch",
    "amount",
    "actual",
    "share",
    "forecast",
    "low",
    "high",
    "stands",
)

_FORECAST = (
    "A range is meant to hold four times in five; credits, corrections and charges of closed months are "
    "not foreseen."
)


def _build(facts: Facts) -> Section | Omitted:
    found, notes = standing(facts.ledger, facts.settings, facts.month)
    outlook = facts.outlook
    foreseen = [each for each in outlook if each.is_ahead and each.expected.forecast is not None]
    if not found and not foreseen:
        why = next((each.expected.why for each in outlook if each.expected.why), None)
        return Omitted(
            SECTION.title,
            f"no budget holds ([[budgets]] in finops.toml), and nothing can be foreseen: {why or 'no costs'}",
        )
    label = facts.month.label
    tables = []
    if found:
        report = narrow(budgets_report(found, facts.month), _SHOWN)
        tables.append(Table("budgets", report, command=f"finops budget --month {label}"))
    if foreseen:
        chart = Chart(
            ChartKind.LINE, "Effective cost by month, and what is foreseen", "month", ("cost", "forecast"),
            low="low", high="high",
        )  # fmt: skip
        command = f"finops forecast --as-of {facts.month.end}"
        tables.append(Table("outlook", _outlook(outlook, facts.currency), chart, command))
    return Section(
        name="budget",
        title=SECTION.title,
        sentences=(*_budget_sentences(found), *_outlook_sentences(foreseen, facts.currency)),
        tables=tuple(tables),
        notes=(*notes, *((_FORECAST,) if foreseen else ())),
    )


SECTION = SectionKind(70, "budget", "Budgets and forecast", _build)
"""Every budget that holds in the month, and the months after it."""


def _outlook(outlook: tuple[Outlook, ...], currency: str) -> Report:
    """Months past and ahead on one scale; where the one ends the other begins."""
    return Report(
        schema="finops.review.outlook/1",
        title="Months past and ahead",
        columns=(
            ReportColumn("month", "Month"),
            ReportColumn("cost", "Effective cost", Style.MONEY),
            ReportColumn("forecast", "Forecast", Style.MONEY),
            ReportColumn("low", "From", Style.MONEY),
            ReportColumn("high", "To", Style.MONEY),
        ),
        rows=tuple(_month(each) for each in outlook),
        currency=currency,
    )


def _month(each: Outlook) -> Row:
    found = each.expected
    if not each.is_ahead:
        return {
            "month": each.month.label,
            "cost": found.actual,
            **dict.fromkeys(("forecast", "low", "high")),
        }
    return {
        "month": each.month.label,
        "cost": None,
        "forecast": found.forecast,
        "low": found.low,
        "high": found.high,
    }


def _budget_sentences(found: tuple[Standing, ...]) -> Iterator[Sentence]:
    """The budgets that are overspent, or will be."""
    for each in found:
        spent = Number(each.expected.actual, unit=each.currency)
        amount = Number(each.budget.amount, unit=each.currency)
        owner = () if each.budget.owner is None else (" Owner: ", Name(each.budget.owner), ".")
        name = (Name(f"{each.budget.name} ({each.stretch.label})"),)
        if each.stands is Stands.OVER:
            yield say(*name, " is over its budget: ", spent, " of ", amount, ".", *owner)
        elif each.stands is Stands.LIKELY_OVER and each.expected.forecast is not None:
            coming = Number(each.expected.forecast, unit=each.currency)
            yield say(
                *name,
                " will likely be over its budget of ",
                amount,
                ": ",
                coming,
                " is foreseen.",
                *owner,
            )
    within = [each for each in found if each.stands is Stands.WITHIN]
    if found and len(within) == len(found):
        yield say("Every budget is kept.")


def _outlook_sentences(foreseen: list[Outlook], unit: str) -> Iterator[Sentence]:
    for each in foreseen[:1]:
        found = each.expected
        if found.forecast is None or found.low is None or found.high is None:
            continue
        yield say(
            "For ", Name(each.month.label), " ", Number(found.forecast, unit=unit),
            " is foreseen, between ", Number(found.low, unit=unit), " and ", Number(found.high, unit=unit), ".",
        )  # fmt: skip
