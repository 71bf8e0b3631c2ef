"""What the scorecard's commands share: whom, by which catalog, from which answers, and where they are kept.

Answers and history of a subject lie in the folder `_scorecard` of the ledger, or where `--store` says.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from finops.cli.options import ledger_location, open_ledger
from finops.errors import LedgerMissing, UsageError

if TYPE_CHECKING:
    from finops.config import Config
    from finops.ledger.store import Ledger
    from scorecard.answers import Answers, Subject
    from scorecard.catalog import Catalog
    from scorecard.history import Record
    from scorecard.scoring import Score

__all__ = [
    "FOLDER",
    "AnswersOption",
    "AsOfOption",
    "CatalogOption",
    "Place",
    "StoreOption",
    "SubjectOption",
    "latest",
    "measure",
    "parse_as_of",
    "place",
]

FOLDER = "_scorecard"
"""Where a ledger keeps answers and history of its scorecards."""

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


class Place(NamedTuple):
    """Who is scored by what, and where it is kept. `ledger` is None where there is none to measure."""

    subject: Subject
    catalog: Catalog
    config: Config
    ledger: Ledger | None
    folder: Path

    @property
    def answers_file(self) -> Path:
        """The stored answers of the subject."""
        return self.folder / f"{self.subject.slug}.answers.yaml"

    @property
    def history_file(self) -> Path:
        """The history of the subject."""
        from scorecard.history import history_file

        return history_file(self.folder, self.subject)

    def stored(self) -> Answers:
        """The stored answers; none yet when there is no file."""
        from scorecard.answers import Answers, parse_answers

        if not self.answers_file.is_file():
            return Answers(self.subject)
        text = self.answers_file.read_text(encoding="utf-8")
        return parse_answers(text, str(self.answers_file))

    def keep(self, answers: Answers) -> None:
        """Store `answers` in place of the ones there are."""
        from finops.cli.output import write_bytes
        from scorecard.answers import dump_answers

        self.folder.mkdir(parents=True, exist_ok=True)
        write_bytes(dump_answers(answers).encode(), self.answers_file)


def place(
    subject: str, catalog: Path | None = None, store: Path | None = None, ledger: str | None = None
) -> Place:
    """Where everything is. A ledger that is missing is none where `store` says where to keep things."""
    from finops.config import load_config
    from scorecard.answers import parse_subject
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
    return Place(parse_subject(subject), load_catalog(chosen), config, found, folder)


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
    """The subject's score from the ledger and its answers."""
    from scorecard.answers import read_answers
    from scorecard.questions import answers_to_questions
    from scorecard.run import known, run

    said = where.stored() if answers is None else read_answers(answers)
    if said.subject != where.subject:
        raise UsageError(
            f"the answers are about {said.subject}, not {where.subject}",
            hint=f"--subject {said.subject}",
        )
    name = str(answers or where.answers_file)
    said = answers_to_questions(where.catalog, known(where.catalog, said, name))
    return run(where.catalog, said, where.ledger, where.config, as_of=parse_as_of(as_of))


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
