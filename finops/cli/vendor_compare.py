"""`finops vendor score|compare`: what vendors say, scored, beside what was measured of them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from finops.cli import scorecard_options as its
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
from finops.cli.vendor_ask import CatalogOption  # noqa: TC001  (Typer reads it)
from finops.cli.vendor_quote import VendorsOption  # noqa: TC001
from finops.errors import LedgerMissing, UsageError
from finops.report.formats import ReportFormat

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from finops.api.vendors import Measuring
    from scorecard.scoring import Score
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
    store: its.StoreOption = None,
    no_history: its.NoHistoryOption = False,
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
    claims are held against what was measured, and those that fail are named with the rows behind. The score is
    written down: finops scorecard history and diff --subject vendor:NAME show how it moved.
    """
    from finops.api.vendors import score_vendor
    from finops.cli.output import emit

    chosen = _named([vendor], vendors)
    when = Choice(month, since, until, last, everything, ledger)
    found = score_vendor(chosen[0], _where(chosen, when), catalog=catalog, as_of=_day(as_of))
    if rows is not None:
        emit(found.behind(rows, limit).report, format, output)
    elif claims:
        emit(found.claims().report, format, output)
    else:
        if not no_history:
            _write_down(found.value.score, vendors, store, ledger)
        emit(found.report, format, output)


def _write_down(score: Score, vendors: Path, store: Path | None, ledger: str | None) -> None:
    """Add `score` to the history of its vendor; where there is no place for one, say so."""
    from finops.cli.diagnostics import say

    try:
        where = its.place(str(score.subject), None, store, ledger, vendors)
    except LedgerMissing:
        if ledger is not None:
            raise
        say(
            "Not written down: there is no ledger to keep it in; --store FOLDER names another place."
        )
        return
    its.write_down(where, score)


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
    from finops.api.vendors import compare_vendors
    from finops.cli.output import emit

    chosen = _named(names or [], vendors)
    when = Choice(month, since, until, last, everything, ledger)
    found = compare_vendors(
        chosen,
        _where(chosen, when),
        catalog=catalog,
        weights=_weights(weight or []),
        as_of=_day(as_of),
        sovereign=not ignore_sovereignty,
    )
    emit(found.claims().report if claims else found.report, format, output)


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


def _where(vendors: Sequence[Vendor], when: Choice) -> Measuring:
    """The ledger and the period to measure in; a note says so where there is no ledger, or nobody to measure."""
    from finops.api.vendors import Measuring, filters_of

    if not any(filters_of(vendor) for vendor in vendors):
        return Measuring()
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
        return Measuring(notes=(f"Nothing is measured: {error.message}; --ledger names another.",))
    label = "all of the ledger" if choice.period is None else choice.period.label
    return Measuring(store, choice.period, (f"Measured: {label}.", *choice.notes))


def _day(text: str | None) -> date | None:
    from datetime import date

    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--as-of {text!r} is not a day", hint="--as-of 2026-10-31") from None


def _weights(given: Sequence[str]) -> dict[str, Fraction]:
    """`--weight CATEGORY=NUMBER` as numbers; UsageError for what is none."""
    weights = {}
    for text in given:
        name, _, value = text.partition("=")
        try:
            weights[name.strip()] = Fraction(value.strip())
        except (ValueError, ZeroDivisionError):
            raise UsageError(
                f"--weight {text!r}: {value!r} is no number", hint="--weight cost_model=2"
            ) from None
    return weights
