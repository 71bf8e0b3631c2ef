"""`finops vendor score|compare`: what vendors say, scored, beside what was measured of them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from finops.cli.options import (
    AllOption,
    FormatOption,
    FromOption,
    LastOption,
    LedgerOption,
    LimitOption,
    MonthOption,
    OutputOption,
    ToOption,
    open_ledger,
    resolve_period,
)
from finops.cli.vendor_ask import CatalogOption, answers_of, asked_of
from finops.cli.vendor_quote import VendorsOption, compared
from finops.errors import InputError, LedgerMissing, UsageError
from finops.report.formats import ReportFormat

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from decimal import Decimal

    from finops.ledger.store import Ledger
    from finops.model.period import Period
    from finops.report.model import Report
    from scorecard.answers import Answers
    from scorecard.cards import Card, Said
    from scorecard.catalog import Catalog
    from scorecard.questionnaire.items import Item
    from scorecard.telemetry import Filters
    from scorecard.vendors import Vendor

__all__ = ["compare", "score"]

NamesArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="VENDOR…", help="Vendors to compare. (default: all)", show_default=False
    ),
]
VendorArgument = Annotated[str, typer.Argument(metavar="VENDOR", help="The vendor to score.")]
WeightOption = Annotated[
    list[str] | None,
    typer.Option(
        "--weight", metavar="CATEGORY=NUMBER", help="Weight of a category, 1 by default. Repeat."
    ),
]
IgnoreOption = Annotated[
    bool,
    typer.Option("--ignore-sovereignty", help="Do not rank a vendor last for failing S1 to S4."),
]
ClaimsOption = Annotated[
    bool, typer.Option("--claims", help="Show every claim beside its measurement instead.")
]
RowsOption = Annotated[
    str | None,
    typer.Option(
        "--rows", metavar="FIELD", help="Show the rows of the ledger behind one claim instead."
    ),
]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="YYYY-MM-DD",
        help="Day to score for. (default: the day after the newest data)",
    ),
]


def score(  # noqa: PLR0913  (one parameter for each option)
    *,
    vendor: VendorArgument,
    claims: ClaimsOption = False,
    rows: RowsOption = None,
    vendors: VendorsOption = Path("vendors"),
    catalog: CatalogOption = None,
    as_of: AsOfOption = None,
    month: MonthOption = None,
    since: FromOption = None,
    until: ToOption = None,
    last: LastOption = None,
    everything: AllOption = False,
    limit: LimitOption = 50,
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Score one vendor from its answers, its documents and our measurements.

    The same points as `finops scorecard run`. Where the ledger knows the vendor (telemetry.yaml in its folder)
    claims are held against what was measured, and those that fail are named with the rows behind.
    """
    from finops.cli.output import emit
    from finops.report.scorecard import score_report
    from finops.report.vendor import contradictions_report, held_notes, measurement_rows

    asked, items = asked_of(catalog)
    when = Choice(month, since, until, last, everything, ledger)
    (card,), notes = _cards(asked, items, _named([vendor], vendors), when, as_of)
    if rows is not None:
        emit(_rows_behind(card, rows, when, limit), format, output)
        return
    if claims:
        emit(contradictions_report([card], notes=notes), format, output)
        return
    report = score_report(card.score, asked, notes=(*held_notes(card), *notes))
    extras = {**report.extras, "measured": measurement_rows(card.measured)}
    emit(replace(report, extras=extras), format, output)


def _rows_behind(card: Card, field: str, when: Choice, limit: int | None) -> Report:
    from finops.ledger.engine import query
    from finops.report.vendor import rows_report

    held = next((one for one in card.held if one.field == field), None)
    if held is None:
        known = ", ".join(one.field for one in card.held) or "none"
        raise UsageError(
            f"--rows {field!r} is no claim held against a measurement", hint=f"those are: {known}"
        )
    sql = f"select * from ({held.rows}) order by 1" + (f" limit {limit}" if limit else "")
    with open_ledger(when.ledger).connect(["requests", "costs", "gpu_samples", "jobs"]) as con:
        names = [str(one[0]) for one in query(con, f"describe {sql}")]
        return rows_report(card, held, names, query(con, sql))


def compare(  # noqa: PLR0913  (one parameter for each option)
    *,
    names: NamesArgument = None,
    weight: WeightOption = None,
    ignore_sovereignty: IgnoreOption = False,
    claims: ClaimsOption = False,
    vendors: VendorsOption = Path("vendors"),
    catalog: CatalogOption = None,
    as_of: AsOfOption = None,
    month: MonthOption = None,
    since: FromOption = None,
    until: ToOption = None,
    last: LastOption = None,
    everything: AllOption = False,
    ledger: LedgerOption = None,
    format: FormatOption = ReportFormat.TABLE,  # noqa: A002  (the option is called --format)
    output: OutputOption = None,
) -> None:
    """Put vendors side by side: levels, what they rest on, and claims our own telemetry contradicts.

    Vendors are ranked by weighted verified points; the notes say which weight would have to move, and how far,
    for another to come first. A vendor that fails a sovereignty requirement comes last.
    """
    from finops.cli.output import emit
    from finops.report.vendor import compare_report, contradictions_report
    from scorecard.cards import rank, turning_weights

    asked, items = asked_of(catalog)
    chosen = _named(names or [], vendors)
    when = Choice(month, since, until, last, everything, ledger)
    cards, notes = _cards(asked, items, chosen, when, as_of)
    if claims:
        emit(contradictions_report(cards, notes=notes), format, output)
        return
    weights = _weights(asked, weight or [])
    sovereign = not ignore_sovereignty
    per_hour, more = _per_hour(chosen)
    report = compare_report(
        asked,
        rank(cards, weights, sovereign=sovereign),
        weights,
        turning_weights(cards, weights, sovereign=sovereign),
        per_hour=per_hour,
        notes=(*notes, *more),
    )
    emit(report, format, output)


class Choice(NamedTuple):
    """The options that choose a period of a ledger, as given."""

    month: str | None
    since: str | None
    until: str | None
    last: str | None
    everything: bool
    ledger: str | None


def _named(names: Sequence[str], root: Path) -> tuple[Vendor, ...]:
    """The vendors named, else all there are; UsageError when there is none, or one is named twice."""
    from scorecard.vendors import all_vendors, find_vendor

    if not names:
        found = tuple(one for one in all_vendors(root) if one.answers.is_file())
        if not found:
            raise UsageError(
                f"no vendor in {root} has answered", hint="finops vendor import NAME FILE.xlsx"
            )
        return found
    vendors = tuple(find_vendor(root, name) for name in names)
    folders = [vendor.folder for vendor in vendors]
    twice = next((one for one in vendors if folders.count(one.folder) > 1), None)
    if twice is not None:
        raise UsageError(f"{twice.name} is named twice")
    return tuple(vendor._replace(name=vendor.folder.name) for vendor in vendors)


def _cards(
    catalog: Catalog,
    items: Sequence[Item],
    vendors: Sequence[Vendor],
    when: Choice,
    as_of: str | None,
) -> tuple[tuple[Card, ...], tuple[str, ...]]:
    """A card for each vendor; measured where the ledger is there and knows it, and a note where not."""
    from scorecard.cards import make_cards
    from scorecard.questionnaire.filled import to_answers
    from scorecard.telemetry import read_filters

    filters = {one.name: read_filters(one.folder / "telemetry.yaml") for one in vendors}
    store: Ledger | None = None
    period: Period | None = None
    notes: tuple[str, ...] = ()
    if any(found is not None and found.tables for found in filters.values()):
        store, period, notes = _period(when)
    said = []
    for vendor in vendors:
        filled = answers_of(vendor, items)
        answers = to_answers(catalog, filled, vendor.folder)
        said.append(_said(vendor.name, answers, filters[vendor.name], store, period))
    return make_cards(catalog, said, period=period, as_of=_day(as_of)), notes


def _said(
    name: str,
    answers: Answers,
    filters: Filters | None,
    store: Ledger | None,
    period: Period | None,
) -> Said:
    from scorecard.cards import Said
    from scorecard.telemetry import measure

    if filters is None or not filters.tables or store is None:
        return Said(name, answers)
    return Said(name, answers, filters, measure(store, filters, period))


def _period(when: Choice) -> tuple[Ledger | None, Period | None, tuple[str, ...]]:
    """The ledger and the period to measure in; without a ledger nothing is measured, and a note says so."""
    try:
        store = open_ledger(when.ledger)
        choice = resolve_period(
            store,
            month=when.month,
            since=when.since,
            until=when.until,
            last=when.last,
            everything=when.everything,
        )
    except LedgerMissing as error:
        if when.ledger is not None:
            raise
        return None, None, (f"Nothing is measured: {error.message}; --ledger names another.",)
    label = "all of the ledger" if choice.period is None else choice.period.label
    return store, choice.period, (f"Measured: {label}.", *choice.notes)


def _day(text: str | None) -> date | None:
    from datetime import date

    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--as-of {text!r} is not a day", hint="--as-of 2026-10-31") from None


def _weights(catalog: Catalog, given: Sequence[str]) -> dict[str, Fraction]:
    """Every category's weight; UsageError for an unknown category, a negative weight, or none above 0."""
    weights = {category.id: Fraction(1) for category in catalog.categories}
    for text in given:
        name, _, value = text.partition("=")
        if name not in weights:
            raise UsageError(
                f"--weight {text!r}: there is no category {name!r}",
                hint=f"one of: {', '.join(weights)}",
            )
        try:
            weights[name] = Fraction(value.strip())
        except (ValueError, ZeroDivisionError):
            raise UsageError(f"--weight {text!r}: {value!r} is no number") from None
        if weights[name] < 0:
            raise UsageError(f"--weight {text!r}: a weight is not negative")
    if not any(weights.values()):
        raise UsageError("no category has a weight above 0")
    return weights


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
        every, _ = compared(list(quoted.values()), [], None, [])
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
