"""Section 11: whether the numbers can be relied on: findings, invoices to the digit, accruals, corrections, sources."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from finops.analysis.accruals import from_manifest
from finops.analysis.adjustments import adjustments
from finops.analysis.completeness import completeness
from finops.analysis.invoices import invoices
from finops.analysis.quality.answer import quality_of
from finops.analysis.quality.finding import Check
from finops.api.review.contract import SectionKind
from finops.api.review.parts import narrow
from finops.ledger.snapshots import closed_months
from finops.model.money import ZERO, total
from finops.report.close import (
    accruals_report,
    adjustments_report,
    check_report,
    invoices_report,
    kept_report,
)
from finops.report.document import Figure, Name, Number, Section, Table, say
from finops.report.model import Report, ReportColumn, Style
from finops.report.quality import quality_report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finops.analysis.invoices import Invoices
    from finops.analysis.quality.answer import Quality
    from finops.api.review.facts import Facts
    from finops.report.document import Sentence

__all__ = ["SECTION"]

_LINES = {
    None: "Charges as invoiced",
    "prior_period": "Prior-period adjustments",
    "accrual": "Accruals and their reversal",
    "fx": "Exchange of currencies",
}

_TOLD = 3
"""Findings with a sentence each."""

_FINDINGS = ("check", "status", "subject", "at_stake", "what", "fix")

_OF_SOURCES = frozenset({Check.DELIVERY, Check.DAYS, Check.STORED})
"""Checks of what was loaded, which a close does not keep."""


def _build(facts: Facts) -> Section:
    found = invoices(facts.books, facts.asked)
    trusted = _quality(facts)
    label = facts.month.label
    tied = invoices_report(found.invoices, facts.month, found.currency)
    tables = [
        Table("findings", _findings(facts, trusted), command=f"finops quality --month {label}"),
        Table(
            "invoices", _named(tied, "Every invoice and where its money went"),
            command=f"finops close {label} --check --show invoices",
        ),
        Table("lines", _lines(facts), command=f"finops costs --by x_Line --month {label}"),
        *_accruals(facts),
        *_adjustments(facts),
        *_unpriced(facts),
        Table(
            "sources" if facts.books.closed is None else "kept", _sources(facts),
            command=f"finops close {label} --check",
        ),
    ]  # fmt: skip
    return Section(
        name="tie_out",
        title=SECTION.title,
        sentences=(*_sentences(found), *_at_stake(trusted)),
        figures=tuple(_figures(facts, found)),
        tables=tuple(tables),
    )


SECTION = SectionKind(110, "tie_out", "Data quality and tie-out", _build)
"""What the numbers rest on."""


def _quality(facts: Facts) -> Quality:
    """Every check of the month; of a closed one whose ledger was vacuumed away, those its books answer."""
    found = quality_of(facts.ledger, facts.config, facts.unit(), facts.known_on)
    if not _is_of_the_books(facts):
        return found
    return found._replace(
        findings=tuple(each for each in found.findings if each.check not in _OF_SOURCES)
    )


def _is_of_the_books(facts: Facts) -> bool:
    """Whether only what the close kept still stands as it was then."""
    return facts.books.closed is not None and facts.ledger.location.versions is None


def _findings(facts: Facts, found: Quality) -> Report:
    """What most dollars hang on first, and what settles it."""
    report = quality_report(found)
    told = report.notes
    if _is_of_the_books(facts):
        told = (*told, "What was loaded is not checked: the ledger as it was at the close is gone.")
    title = "Findings, and what settles each"
    return replace(narrow(report, _FINDINGS, title=title), notes=told)


def _at_stake(found: Quality) -> Iterator[Sentence]:
    """What most dollars hang on."""
    if found.is_clean:
        yield say("Every check of the data is in order.")
    known = [each for each in found.findings if not each.is_ok and each.at_stake]
    for each in known[:_TOLD]:
        amount = Number(each.at_stake or ZERO, unit=found.currency)
        about = " at stake, by estimate" if each.is_estimate else " at stake"
        settles = () if each.fix is None else ("; what settles it: ", Name(each.fix))
        yield say(
            Name(str(each.check)), " (", Name(each.subject), "): ", amount, about, *settles, "."
        )


def _named(report: Report, title: str) -> Report:
    return replace(report, title=title, notes=())


def _figures(facts: Facts, found: Invoices) -> Iterator[Figure]:
    unit = facts.currency
    billed = total(each.billed for each in found.invoices)
    difference = total(each.difference for each in found.invoices)
    yield Figure("invoiced", "Invoiced", billed, unit=unit)
    yield Figure("difference", "Not accounted for", difference, unit=unit)
    books = facts.unit().reconciliation
    for name, title in (("unlogged", "Unlogged"), ("unmapped", "Unmapped")):
        yield Figure(name, title, books.unallocated.get(name, ZERO), unit=unit)


def _sentences(found: Invoices) -> Iterator[Sentence]:
    count = len(found.invoices)
    wrong = [each for each in found.invoices if each.difference]
    if count and not wrong:
        yield say(
            "Each of the ", Number(count, Style.COUNT),
            " invoices is accounted for to the last digit: its parts add up to its effective cost.",
        )  # fmt: skip
    for each in wrong:
        yield say(
            "Of invoice ", Name(str(each.invoice)), " ", Number(each.difference, unit=found.currency),
            " is not accounted for.",
        )  # fmt: skip


def _lines(facts: Facts) -> Report:
    """Effective and billed cost by what finops booked besides charges: each line by itself."""
    found = facts.amounts("x_Line")
    names: list[object] = [key for (key,) in found]
    order = [name for name in _LINES if name in names]
    order += [name for name in names if name not in _LINES]  # type: ignore[misc]  # lines of the ledger are text
    amounts = [(name, found[name,]) for name in order]
    billed = [each.BilledCost for _, each in amounts if each.BilledCost is not None]
    effective = [each.EffectiveCost for _, each in amounts if each.EffectiveCost is not None]
    return Report(
        schema="finops.costs/1",
        title="Charges, adjustments and accruals, each on its own line",
        columns=(
            ReportColumn("line", "Line"),
            ReportColumn("BilledCost", "Billed", Style.MONEY),
            ReportColumn("EffectiveCost", "Effective", Style.MONEY),
        ),
        rows=tuple(
            {
                "line": _LINES.get(name, str(name)),
                "BilledCost": each.BilledCost,
                "EffectiveCost": each.EffectiveCost,
            }
            for name, each in amounts
        ),
        currency=facts.currency,
        totals={"line": None, "BilledCost": total(billed), "EffectiveCost": total(effective)},
    )


def _accruals(facts: Facts) -> Iterator[Table]:
    """What the close booked as used and not invoiced."""
    if facts.books.closed is None:
        return
    booked = from_manifest(facts.books.closed.manifest["accruals"])
    if booked:
        report = accruals_report(booked, facts.month)
        yield Table(
            "accruals",
            _named(report, "Accrued: used and not invoiced yet"),
            command=f"finops close {facts.month.label} --check --accruals",
        )


def _adjustments(facts: Facts) -> Iterator[Table]:
    """What this month carries of earlier ones, and accruals it takes back."""
    found = adjustments(facts.ledger, facts.config, closed_months(facts.ledger.location))
    mine = [each for each in found if each.booked_in == facts.month.label]
    if mine:
        yield Table(
            "adjustments",
            _named(adjustments_report(mine), "Prior-period adjustments and reversals booked here"),
            command=f"finops close {facts.month.label} --check --show adjustments",
        )


def _unpriced(facts: Facts) -> Iterator[Table]:
    """Models no price is known of."""
    log = facts.unit().allocation
    found = {**log.log.unpriced, **log.without_cost}
    if not found:
        return
    yield Table(
        "unpriced",
        Report(
            schema="finops.review.unpriced/1",
            title="Tokens without a price",
            columns=(
                ReportColumn("provider", "Provider"),
                ReportColumn("model", "Model"),
                ReportColumn("tokens", "Tokens", Style.COUNT),
                ReportColumn("why", "Why", prose=True),
            ),
            rows=tuple(
                {"provider": provider, "model": model, "tokens": tokens, "why": why}
                for (provider, model, why), tokens in sorted(found.items())
            ),
        ),
        command=f"finops unit --by model --month {facts.month.label} --format json",
    )


def _sources(facts: Facts) -> Report:
    """Every source that should have delivered, how far it has, what is missing; of a closed month what is kept."""
    closed = facts.books.closed
    if closed is not None:
        kept = narrow(
            kept_report(closed, facts.month, ()), ("table", "files", "rows", "bytes"),
            title="What the close keeps",
        )  # fmt: skip
        told = tuple(f"Closed although {each}." for each in closed.manifest["obstacles"])
        return replace(kept, notes=told)
    found = completeness(facts.ledger, facts.config, facts.month, facts.known_on)
    names = ("source", "table", "rows", "through", "final_on", "missing")
    return narrow(
        check_report(found, facts.known_on), names, title="Sources and how far they reach"
    )
