"""`Session.review`: the review of a month, as a document that can be kept in every format."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from finops.api.opening import resolve_period
from finops.errors import UsageError
from finops.report.document import DocumentFormat, render_document
from finops.report.document.digest import content_digest
from finops.report.document.formats import SUFFIXES

if TYPE_CHECKING:
    from finops.api.session import Session
    from finops.report.document import Document, Section

__all__ = ["Review", "format_of", "review"]


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


def review(session: Session, month: str | None = None, *, currency: str | None = None) -> Review:
    """The review of `month` (YYYY-MM; default: the newest complete one the ledger has).

    UsageError where the ledger has nothing of it, or where its currencies cannot be added.
    """
    from finops.api.review.make import make_review

    choice = resolve_period(session.ledger, month=month)
    if choice.period is None:
        message = "a review is of a month"
        raise ValueError(message)
    asked = None if currency is None else currency.upper()
    document = make_review(session.ledger, session.config, choice.period, currency=asked)
    return Review(document, choice.notes)
