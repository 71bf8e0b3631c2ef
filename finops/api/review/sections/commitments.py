"""Section 5: commitments: how much of them was used, what they cover and save, what ends when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.book_spend import SpendQuestion
from finops.analysis.commitments import commitments
from finops.api.review.contract import SectionKind
from finops.api.review.parts import Months, against_last, narrow
from finops.model.basis import Basis
from finops.report.commitments import commitments_report, coverage_report
from finops.report.document import Figure, Name, Number, Omitted, Section, Table, say
from finops.report.model import Style

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finops.analysis.commitments import Commitments, Coverage
    from finops.api.review.facts import Facts
    from finops.model.period import Period
    from finops.report.document import Sentence

__all__ = ["SECTION"]

_HELD = (
    "commitment", "kind", "owner", "purchased", "used", "unused", "utilization", "net_savings", "ends",
    "days_left",
)  # fmt: skip
_SERVICES = (
    "provider",
    "service",
    "covered",
    "on_demand",
    "unused",
    "list_cost",
    "coverage",
    "savings_rate",
)


def _build(facts: Facts) -> Section | Omitted:
    found = _of(facts, facts.month)
    if not found.held:
        return Omitted(
            SECTION.title, "no charge of the month names a commitment or a capacity reservation"
        )
    months = Months(facts.month, facts.before)
    label = facts.month.label
    held = commitments_report(found, facts.month)
    return Section(
        name="commitments",
        title=SECTION.title,
        sentences=tuple(_sentences(found, facts.currency)),
        figures=tuple(_figures(facts, found, months)),
        tables=(
            Table("held", narrow(held, _HELD), command=f"finops commitments --month {label}"),
            Table(
                "by_service",
                narrow(coverage_report(found, facts.month), _SERVICES),
                command=f"finops commitments --by service --month {label}",
            ),
        ),
        notes=found.notes,
    )


SECTION = SectionKind(50, "commitments", "Commitments", _build)
"""Utilization, coverage, effective savings rate and expiries."""


def _of(facts: Facts, month: Period) -> Commitments:
    question = SpendQuestion((), month, Basis.BILLING, None, facts.currency)
    return commitments(facts.ledger, facts.config, question)


def _whole(found: Commitments, currency: str) -> Coverage | None:
    return next((each for each in found.totals if each.currency == currency), None)


def _figures(facts: Facts, found: Commitments, months: Months) -> Iterator[Figure]:
    whole = _whole(found, facts.currency)
    last = None if months.before is None else _whole(_of(facts, months.before), facts.currency)
    if whole is None:
        return
    why = "some charges have a cost and no list cost"
    for name, title in (("coverage", "Coverage"), ("savings_rate", "Effective savings rate")):
        figure = Figure(name, title, getattr(whole, name), Style.RATIO, why=why)
        before = None if last is None else getattr(last, name)
        yield against_last(figure, before, months, relative=False)
    unused = Figure("unused", "Paid for and not used", whole.unused, unit=facts.currency)
    yield against_last(unused, None if last is None else last.unused, months)


def _sentences(found: Commitments, unit: str) -> Iterator[Sentence]:
    for each in found.held:
        if each.sums.unused > 0 and each.currency == unit:
            used = each.utilization
            share = () if used is None else (", used to ", Number(used, Style.RATIO))
            yield say(
                Name(each.name or each.id), " has ", Number(each.sums.unused, unit=unit),
                " paid for and not used", *share, ".",
            )  # fmt: skip
