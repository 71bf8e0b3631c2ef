"""Vendors by their names: the folder each has, the period it is measured in, its questionnaire and offers.

What is asked of vendors once they are found is `finops.api.vendors`.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from finops.api.answer import Answer
from finops.api.files import write_file
from finops.api.opening import resolve_period
from finops.api.scorecard import write_down
from finops.api.vendors import (
    Compared,
    Measuring,
    Quoted,
    Scored,
    answers_of,
    asked_of,
    compare_vendors,
    decision_sheet,
    filters_of,
    quote_offers,
    score_vendor,
)
from finops.errors import FinopsError, InputError, LedgerMissing, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal
    from typing import Unpack

    from finops.api.opening import When
    from finops.api.session import Session
    from scorecard.catalog import Catalog
    from scorecard.questionnaire.columns import Proposal
    from scorecard.questionnaire.filled import Filled  # noqa: F401  (bases of the answers)
    from scorecard.questionnaire.items import Item
    from scorecard.questionnaire.returned import Returned
    from scorecard.sheet import Option, Sheet
    from scorecard.vendors import Vendor

__all__ = ["ImportedAnswers", "Questionnaire", "Vendors"]

FOLDER = "vendors"
"""The folder of all vendors, where none is named."""


@dataclass(frozen=True, slots=True)
class ImportedAnswers(Answer["Returned"]):
    """What a questionnaire that came back says; `kept` is where it was stored, None where nothing was."""

    file: Path
    kept: Path | None

    def require(self) -> None:
        """InputError when nothing was kept, because answers could not be taken."""
        if self.kept is None:
            raise InputError(
                f"{self.file.name}: {len(self.value.errors)} answers cannot be taken; nothing was kept",
                hint="mend the cells named, or keep the others with --keep-good",
            )


@dataclass(frozen=True, slots=True)
class Questionnaire(Answer["Filled | None"]):
    """What a vendor is asked, with its answers, or blank (`value` is None)."""

    name: str
    catalog: Catalog
    items: tuple[Item, ...]

    def workbook(self) -> bytes:
        """The workbook to fill in (xlsx), with drop-downs and guidance."""
        from scorecard.questionnaire.sheet import write_questionnaire

        return write_questionnaire(self.catalog, self.items, self.name, self.value)

    def yaml(self) -> bytes:
        """The answers as they are kept; UsageError where there are none."""
        from scorecard.questionnaire.filled import dump_filled

        if self.value is None:
            raise UsageError("a blank questionnaire has no answers to write as YAML")
        return dump_filled(self.value).encode()


@dataclass(frozen=True, slots=True)
class Vendors:
    """Questions about vendors. Each method is the command of its name; `vendors` is the folder of all of them."""

    session: Session

    def score(
        self,
        vendor: str,
        *,
        vendors: str | Path = FOLDER,
        catalog: str | None = None,
        as_of: str | date | None = None,
        store: str | Path | None = None,
        no_history: bool = False,
        **when: Unpack[When],
    ) -> Scored:
        """The points of one vendor, held against what was measured of it in a period, and written down."""
        root = Path(vendors)
        chosen = _named([vendor], root)
        where = self._measuring(chosen, **when)
        found = score_vendor(chosen[0], where, catalog=self._catalog(catalog), as_of=_day(as_of))
        if no_history:
            return found
        return replace(found, written=self._write_down(found, root, store))

    def compare(
        self,
        names: Sequence[str] = (),
        *,
        weight: Mapping[str, Fraction | str | float] | None = None,
        ignore_sovereignty: bool = False,
        vendors: str | Path = FOLDER,
        catalog: str | None = None,
        as_of: str | date | None = None,
        **when: Unpack[When],
    ) -> Compared:
        """Vendors (default: all that answered) side by side, ranked by weighted verified points."""
        chosen = _named(names, Path(vendors))
        return compare_vendors(
            chosen,
            self._measuring(chosen, **when),
            catalog=self._catalog(catalog),
            weights={name: Fraction(value) for name, value in (weight or {}).items()},
            as_of=_day(as_of),
            sovereign=not ignore_sovereignty,
        )

    def quote(
        self,
        offers: Sequence[str | Path] = (),
        *,
        need: Mapping[str, str] | None = None,
        currency: str | None = None,
        rate: Mapping[str, Decimal] | None = None,
        vendors: str | Path = FOLDER,
    ) -> Quoted:
        """Offers (files, or vendors by name; default: every vendor's quote) by what a usable hour costs."""
        files = _files(offers, Path(vendors))
        return quote_offers(files, need, currency=currency, rates=rate)

    def sheet(
        self,
        names: Sequence[str] = (),
        *,
        by: str = "provider",
        vendors: str | Path = FOLDER,
        **when: Unpack[When],
    ) -> Answer[tuple[Sheet, ...]]:
        """Compute options on one page: vendors the ledger knows, else what the column `by` tells apart."""
        from scorecard.sheet import options_by

        ledger = self.session.ledger
        choice = resolve_period(ledger, **when)
        options = _known(names, Path(vendors)) if names else options_by(ledger, by, choice.period)
        return decision_sheet(
            ledger, options, choice.period, config=self.session.config, notes=choice.notes
        )

    def propose_map(self, file: str | Path, *, catalog: str | None = None) -> Proposal:
        """A column map for somebody else's questionnaire, to be checked by a person."""
        from scorecard.questionnaire.columns import propose_map
        from scorecard.workbook.reading import read_workbook

        _, items = self.asked(catalog)
        return propose_map(read_workbook(Path(file)), items)

    def import_(
        self,
        name: str,
        file: str | Path,
        *,
        map: str | Path | None = None,  # noqa: A002  (named as the option)
        keep_good: bool = False,
        vendors: str | Path = FOLDER,
        catalog: str | None = None,
    ) -> ImportedAnswers:
        """Read a filled questionnaire (xlsx) and keep its answers, unless some cannot be taken.

        `map` is the column map of somebody else's questionnaire, `keep_good` keeps the good answers beside bad.
        """
        from finops.report.vendor import returned_report
        from scorecard.answers import Subject
        from scorecard.catalog import SubjectKind
        from scorecard.questionnaire.columns import read_map
        from scorecard.questionnaire.returned import read_returned
        from scorecard.vendors import vendor_at
        from scorecard.workbook.reading import read_workbook

        asked, items = self.asked(catalog)
        source = Path(file)
        book = read_workbook(source)
        columns = None if map is None else read_map(Path(map), items)
        vendor, subject = vendor_at(Path(vendors), name), Subject(SubjectKind.VENDOR, name)
        folder = source.resolve().parent
        found = read_returned(book, asked, items, subject, columns=columns, folder=folder)
        kept = None
        if keep_good or not found.errors:
            _keep(vendor, found, items, folder)
            kept = vendor.answers
        report = returned_report(found, items, kept=None if kept is None else str(kept))
        return ImportedAnswers(found, report, source, kept)

    def export(
        self,
        name: str,
        *,
        filled: bool = True,
        vendors: str | Path = FOLDER,
        catalog: str | None = None,
    ) -> Questionnaire:
        """A vendor's questionnaire, with its answers or blank; UsageError when it has not answered."""
        from finops.report.vendor import filled_report
        from scorecard.vendors import find_vendor

        asked, items = self.asked(catalog)
        vendor = find_vendor(Path(vendors), name)
        given = answers_of(vendor, items) if filled else None
        report = filled_report(items, given, vendor.name)
        return Questionnaire(given, report, vendor.name, asked, tuple(items))

    def asked(self, catalog: str | None = None) -> tuple[Catalog, tuple[Item, ...]]:
        """The catalog (a file, else that of the settings, else ours), and what a vendor is asked by it."""
        return asked_of(self._catalog(catalog))

    def _catalog(self, named: str | None) -> str | None:
        return named or self.session.config.scorecard.catalog

    def _measuring(self, vendors: Sequence[Vendor], **when: Unpack[When]) -> Measuring:
        """The ledger and period to measure in; a note says where there is no ledger, or nobody to measure."""
        if not any(filters_of(vendor) for vendor in vendors):
            return Measuring()
        try:
            store = self.session.ledger
            choice = resolve_period(store, **when)
        except LedgerMissing as error:
            if self.session.named is not None:
                raise
            note = f"Nothing is measured: {error.message}; --ledger names another."
            return Measuring(notes=(note,))
        label = "all of the ledger" if choice.period is None else choice.period.label
        return Measuring(store, choice.period, (f"Measured: {label}.", *choice.notes))

    def _write_down(self, found: Scored, vendors: Path, store: str | Path | None) -> bool | None:
        """Whether the score was news to the vendor's history; None where there is no place for one."""
        score = found.value.score
        try:
            where = self.session.scorecard.place(
                subject=str(score.subject), store=store, vendors=vendors
            )
        except LedgerMissing:
            if self.session.named is not None:
                raise
            return None
        return write_down(where, score)


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


def _day(text: str | date | None) -> date | None:
    if text is None or isinstance(text, date):
        return text
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--as-of {text!r} is not a day", hint="--as-of 2026-10-31") from None


def _files(offers: Sequence[str | Path], vendors: Path) -> list[Path]:
    """Files as named, or the quote of each vendor named; without any, of every vendor."""
    from scorecard.vendors import all_vendors, find_vendor

    if not offers:
        found = [one.quote for one in all_vendors(vendors) if one.quote is not None]
        if not found:
            raise UsageError(
                f"no vendor in {vendors} has a quote",
                hint="name a file of offers, or start one with `finops vendor new NAME`",
            )
        return found
    files = []
    for offer in offers:
        path = Path(offer)
        if path.suffix and not path.is_dir():
            files.append(path)
            continue
        vendor = find_vendor(vendors, str(offer))
        if vendor.quote is None:
            raise UsageError(f"{vendor.folder} has no quote.yaml (or .toml, .csv, .xlsx)")
        files.append(vendor.quote)
    return files


def _known(names: Sequence[str], root: Path) -> tuple[Option, ...]:
    from scorecard.sheet import Option
    from scorecard.vendors import find_vendor

    options = []
    for name in names:
        vendor = find_vendor(root, name)
        filters = filters_of(vendor)
        if filters is None:
            raise UsageError(
                f"the ledger does not know {name}: {vendor.folder / 'telemetry.yaml'} has no filter",
                hint="requests: provider = '…' in it says which calls are the vendor's",
            )
        options.append(Option(vendor.folder.name, filters))
    return tuple(options)


def _keep(vendor: Vendor, found: Returned, items: Sequence[Item], source: Path) -> None:
    """Write the answers, and copy the documents they name to beside them.

    What we say of the vendor ourselves stays as it is.
    """
    from scorecard.attachments import attached, is_web
    from scorecard.questionnaire.filled import dump_filled, read_filled

    filled = found.filled
    if vendor.answers.is_file():
        before = read_filled(vendor.answers, items)
        filled = filled._replace(checks=before.checks, claims=before.claims)
    try:
        vendor.folder.mkdir(parents=True, exist_ok=True)
        for given in found.filled.given.values():
            for name in given.documents:
                there = None if is_web(name) else attached(source, name, where=name)
                if there is None or source == vendor.folder.resolve():
                    continue
                target = vendor.folder / name.replace("\\", "/")
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(there, target)
    except OSError as error:
        raise FinopsError(
            f"{vendor.folder} could not be written: {error.strerror or error}"
        ) from error
    write_file(dump_filled(filled).encode(), vendor.answers)
