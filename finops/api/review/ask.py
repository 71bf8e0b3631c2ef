"""`Session.review`: the review of a month, as a document that can be kept in every format."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from finops.api.keeping import try_to_keep
from finops.api.opening import resolve_period
from finops.errors import UsageError
from finops.report.document import DocumentFormat, render_document
from finops.report.document.digest import content_digest
from finops.report.document.formats import SUFFIXES

if TYPE_CHECKING:
    from finops.api.session import Session
    from finops.report.document import Document, Section

__all__ = ["Review", "format_of", "review", "review_diff"]


@dataclass(frozen=True, slots=True)
class Review:
    """A month's review: `document` is all of it, typed; `notes` are about the month chosen."""

    document: Document
    notes: tuple[str, ...] = ()

    @property
    def month(self) -> str:
        """The month reviewed, YYYY-MM."""
        return "" if self.document.period is None else self.document.period.label

    @property
    def digest(self) -> str:
        """What two reviews that say the same have in common."""
        return content_digest(self.document)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What page one says."""
        return tuple(sentence.text for sentence in self.document.sections[0].sentences)

    def section(self, name: str) -> Section:
        """One section by its name; KeyError when the month has none of it."""
        return {section.name: section for section in self.document.sections}[name]

    def to(self, format: DocumentFormat | str) -> bytes:  # noqa: A002  (named as the option)
        """What the command prints with `--format`; ValueError when there is no such format."""
        return render_document(self.document, format)

    def save(self, path: str | Path) -> Path:
        """Write it to `path` in the format its ending names; UsageError for another ending."""
        target = Path(path)
        target.write_bytes(self.to(format_of(target)))
        return target

    def __str__(self) -> str:
        """The text as the terminal shows it."""
        return self.to(DocumentFormat.TEXT).decode()


def format_of(path: str | Path) -> DocumentFormat:
    """The format `path` ends like; UsageError names those there are."""
    ending = Path(path).suffix.lower()
    if ending not in SUFFIXES:
        raise UsageError(
            f"{path}: no format ends like this", hint=f"choose among {', '.join(SUFFIXES)}"
        )
    return SUFFIXES[ending]


def review(
    session: Session,
    month: str | None = None,
    *,
    as_of: str | date | None = None,
    currency: str | None = None,
) -> Review:
    """The review of `month` (YYYY-MM; default: the newest complete one the ledger has).

    With `as_of` (YYYY-MM-DD) as it was known at the end of that day: from the books where the month was
    closed by then, else from the tables, settings and prices as they were. UsageError where the ledger has nothing of the month,
    LedgerError naming the earliest day that can be shown where what it held then is gone.
    """
    from finops.api.review.make import make_review
    from finops.ledger.past import as_of as looked_at
    from finops.ledger.store import Ledger

    choice = resolve_period(session.ledger, month=month)
    if choice.period is None:
        message = "a review is of a month"
        raise ValueError(message)
    ledger, day = session.ledger, parse_day(as_of)
    notes = try_to_keep(session, ledger) if day is None else ()
    if day is not None:
        ledger = Ledger(looked_at(ledger.location, day))
    document = make_review(ledger, session.config, choice.period, currency=currency, as_of=day)
    return Review(document, (*choice.notes, *notes))


def review_diff(
    session: Session,
    month: str | None = None,
    *,
    as_of: str | date | None = None,
    currency: str | None = None,
) -> Review:
    """What changed of a month since: its review (`as_of` a day) beside one of what the ledger holds now.

    Each difference says how much of it later data made and how much settings, owners and prices that are others
    today. A closed month is held against its rows as they are now, and what its close booked elsewhere is listed.
    """
    from finops.analysis.books import PricedLedger
    from finops.analysis.in_force import is_same
    from finops.api.review.diff import diff_documents
    from finops.api.review.make import answers_for, booked_elsewhere, make_review
    from finops.ledger.open_months import OpenLedger
    from finops.model.period import parse_month

    then = review(session, month, as_of=as_of, currency=currency)
    period, where = parse_month(then.month), session.ledger.location
    settings, prices = answers_for(session.ledger, session.config, period, parse_day(as_of))
    now = make_review(OpenLedger(where, ()), session.config, period, currency=currency)
    restated = None
    if not is_same(settings, prices, session.config):
        ledger = PricedLedger(where, (), prices=prices)
        restated = make_review(ledger, settings, period, currency=currency)
    found = diff_documents(
        then.document,
        now,
        facts=then.document.facts,
        restated=restated,
        further=booked_elsewhere(session.ledger, session.config, period),
    )
    return Review(found, then.notes)


def parse_day(text: str | date | None) -> date | None:
    """`2026-11-05` as a day; UsageError for what is none."""
    if text is None or isinstance(text, date):
        return text
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a date", hint="write it as YYYY-MM-DD") from None
