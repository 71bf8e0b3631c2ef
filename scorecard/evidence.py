"""Evidence: what is known about one check, from where, how sure, and until when.

A probe measures, a document attests, a person claims. Only what is measured or attested counts towards
verified points; the three differ in confidence, which halves as they reach their age limit.
"""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

__all__ = [
    "ATTESTED_DAYS",
    "Evidence",
    "EvidenceType",
    "Finding",
    "Outcome",
    "Stakes",
    "confidence",
    "digest",
    "is_valid",
    "measured",
]

ATTESTED_DAYS = 365
"""Days a document counts when it does not say itself until when."""

LINK_CONFIDENCE = Decimal("0.5")
"""Confidence of a claim that points at something, though nobody kept a copy of it."""


class EvidenceType(StrEnum):
    """Who says so: an instrument, a document that can be checked, or a person."""

    MEASURED = "measured"
    ATTESTED = "attested"
    CLAIMED = "claimed"


CONFIDENCE = {
    EvidenceType.MEASURED: Decimal(1),
    EvidenceType.ATTESTED: Decimal("0.7"),
    EvidenceType.CLAIMED: Decimal("0.3"),
}
"""Confidence of fresh evidence."""


class Outcome(StrEnum):
    """The answer to one true/false question."""

    TRUE = "true"
    FALSE = "false"
    NOT_AVAILABLE = "not_available"
    """It cannot be told from what there is; the reason says why, the command what would supply it."""
    NOT_APPLICABLE = "not_applicable"
    """The question does not arise; needs a reason and an owner who stands for it."""
    ERROR = "error"
    """Asking failed."""


class Stakes(NamedTuple):
    """Money a month that hangs on a check, and what it is the money of."""

    amount: Decimal
    currency: str
    about: str


class Finding(NamedTuple):
    """What a probe answers. `value` is the number behind the outcome, in `unit`.

    `query` is SQL on the ledger, or a command, that gives the number again. `collected` is the last day
    of the data looked at, not of the looking. `command` would supply what is missing. `stakes` is None
    where the ledger cannot tell.
    """

    outcome: Outcome
    reason: str
    value: Decimal | None = None
    unit: str = ""
    query: str | None = None
    collected: date | None = None
    command: str | None = None
    stakes: Stakes | None = None


class Evidence(NamedTuple):
    """One thing known about one check.

    `source` is the query or the URI it comes from; `sha256` fingerprints the document, or the query with
    its answer. It counts from `collected` up to, not including, `expires`. `owner` stands for it.
    """

    check: str
    type: EvidenceType
    outcome: Outcome
    reason: str
    collected: date | None = None
    expires: date | None = None
    source: str | None = None
    sha256: str | None = None
    owner: str | None = None
    value: Decimal | None = None
    unit: str = ""
    command: str | None = None
    stakes: Stakes | None = None


def measured(
    check: str, probe: str, finding: Finding, *, max_age_days: int, owner: str | None = None
) -> Evidence:
    """A probe's finding as evidence about `check`; it expires `max_age_days` after its data.

    Not applicable without an owner is not available: somebody has to stand for it.
    """
    outcome, reason, command = finding.outcome, finding.reason, finding.command
    if outcome is Outcome.NOT_APPLICABLE and not owner:
        outcome, reason = Outcome.NOT_AVAILABLE, f"{reason}, but nobody stands for that"
        command = f'scorecard.owner = "…" in finops.toml, or finops scorecard answer {check}'
    until = None
    if finding.collected is not None:
        until = finding.collected + timedelta(days=max_age_days + 1)
    return Evidence(
        check=check,
        type=EvidenceType.MEASURED,
        outcome=outcome,
        reason=reason,
        collected=finding.collected,
        expires=until,
        source=finding.query,
        sha256=digest(
            {
                "probe": probe,
                "query": finding.query,
                "outcome": str(finding.outcome),
                "value": None if finding.value is None else f"{finding.value:f}",
            }
        ),
        owner=owner if outcome is Outcome.NOT_APPLICABLE else None,
        value=finding.value,
        unit=finding.unit,
        command=command,
        stakes=finding.stakes,
    )


def digest(facts: Mapping[str, object]) -> str:
    """SHA-256 of `facts` written as JSON with sorted keys."""
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def is_valid(evidence: Evidence, as_of: date) -> bool:
    """Whether `evidence` counts at the end of the day before `as_of`: collected by then, not expired."""
    if evidence.collected is not None and evidence.collected > as_of:
        return False
    return evidence.expires is None or as_of < evidence.expires


def confidence(evidence: Evidence, as_of: date, max_age_days: int) -> Decimal:
    """How far to trust `evidence`, 0 to 1: by its type, falling evenly to half over `max_age_days`."""
    base = CONFIDENCE[evidence.type]
    if evidence.type is EvidenceType.CLAIMED and evidence.source is not None:
        base = LINK_CONFIDENCE
    if evidence.collected is None:
        return base / 2
    age = min(max((as_of - evidence.collected).days, 0), max_age_days)
    return base * (1 - Decimal(age) / (2 * max_age_days))
