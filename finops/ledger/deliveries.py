"""What was delivered where, so that the same is not delivered twice: numbered records beside the tables.

    <ledger>/_deliveries/<subject>/<target>.<number>/claim.json    what is about to be delivered
                                                     done.json     it was
                                                     failed.json   it was refused, and may be tried again

A claim is written only where there is none, so of two who deliver at once one is told to wait. A claim
that nobody ended is a deliverer that died: after a while the next one takes its place, with the same key,
by which the receiver can tell a repetition.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from finops.errors import CommitConflict
from finops.ledger.past import refuse_to_write
from finops.ledger.snapshot_files import find_documents, publish_document

if TYPE_CHECKING:
    from finops.ledger.location import Location

__all__ = ["Attempt", "begin"]

FOLDER = "_deliveries"
_CLAIM, _DONE, _FAILED = "claim.json", "done.json", "failed.json"

_GIVEN_UP = timedelta(minutes=15)
"""A claim this old that nobody ended is a deliverer that died."""


class Attempt(NamedTuple):
    """A delivery begun; `key` is the same for every attempt at the same one."""

    where: Location
    folder: str
    key: str

    def done(self) -> None:
        """Record that it arrived."""
        publish_document(self.where, f"{self.folder}/{_DONE}", b"{}\n")

    def failed(self) -> None:
        """Record that it did not, so that the next attempt need not wait."""
        publish_document(self.where, f"{self.folder}/{_FAILED}", b"{}\n")


class _Record(NamedTuple):
    number: int
    digest: str
    at: datetime
    is_done: bool
    is_failed: bool


def begin(where: Location, subject: str, target: str, digest: str, now: datetime) -> Attempt | None:
    """Claim the delivery of `digest` to `target`; None when it is what was delivered there last.

    CommitConflict while somebody else is at it.
    """
    refuse_to_write(where)
    place = hashlib.sha256(target.encode()).hexdigest()[:16]
    records = _records(where, subject, place)
    done = [record for record in records if record.is_done]
    if done and done[-1].digest == digest:
        return None
    running = [each for each in records if not each.is_done and not each.is_failed]
    if any(now - each.at < _GIVEN_UP for each in running):
        raise CommitConflict(
            f"{subject} is being delivered by somebody else", hint="run the command again later"
        )
    number = 1 + max((record.number for record in records), default=0)
    folder = f"{FOLDER}/{subject}/{place}.{number:06d}"
    claim = {"digest": digest, "at": now.isoformat()}
    publish_document(where, f"{folder}/{_CLAIM}", json.dumps(claim).encode())
    key = hashlib.sha256(f"{subject} {place} {digest} {len(done)}".encode()).hexdigest()
    return Attempt(where, folder, key)


def _records(where: Location, subject: str, place: str) -> list[_Record]:
    """Every record of a target, oldest first."""
    found = []
    for folder, documents in find_documents(where, FOLDER, (_CLAIM, _DONE, _FAILED)).items():
        parent, _, name = folder.partition("/")
        target, _, number = name.partition(".")
        if parent == subject and target == place and _CLAIM in documents:
            claim = json.loads(documents[_CLAIM])
            moment = datetime.fromisoformat(claim["at"])
            ended = (_DONE in documents, _FAILED in documents)
            found.append(_Record(int(number), claim["digest"], moment, *ended))
    return sorted(found)
