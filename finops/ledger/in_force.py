"""What was in force beside the tables, and from when: small documents by their hash, and a record of each change.

    <ledger>/_settings/in_force/<moment>-<hash>/record.json    which documents were in force from then on
    <ledger>/_settings/<sha256>/<name>                         a document

Nothing here is a Delta table, so vacuum never looks at it, and nothing is ever written over or removed. A
record is written only where the newest one says something else.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from finops.errors import CommitConflict, LedgerError
from finops.ledger.snapshot_files import find_documents, publish_document, read_document

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from finops.ledger.location import Location

__all__ = ["Kept", "document_of", "in_force", "keep_in_force", "kept_since", "key_of", "path_of"]

FOLDER = "_settings"
_RECORD = "record.json"
SCHEMA = "finops.in_force/1"


class Kept(NamedTuple):
    """Documents in force from `at` (UTC) on, each `<sha256>/<name>` by what it is; `facts` say more of them."""

    at: datetime
    documents: Mapping[str, str]
    facts: Mapping[str, str]

    @property
    def says(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """What makes two records the same."""
        return self.documents, self.facts


def _records(where: Location) -> list[Kept]:
    """Every record, oldest first; LedgerError names one that cannot be read."""
    found = []
    for folder, documents in find_documents(where, FOLDER, (_RECORD,)).items():
        try:
            record = json.loads(documents[_RECORD])
            moment = datetime.fromisoformat(record["at"])
            found.append(Kept(moment, record["documents"], record["facts"]))
        except (ValueError, KeyError, TypeError) as error:
            raise LedgerError(
                f"{where.url}/{FOLDER}/{folder}/{_RECORD} is not a record of ours: {error}",
                hint="restore it from a backup",
            ) from error
    return sorted(found, key=lambda kept: kept.at)


def in_force(where: Location) -> Kept | None:
    """What was in force at the moment `where` is looked at (now, when it is none); None before the first record."""
    found = [each for each in _records(where) if where.at is None or each.at < where.at]
    return found[-1] if found else None


def kept_since(where: Location) -> datetime | None:
    """When the first record was written; None where there is none."""
    found = _records(where)
    return found[0].at if found else None


def keep_in_force(
    where: Location,
    documents: Mapping[str, tuple[str, bytes]],
    facts: Mapping[str, str],
    now: datetime,
) -> bool:
    """Keep `documents` (name and content, by what they are) as in force from `now` on; whether that was news."""
    hashed = {what: key_of(*document) for what, document in documents.items()}
    made = Kept(now.astimezone(UTC), hashed, dict(facts))
    newest = in_force(where)
    if newest is not None and newest.says == made.says:
        return False
    for what, (_, content) in documents.items():
        if read_document(where, f"{FOLDER}/{hashed[what]}") is None:
            with suppress(CommitConflict):
                publish_document(where, f"{FOLDER}/{hashed[what]}", content)
    record = {"schema": SCHEMA, "at": made.at.isoformat(), "documents": hashed, "facts": made.facts}
    text = json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False).encode()
    moment = f"{made.at:%Y%m%dT%H%M%S%f}-{hashlib.sha256(text).hexdigest()[:12]}"
    with suppress(CommitConflict):
        publish_document(where, f"{FOLDER}/in_force/{moment}/{_RECORD}", text)
    return True


def key_of(name: str, content: bytes) -> str:
    """What a document is called: `<sha256>/<name>`."""
    return f"{hashlib.sha256(content).hexdigest()}/{name}"


def document_of(where: Location, kept: Kept, what: str) -> bytes | None:
    """The content of one document of `kept`; None where it has none. LedgerError when it is not what was kept."""
    key = kept.documents.get(what)
    if key is None:
        return None
    content = read_document(where, f"{FOLDER}/{key}")
    if content is None or key_of(key.partition("/")[2], content) != key:
        raise LedgerError(
            f"{where.url}/{FOLDER}/{key} is not the file that was kept",
            hint="restore it from a backup",
        )
    return content


def path_of(where: Location, kept: Kept, what: str) -> Path | None:
    """The document as a file of this machine; None where `kept` has none."""
    content = document_of(where, kept, what)
    if content is None:
        return None
    path = where.root / FOLDER / kept.documents[what]
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return path
