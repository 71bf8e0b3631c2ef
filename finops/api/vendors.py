"""Vendors: scored from what they say and what was measured, side by side, their offers, and a page for each option."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from finops.api.answer import Answer
from finops.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from decimal import Decimal
    from pathlib import Path

    from finops.analysis.derived.table import Table
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.period import Period
    from scorecard.answers import Answers
    from scorecard.cards import Card, Ranked, Said  # noqa: F401  (bases of the answers)
    from scorecard.catalog import Catalog
    from scorecard.questionnaire.filled import Filled
    from scorecard.questionnaire.items import Item
    from scorecard.quotes.comparing import Comparison
    from scorecard.quotes.reading import Rate
    from scorecard.sheet import Option, Sheet
    from scorecard.telemetry import Filters
    from scorecard.vendors import Vendor

__all__ = [
    "Compared",
    "Measuring",
    "Quoted",
    "Scored",
    "answers_of",
    "asked_of",
    "compare_vendors",
    "decision_sheet",
    "filters_of",
    "quote_offers",
    "score_vendor",
]


class Measuring(NamedTuple):
    """Where and when vendors are measured; without a ledger nothing is, and `notes` should say why."""

    ledger: Ledger | None = None
    period: Period | None = None
    notes: tuple[str, ...] = ()


NOWHERE = Measuring()
"""Nothing is measured."""


def asked_of(catalog: str | None = None) -> tuple[Catalog, tuple[Item, ...]]:
    """The catalog (a file, else ours), and what a vendor is asked by it."""
    from scorecard.catalog import SubjectKind, load_catalog
    from scorecard.questionnaire.items import items_of

    found = load_catalog(catalog)
    return found, items_of(found, SubjectKind.VENDOR)


def answers_of(vendor: Vendor, items: Sequence[Item]) -> Filled:
    """What a vendor answered; UsageError when it has not."""
    from scorecard.questionnaire.filled import read_filled

    if not vendor.answers.is_file():
        raise UsageError(
            f"{vendor.name} has not answered: there is no {vendor.answers}",
            hint=f"finops vendor import {vendor.folder.name} FILE.xlsx",
        )
    return read_filled(vendor.answers, items)


def filters_of(vendor: Vendor) -> Filters | None:
    """How the ledger knows a vendor; None where its telemetry.yaml has no filter."""
    from scorecard.telemetry import read_filters

    found = read_filters(vendor.folder / "telemetry.yaml")
    return found if found is not None and found.tables else None


# --- scored and compared -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scored(Answer["Card"]):
    """A vendor's card, as the scorecard shows it; `written` is whether it was news to the history.

    It is None where it was not written down, or there is no place for a history.
    """

    where: Measuring = NOWHERE
    written: bool | None = None

    def claims(self) -> Answer[tuple[Card, ...]]:
        """Every claim beside its measurement."""
        return _claims((self.value,), self.where.notes)

    def behind(self, field: str, limit: int | None = None) -> Answer[list[tuple[object, ...]]]:
        """The rows of the ledger behind one claim; UsageError when nothing is held against it."""
        from finops.ledger.engine import query
        from finops.report.vendor import rows_report

        held = next((one for one in self.value.held if one.field == field), None)
        if held is None or self.where.ledger is None:
            known = ", ".join(one.field for one in self.value.held) or "none"
            raise UsageError(
                f"{field!r} is no claim held against a measurement", hint=f"those are: {known}"
            )
        sql = f"select * from ({held.rows}) order by 1" + (f" limit {limit}" if limit else "")
        with self.where.ledger.connect(["requests", "costs", "gpu_samples", "jobs"]) as con:
            names = [str(one[0]) for one in query(con, f"describe {sql}")]
            found = query(con, sql)
        return Answer(found, rows_report(self.value, held, names, found))


@dataclass(frozen=True, slots=True)
class Compared(Answer["tuple[Ranked, ...]"]):
    """Vendors, the first one first."""

    where: Measuring = NOWHERE

    def claims(self) -> Answer[tuple[Card, ...]]:
        """Every claim of every vendor beside its measurement."""
        cards = sorted((one.card for one in self.value), key=lambda card: card.name)
        return _claims(tuple(cards), self.where.notes)


def _claims(cards: tuple[Card, ...], notes: tuple[str, ...]) -> Answer[tuple[Card, ...]]:
    from finops.report.vendor import contradictions_report

    return Answer(cards, contradictions_report(cards, notes=notes))


def score_vendor(
    vendor: Vendor,
    where: Measuring | None = None,
    *,
    catalog: str | None = None,
    as_of: date | None = None,
) -> Scored:
    """The points of one vendor, from its answers, its documents and what was measured of it."""
    from finops.report.scorecard import score_report
    from finops.report.vendor import held_notes, measurement_rows

    where = where or NOWHERE
    asked, items = asked_of(catalog)
    (card,) = _cards(asked, items, [vendor], where, as_of)
    report = score_report(card.score, asked, notes=(*held_notes(card), *where.notes))
    extras = {**report.extras, "measured": measurement_rows(card.measured)}
    return Scored(card, replace(report, extras=extras), where)


def compare_vendors(
    vendors: Sequence[Vendor],
    where: Measuring | None = None,
    *,
    catalog: str | None = None,
    weights: Mapping[str, Fraction] | None = None,
    as_of: date | None = None,
    sovereign: bool = True,
) -> Compared:
    """Vendors side by side, ranked by weighted verified points; a weight not given is 1.

    UsageError for a category there is none of, a negative weight, or none above 0.
    """
    from finops.report.vendor import compare_report
    from scorecard.cards import rank, turning_weights

    where = where or NOWHERE
    asked, items = asked_of(catalog)
    weighed = _weighed(asked, weights or {})
    cards = _cards(asked, items, vendors, where, as_of)
    ranked = rank(cards, weighed, sovereign=sovereign)
    per_hour, more = _per_hour(vendors)
    report = compare_report(
        asked,
        ranked,
        weighed,
        turning_weights(cards, weighed, sovereign=sovereign),
        per_hour=per_hour,
        notes=(*where.notes, *more),
    )
    return Compared(ranked, report, where)


def _weighed(catalog: Catalog, given: Mapping[str, Fraction]) -> dict[str, Fraction]:
    weights = {category.id: Fraction(1) for category in catalog.categories}
    for name, weight in given.items():
        if name not in weights:
            known = ", ".join(weights)
            raise UsageError(f"there is no category {name!r} to weigh", hint=f"one of: {known}")
        if weight < 0:
            raise UsageError(f"{name}={weight}: a weight is not negative")
        weights[name] = weight
    if not any(weights.values()):
        raise UsageError("no category has a weight above 0")
    return weights


def _cards(
    catalog: Catalog,
    items: Sequence[Item],
    vendors: Sequence[Vendor],
    where: Measuring,
    as_of: date | None,
) -> tuple[Card, ...]:
    from scorecard.cards import make_cards
    from scorecard.questionnaire.filled import to_answers
    from scorecard.vendors import subject_of

    said = []
    for vendor in vendors:
        answers = to_answers(catalog, answers_of(vendor, items), vendor.folder)
        said.append(_said(vendor, answers._replace(subject=subject_of(vendor)), where))
    return make_cards(catalog, said, period=where.period, as_of=as_of)


def _said(vendor: Vendor, answers: Answers, where: Measuring) -> Said:
    from scorecard.cards import Said
    from scorecard.telemetry import measure

    filters = filters_of(vendor)
    if filters is None or where.ledger is None:
        return Said(vendor.name, answers)
    return Said(vendor.name, answers, filters, measure(where.ledger, filters, where.period))


def _per_hour(
    vendors: Sequence[Vendor],
) -> tuple[Mapping[str, tuple[Decimal | None, str]], tuple[str, ...]]:
    """The cost of a usable GPU-hour of each vendor's cheapest offer, under one need; a note where it cannot be."""
    from scorecard.quotes.comparing import compare_offers
    from scorecard.quotes.reading import read_offers

    quoted = {one.name: one.quote for one in vendors if one.quote is not None}
    if not quoted:
        return {}, ()
    try:
        every = quote_offers(list(quoted.values())).value
    except InputError as error:
        return {}, (f"Offers are left out: {error.message}; see finops vendor quote.",)
    found = {}
    for name, path in quoted.items():
        quotes = read_offers(path).quotes
        first = compare_offers(quotes, every.need, every.currency, every.rates).offers[0]
        own = first.normal
        found[name] = (
            (own.cost_per_usable_hour, own.quote.currency)
            if first.per_hour is None
            else (first.per_hour, every.currency)
        )
    gpus, hours = every.need.gpus, every.need.hours
    return found, (f"Offers are for {gpus:f} GPUs, {hours:f} h a month: finops vendor quote.",)


# --- offers --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Quoted(Answer["Comparison"]):
    """Offers under one need, the cheapest usable hour first."""

    def table(self) -> Table:
        """How every number of every offer is derived."""
        from scorecard.quotes.derivation import quotes_table

        return quotes_table(self.value)

    def steps(self) -> Answer[Table]:
        """The arithmetic of every offer, line by line: `finops explain vendor.quote` for each of them."""
        from finops.report.explain import explain_rows_report

        table = self.table()
        return Answer(
            table, explain_rows_report(table, "How each offer comes about", self.value.currency)
        )

    def sensitivity_table(self, step: Decimal) -> Table:
        """How every number of `sensitivity` is derived."""
        from scorecard.quotes.comparing import swings
        from scorecard.quotes.derivation import swings_table

        return swings_table(self.value, swings(self.value, step), step)

    def sensitivity(self, step: Decimal) -> Answer[Comparison]:
        """What each number, moved by `step` of itself, does to the cost of a usable hour."""
        from finops.report.quotes import quote_swings_report
        from scorecard.quotes.comparing import flips, swings

        found = self.value
        report = quote_swings_report(found, swings(found, step), flips(found), step)
        return Answer(found, report)


def quote_offers(
    files: Sequence[Path],
    need: Mapping[str, str] | None = None,
    *,
    currency: str | None = None,
    rates: Mapping[str, Decimal] | None = None,
    today: date | None = None,
) -> Quoted:
    """The offers in `files` for one need, in one currency (the first offer's, where none is named).

    `need` and `rates` (what one unit of a currency is worth in the common one) win over what the files say.
    InputError when a file is wrong or the need is not known.
    """
    from finops.report.quotes import quote_report
    from scorecard.quotes.comparing import compare_offers, flips
    from scorecard.quotes.reading import Rate, read_offers, settle_need

    read = [read_offers(path) for path in files]
    quotes = [one for offers in read for one in offers.quotes]
    named = [(str(path), offers.need) for path, offers in zip(files, read, strict=True)]
    settled = settle_need(named, need or {})
    common = currency or quotes[0].currency
    given = [
        Rate(code, common, rate, None, "the command line") for code, rate in (rates or {}).items()
    ]
    said: list[Rate] = [rate for offers in read for rate in offers.rates]
    known = [*given, *(rate for rate in said if rate.source not in (rates or {}))]
    found = compare_offers(quotes, settled, common, known)
    remarks = tuple(str(remark) for offers in read for remark in offers.remarks)
    day = today or datetime.now(tz=UTC).date()
    return Quoted(found, quote_report(found, flips(found), today=day, notes=remarks))


# --- a page for each option ----------------------------------------------------------------------


def decision_sheet(
    ledger: Ledger,
    options: Sequence[Option],
    period: Period | None,
    *,
    config: Config | None = None,
    notes: Sequence[str] = (),
) -> Answer[tuple[Sheet, ...]]:
    """Compute options on one page, by five dimensions; UsageError when there is none."""
    from finops.config import load_config
    from finops.report.sheet import sheet_report
    from scorecard.sheet import sheet_of

    if not options:
        raise UsageError("no generation call is in this period", hint="finops load requests FILE")
    settings = config or load_config()
    found = tuple(sheet_of(ledger, settings, option, period) for option in options)
    return Answer(found, sheet_report(found, period=period, notes=notes))
