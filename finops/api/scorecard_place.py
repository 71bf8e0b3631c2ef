"""Whom a scorecard is about, by which catalog, from which answers, and where they are kept.

Answers and history of a subject lie in the folder `_scorecard` of the ledger, or where `store` says. The
answers of a vendor with a folder of its own (`vendors/acme/`) are those of `finops vendor`, and nowhere else.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypedDict

from finops.api.files import write_file
from finops.api.opening import ledger_location, resolve_period
from finops.errors import UsageError
from scorecard import FOLDER

if TYPE_CHECKING:
    from typing import Unpack

    from finops.api.session import Session
    from finops.config import Config
    from finops.ledger.store import Ledger
    from scorecard.answers import Answers, Subject
    from scorecard.catalog import Catalog
    from scorecard.history import Record
    from scorecard.questionnaire.filled import Filled
    from scorecard.scoring import Score
    from scorecard.vendors import Vendor

__all__ = ["Place", "Whom", "latest", "measure", "parse_as_of", "place"]


class Whom(TypedDict, total=False):
    """Who is scored, by what."""

    subject: str
    """self, team:NAME or vendor:NAME."""
    catalog: str | Path | None
    """Catalog to score by: a file, else that of the settings, else ours."""
    store: str | Path | None
    """Folder of answers and history, where it is not the ledger's."""
    vendors: str | Path
    """Folder of all vendors: one that has a folder there is known by its name."""


class Place(NamedTuple):
    """Who is scored by what, and where it is kept. `ledger` is None where there is none to measure.

    `vendor` is the vendor whose folder holds its answers; None for everybody else.
    """

    subject: Subject
    catalog: Catalog
    config: Config
    ledger: Ledger | None
    folder: Path
    vendor: Vendor | None = None
    by: str | None = None
    """The file `catalog` was read from; None for ours."""
    warnings: tuple[str, ...] = ()
    """What its user should know."""

    @property
    def answers_file(self) -> Path:
        """The stored answers of the subject."""
        if self.vendor is not None:
            return self.vendor.answers
        return self.folder / f"{self.subject.slug}.answers.yaml"

    @property
    def history_file(self) -> Path:
        """The history of the subject."""
        from scorecard.history import history_file

        return history_file(self.folder, self.subject)

    def stored(self) -> Answers:
        """The stored answers; none yet when there is no file."""
        from scorecard.answers import Answers, parse_answers

        if self.vendor is not None:
            from scorecard.questionnaire.filled import spoken

            said = spoken(self.catalog, self._filled(self.vendor), self.vendor.folder)
            return said._replace(subject=self.subject)
        if not self.answers_file.is_file():
            return Answers(self.subject)
        text = self.answers_file.read_text(encoding="utf-8")
        return parse_answers(text, str(self.answers_file))

    def keep(self, answers: Answers) -> None:
        """Store `answers` in place of the ones there are."""
        from scorecard.answers import dump_answers

        if self.vendor is not None:
            from scorecard.questionnaire.filled import dump_filled, laid_over

            filled = self._filled(self.vendor)
            filled = laid_over(self.catalog, filled, self.vendor.folder, answers)
            write_file(dump_filled(filled).encode(), self.answers_file)
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        write_file(dump_answers(answers).encode(), self.answers_file)

    def _filled(self, vendor: Vendor) -> Filled:
        """The vendor's questionnaire; a blank one where it has not answered."""
        from scorecard.questionnaire.filled import Filled, read_filled
        from scorecard.questionnaire.items import items_of

        if vendor.answers.is_file():
            return read_filled(vendor.answers, items_of(self.catalog, self.subject.kind))
        name = f"{self.catalog.id}/{self.catalog.version}"
        return Filled(self.subject, name, self.catalog.sha256, {})


def place(session: Session, **whom: Unpack[Whom]) -> Place:
    """Where everything is. A ledger that is missing is none where `store` says where to keep things."""
    from scorecard.catalog import load_catalog

    store, config = whom.get("store"), session.config
    named = whom.get("catalog")
    chosen = config.scorecard.catalog if named is None else str(named)
    without = store is not None and session.named is None
    found = session.found if without else session.ledger
    folder = Path(store) if store is not None else _folder(session, found)
    who, vendor = _known(whom.get("subject", "self"), Path(whom.get("vendors", "vendors")))
    where = Place(who, load_catalog(chosen), config, found, folder, vendor, chosen)
    unused = where._replace(vendor=None).answers_file
    if vendor is None or not unused.is_file():
        return where
    told = (
        f"{unused} is not used: the answers of {who} are in {vendor.folder}; --from takes it over"
    )
    return where._replace(warnings=(told,))


def _known(subject: str, vendors: Path) -> tuple[Subject, Vendor | None]:
    """The subject, by the name of its folder where it is a vendor that has one."""
    from scorecard.answers import parse_subject
    from scorecard.catalog import SubjectKind
    from scorecard.vendors import subject_of, vendor_at

    found = parse_subject(subject)
    if found.kind is not SubjectKind.VENDOR or not re.search(r"\w", found.name):
        return found, None
    vendor = vendor_at(vendors, found.name)
    if not vendor.folder.is_dir():
        return found, None
    vendor = vendor._replace(name=vendor.folder.name)
    return subject_of(vendor), vendor


def _folder(session: Session, found: Ledger | None) -> Path:
    if found is None or not found.location.is_local:
        raise UsageError(
            f"a ledger at {ledger_location(session.named, session.config)} keeps no scorecard",
            hint="name a folder of this machine for it: --store FOLDER",
        )
    return found.location.root / FOLDER


def parse_as_of(text: str | date | None) -> date | None:
    """The day to score for; UsageError for what is none."""
    if text is None or isinstance(text, date):
        return text
    if text == "today":
        return datetime.now(tz=UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is not a date", hint="write it as YYYY-MM-DD, or today"
        ) from None


def measure(
    where: Place, answers: str | Path | None = None, as_of: str | date | None = None
) -> Score:
    """The subject's score from the ledger and its answers; a vendor with a folder as `finops vendor score` has it."""
    from scorecard.answers import read_answers
    from scorecard.questions import answers_to_questions
    from scorecard.run import known, run

    if where.vendor is not None and answers is None:
        return _of_vendor(where, where.vendor, parse_as_of(as_of))
    said = where.stored() if answers is None else read_answers(Path(answers))
    if said.subject != where.subject:
        raise UsageError(
            f"the answers are about {said.subject}, not {where.subject}",
            hint=f"--subject {said.subject}",
        )
    name = str(answers or where.answers_file)
    said = answers_to_questions(where.catalog, known(where.catalog, said, name))
    return run(where.catalog, said, where.ledger, where.config, as_of=parse_as_of(as_of))


def _of_vendor(where: Place, vendor: Vendor, as_of: date | None) -> Score:
    """A vendor's score, held against what the ledger measured of it in the newest complete month."""
    from finops.api.vendors import Measuring, filters_of, score_vendor

    measuring = Measuring()
    if where.ledger is not None and filters_of(vendor) is not None:
        measuring = Measuring(where.ledger, resolve_period(where.ledger).period)
    return score_vendor(vendor, measuring, catalog=where.by, as_of=as_of).value.score


def latest(where: Place, as_of: str | date | None = None) -> Record:
    """The last record about `as_of` or before; UsageError says how to get one when there is none."""
    from scorecard.history import read_history

    day = parse_as_of(as_of)
    found = [
        each for each in read_history(where.history_file) if day is None or each.score.as_of <= day
    ]
    if not found:
        about = f" about {day} or before" if day is not None else ""
        raise UsageError(
            f"{where.subject} has no recorded score{about}", hint="finops scorecard run"
        )
    return found[-1]
