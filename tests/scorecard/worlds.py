"""Subjects about whom everything is known, piece by piece, and pieces to take away."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from scorecard.answers import Answer, Answers, Document, Says, Subject
from scorecard.catalog import CheckKind, SubjectKind, load_catalog
from scorecard.evidence import Evidence, EvidenceType, Outcome

if TYPE_CHECKING:
    from scorecard.catalog import Check

__all__ = ["AS_OF", "CATALOG", "CHECKS", "DOCUMENT", "attested", "everything", "measured_true"]

AS_OF = date(2026, 11, 1)
CATALOG = load_catalog()
CHECKS = CATALOG.checks(SubjectKind.SELF)
OURSELVES = Subject()
DOCUMENT = Document("policy.md", "ab" * 32, date(2026, 10, 20))


def measured_true(check: str, outcome: Outcome = Outcome.TRUE) -> Evidence:
    return Evidence(
        check,
        EvidenceType.MEASURED,
        outcome,
        "as the ledger has it",
        collected=date(2026, 10, 31),
        expires=date(2026, 12, 15),
        source="select 1",
        sha256="cd" * 32,
    )


def attested(check: str, says: Says = Says.YES) -> Answer:
    return Answer(check, says, "ada", date(2026, 10, 20), "see the document", (DOCUMENT,))


def everything(
    subject: Subject = OURSELVES, *, without: str | None = None
) -> tuple[Answers, tuple[Evidence, ...]]:
    """A document for each manual check, a measurement for each other one, less those of one check."""
    asked: tuple[Check, ...] = CATALOG.checks(subject.kind)
    manual = [c.id for c in asked if c.kind is CheckKind.MANUAL and c.id != without]
    others = [c.id for c in asked if c.kind is not CheckKind.MANUAL and c.id != without]
    answers = Answers(subject, answers=tuple(attested(name) for name in manual))
    return answers, tuple(measured_true(name) for name in others)
