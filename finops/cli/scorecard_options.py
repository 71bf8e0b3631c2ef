"""What the scorecard's commands share: whom, by which catalog, from which answers, and where they are kept.

Answers and history of a subject lie in the folder `_scorecard` of the ledger, or where `--store` says. The
answers of a vendor with a folder of its own (`vendors/acme/`) are those of `finops vendor`, and nowhere else.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from finops.cli.options import ledger_location, open_ledger, resolve_period
from finops.errors import LedgerMissing, UsageError
from scorecard import FOLDER

if TYPE_CHECKING:
    from finops.config import Config
    from finops.ledger.store import Ledger
    from scorecard.answers import Answers, Subject
    from scorecard.catalog import Catalog
    from scorecard.history import Record
    from scorecard.questionnaire.filled import Filled
    from scorecard.scoring import Score
    from scorecard.vendors import Vendor

__all__ = [
    "AnswersOption",
    "AsOfOption",
    "CatalogOption",
    "NoHistoryOption",
    "Place",
    "StoreOption",
    "SubjectOption",
    "latest",
    "measure",
    "parse_as_of",
    "place",
    "write_down",
]

SubjectOption = Annotated[
    str,
    typer.Option(
        "--subject", metavar="self|team:NAME|vendor:NAME", help="Who is scored.", show_default=True
    ),
]
AnswersOption = Annotated[
    Path | None,
    typer.Option(
        "--answers", metavar="FILE", help="Answers (YAML) to use instead of the stored ones."
    ),
]
CatalogOption = Annotated[
    Path | None,
    typer.Option(
        "--catalog",
        metavar="FILE",
        help="Catalog (YAML) to score by. (default: scorecard.catalog of finops.toml, else ours)",
    ),
]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="YYYY-MM-DD|today",
        help="Day to score for; what is older than evidence may be has expired by then. "
        "(default: the day after the newest data)",
    ),
]
StoreOption = Annotated[
    Path | None,
    typer.Option(
        "--store",
        metavar="FOLDER",
        help="Folder of answers and history. (default: _scorecard in the ledger)",
    ),
]
NoHistoryOption = Annotated[
    bool, typer.Option("--no-history", help="Do not write the result down.")
]


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
        from finops.cli.output import write_bytes
        from scorecard.answers import dump_answers

        if self.vendor is not None:
            from scorecard.questionnaire.filled import dump_filled, laid_over

            filled = self._filled(self.vendor)
            filled = laid_over(self.catalog, filled, self.vendor.folder, answers)
            write_bytes(dump_filled(filled).encode(), self.answers_file)
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        write_bytes(dump_answers(answers).encode(), self.answers_file)

    def _filled(self, vendor: Vendor) -> Filled:
        """The vendor's questionnaire; a blank one where it has not answered."""
        from scorecard.questionnaire.filled import Filled, read_filled
        from scorecard.questionnaire.items import items_of

        if vendor.answers.is_file():
            return read_filled(vendor.answers, items_of(self.catalog, self.subject.kind))
        name = f"{self.catalog.id}/{self.catalog.version}"
        return Filled(self.subject, name, self.catalog.sha256, {})


def place(
    subject: str,
    catalog: Path | None = None,
    store: Path | None = None,
    ledger: str | None = None,
    vendors: Path = Path("vendors"),
) -> Place:
    """Where everything is. A ledger that is missing is none where `store` says where to keep things.

    `vendors` is the folder of all vendors: one that has a folder there is known by its name.
    """
    from finops.cli.diagnostics import warn
    from finops.config import load_config
    from scorecard.catalog import load_catalog

    config = load_config()
    chosen = str(catalog) if catalog is not None else config.scorecard.catalog
    try:
        found = open_ledger(ledger, config=config)
    except LedgerMissing:
        if store is None or ledger is not None:
            raise
        found = None
    folder = store if store is not None else _folder(found, config, ledger)
    who, vendor = _known(subject, vendors)
    where = Place(who, load_catalog(chosen), config, found, folder, vendor, chosen)
    unused = where._replace(vendor=None).answers_file
    if vendor is not None and unused.is_file():
        warn(
            f"{unused} is not used: the answers of {who} are in {vendor.folder}; --from takes it over"
        )
    return where


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


def _folder(found: Ledger | None, config: Config, ledger: str | None) -> Path:
    if found is None or not found.location.is_local:
        raise UsageError(
            f"a ledger at {ledger_location(ledger, config)} keeps no scorecard",
            hint="name a folder of this machine for it: --store FOLDER",
        )
    return found.location.root / FOLDER


def parse_as_of(text: str | None) -> date | None:
    """`--as-of` as a day; UsageError for what is none."""
    if text is None:
        return None
    if text == "today":
        return datetime.now(tz=UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is not a date", hint="write it as YYYY-MM-DD, or today"
        ) from None


def measure(where: Place, answers: Path | None = None, as_of: str | None = None) -> Score:
    """The subject's score from the ledger and its answers; a vendor with a folder as `finops vendor score` has it."""
    from scorecard.answers import read_answers
    from scorecard.questions import answers_to_questions
    from scorecard.run import known, run

    if where.vendor is not None and answers is None:
        return _of_vendor(where, where.vendor, parse_as_of(as_of))
    said = where.stored() if answers is None else read_answers(answers)
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


def write_down(where: Place, score: Score) -> None:
    """Add `score` to the subject's history, and say whether it is news."""
    from finops.cli.diagnostics import say
    from scorecard.history import Record, append

    is_new = append(where.history_file, Record(datetime.now(tz=UTC), score))
    say("Written down." if is_new else "The same as the last time; nothing is added.")


def latest(where: Place, as_of: str | None = None) -> Record:
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
