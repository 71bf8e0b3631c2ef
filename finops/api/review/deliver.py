"""Delivering a review: its files to a folder or an object store, a notice to a webhook, the same never twice.

What counts is what the review says (its digest): a ledger that was loaded again with the same content, or
another version of finops that finds the same, delivers nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from connectors.sending import notify, open_target
from finops.ledger.deliveries import begin
from finops.report.document import DocumentFormat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.settings import SourceSettings
    from finops.api.review.ask import Review
    from finops.api.session import Session

__all__ = ["Delivery", "Outcome", "deliver"]


class Delivery(NamedTuple):
    """Where to: `place` a folder or URL, `webhook` the reference of a secret, `link` where readers look."""

    place: str | None = None
    formats: Sequence[DocumentFormat] = (DocumentFormat.HTML, DocumentFormat.XLSX)
    webhook: str | None = None
    link: str | None = None
    only_new: bool = True
    """Write files only when they would say something new."""
    patience: SourceSettings | None = None
    """How often and how long the webhook is tried; None for as every source."""


class Outcome(NamedTuple):
    """What was written where, and whether the webhook was told."""

    written: tuple[str, ...] = ()
    told: bool = False


def deliver(session: Session, review: Review, delivery: Delivery) -> Outcome:
    """Write and tell; SourceError or FinopsError where that fails, and the next call tries again."""
    written = _write(session, review, delivery) if delivery.place is not None else ()
    told = _tell(session, review, delivery) if delivery.webhook is not None else False
    return Outcome(written, told)


def _names(review: Review, formats: Sequence[DocumentFormat]) -> dict[DocumentFormat, str]:
    ending = {DocumentFormat.TEXT: "txt"}
    return {each: f"review-{review.month}.{ending.get(each, each)}" for each in formats}


def _write(session: Session, review: Review, delivery: Delivery) -> tuple[str, ...]:
    place = delivery.place or "."
    target, names = open_target(place), _names(review, delivery.formats)
    subject = f"review-{review.month}"
    kinds = ",".join(sorted(names))
    where = session.ledger.location
    attempt = begin(where, subject, f"files {place} {kinds}", review.digest, _now())
    if attempt is None:
        if delivery.only_new and all(target.has(name) for name in names.values()):
            return ()
        return tuple(target.put(name, review.to(kind)) for kind, name in names.items())
    try:
        written = tuple(target.put(name, review.to(kind)) for kind, name in names.items())
    except Exception:
        attempt.failed()
        raise
    attempt.done()
    return written


def _tell(session: Session, review: Review, delivery: Delivery) -> bool:
    """Whether the webhook had to be told."""
    webhook = delivery.webhook or ""
    subject = f"review-{review.month}"
    attempt = begin(session.ledger.location, subject, f"webhook {webhook}", review.digest, _now())
    if attempt is None:
        return False
    try:
        notify(webhook, notice(review, delivery), attempt.key, delivery.patience)
    except Exception:
        attempt.failed()
        raise
    attempt.done()
    return True


def notice(review: Review, delivery: Delivery) -> dict[str, object]:
    """What the webhook is told: `text` for chats, the rest for programs."""
    first = next(iter(_names(review, delivery.formats).values()))
    link = None if delivery.link is None else f"{delivery.link.rstrip('/')}/{first}"
    lines = [review.document.headline, *review.sentences]
    if link is not None:
        lines.append(link)
    return {
        "text": "\n".join(lines),
        "title": review.document.headline,
        "month": review.month,
        "currency": review.document.currency,
        "sentences": list(review.sentences),
        "link": link,
        "content_sha256": review.digest,
    }


def _now() -> datetime:
    return datetime.now(tz=UTC)
