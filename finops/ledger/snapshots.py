"""Closed months: what a month's books were made of, kept beside the tables and never changed again.

    <ledger>/_closed/<month>/<number>/manifest.json      what is kept, with the SHA-256 of every file
                                      config-….json      finops.toml as it was, and other documents
                                      <table>/…parquet   the table's files, hard-linked where that works
                                      reopened.json      only when the close was taken back, and why

The number counts the closes of the month. Nothing here is a Delta table, so neither Delta's vacuum nor our
own sweep ever looks at it. A close is there when its manifest is: that is written last, and never
over another one.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote
from uuid import uuid4

from finops.errors import LedgerError, SourceError
from finops.ledger.past import refuse_to_write
from finops.ledger.snapshot_files import (
    fetch_kept,
    find_documents,
    is_verified,
    publish_document,
    publish_folder,
    read_document,
    remember_verified,
    sha256_of,
)
from finops.ledger.store import DataFile, Ledger, delta_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from deltalake import DeltaTable

    from finops.ledger.location import Location

__all__ = [
    "CLOSED",
    "Closed",
    "ClosedLedger",
    "Keeping",
    "KeptFile",
    "all_closes",
    "check_kept",
    "closed_months",
    "damage",
    "document",
    "keep",
    "reopen",
]

CLOSED = "_closed"
"""Folder of the closed months, beside the tables."""

MANIFEST, REOPENED = "manifest.json", "reopened.json"
SCHEMA = "finops.closed/1"


class KeptFile(NamedTuple):
    """One file of a close: `file.path` is our copy, `file.key` its name below `table`.

    `accounts` is the billing month whose charges the file holds all or a part of, for cost files taken
    over as they were; None for every other file.
    """

    table: str
    file: DataFile
    sha256: str
    accounts: str | None = None


class Closed(NamedTuple):
    """One close of a month: the files kept, the manifest, and the note that took it back, if any."""

    month: str
    number: int
    files: tuple[KeptFile, ...]
    manifest: Mapping[str, Any]
    manifest_sha256: str
    reopened: Mapping[str, Any] | None

    @property
    def name(self) -> str:
        """`2026-10/1`: the folder below `_closed`."""
        return f"{self.month}/{self.number}"

    def of(self, table: str) -> tuple[KeptFile, ...]:
        """The files a question about the month reads of `table`."""
        return tuple(each for each in self.files if each.table == table)

    def accounted(self, month: str) -> tuple[KeptFile, ...] | None:
        """The charges of billing month `month` as this close counts them; None when it left them alone."""
        months = self.manifest["accounts"]
        if month not in months:
            return None
        return tuple(each for each in self.files if each.accounts == month)


class Keeping(NamedTuple):
    """A file of the ledger that a close takes over, and where to: see `KeptFile`."""

    table: str
    file: DataFile
    accounts: str | None = None


# --- reading -----------------------------------------------------------------------------------


def closed_months(where: Location) -> tuple[Closed, ...]:
    """The closes in force, oldest month first; LedgerError when a manifest cannot be read."""
    return tuple(each for each in all_closes(where) if each.reopened is None)


def all_closes(where: Location) -> tuple[Closed, ...]:
    """Every close there was (at the moment looked at), those taken back included, by month and number."""
    found = find_documents(where, CLOSED, (MANIFEST, REOPENED))
    closes = []
    for folder, documents in found.items():
        month, _, number = folder.partition("/")
        if MANIFEST in documents and number.isdigit():
            closes.append(_read(where, month, int(number), documents))
    if where.at is not None:
        closes = [
            _as_of(each, where.at)
            for each in closes
            if _moment(each.manifest, "closed_at") < where.at
        ]
    return tuple(sorted(closes, key=lambda each: (each.month, each.number)))


def _as_of(closed: Closed, at: datetime) -> Closed:
    """`closed` as it stood at `at`: what took it back later has not."""
    if closed.reopened is None or _moment(closed.reopened, "reopened_at") < at:
        return closed
    return closed._replace(reopened=None)


def _moment(document: Mapping[str, Any], name: str) -> datetime:
    return datetime.fromisoformat(document[name])


def _read(where: Location, month: str, number: int, documents: Mapping[str, bytes]) -> Closed:
    text = documents[MANIFEST]
    try:
        manifest = json.loads(text)
        base = where.root / CLOSED / month / str(number)
        files = tuple(_kept(base, entry) for entry in manifest["files"])
        reopened = json.loads(documents[REOPENED]) if REOPENED in documents else None
    except (ValueError, KeyError, TypeError) as error:
        raise LedgerError(
            f"{where.url}/{CLOSED}/{month}/{number}/{MANIFEST} is not a manifest of ours: {error}",
            hint="restore it from a backup",
        ) from error
    return Closed(month, number, files, manifest, hashlib.sha256(text).hexdigest(), reopened)


def _kept(base: Path, entry: Mapping[str, Any]) -> KeptFile:
    path = base / entry["table"] / unquote(entry["key"])
    file = DataFile(str(path), entry["partition"], entry["size"], entry["rows"], entry["key"])
    return KeptFile(entry["table"], file, entry["sha256"], entry["accounts"])


def document(where: Location, closed: Closed, name: str) -> bytes:
    """The document `name` (config, prices …) of a close; LedgerError when it is not what was kept."""
    entry = closed.manifest["documents"][name]
    content = read_document(where, f"{CLOSED}/{closed.name}/{entry['file']}")
    if content is None or hashlib.sha256(content).hexdigest() != entry["sha256"]:
        raise _changed(where, closed, entry["file"])
    return content


def damage(where: Location, closed: Closed) -> tuple[str, ...]:
    """What of a close is missing or not what was kept, every byte read again; empty when all is well."""
    wrong = []
    for each in closed.files:
        try:
            fetch_kept(where, f"{CLOSED}/{closed.name}/{each.table}", [each.file])
            same = sha256_of(Path(each.file.path)) == each.sha256
        except (OSError, LedgerError, SourceError):
            same = False
        if not same:
            wrong.append(f"{each.table}/{each.file.key}")
    for name in closed.manifest["documents"]:
        try:
            document(where, closed, name)
        except LedgerError:
            wrong.append(closed.manifest["documents"][name]["file"])
    return tuple(wrong)


def _changed(where: Location, closed: Closed, file: str) -> LedgerError:
    return LedgerError(
        f"the books of {closed.month} were changed after they were closed: "
        f"{where.url}/{CLOSED}/{closed.name}/{file} is not the file its manifest names",
        hint="restore it from a backup, or take the close back: "
        f"finops close {closed.month} --reopen --reason …",
    )


@dataclass(frozen=True, slots=True)
class ClosedLedger(Ledger):
    """A ledger that holds what one closed month's books were made of, and nothing else."""

    closed: Closed

    def delta(self, table: str) -> DeltaTable | None:  # noqa: ARG002  (as every ledger is asked)
        """None: nothing is ever written here."""
        return None

    def files(self, table: str) -> tuple[DataFile, ...]:
        """The kept files of `table`."""
        return tuple(each.file for each in self.closed.of(table))

    def local(self, files: Sequence[DataFile], table: str) -> list[str]:
        """Paths of `files`, which are what the manifest says; LedgerError names one that is not."""
        check_kept(self.location, self.closed, table)
        return [file.path for file in files]


def check_kept(where: Location, closed: Closed, table: str) -> None:
    """Fetch the files a close kept of `table`, and hold each to the manifest.

    A file is hashed when it is first read on this machine and whenever its size, times or identity
    differ from then.
    """
    kept = closed.of(table)
    fetch_kept(where, f"{CLOSED}/{closed.name}/{table}", [each.file for each in kept])
    for each in kept:
        path = Path(each.file.path)
        if is_verified(path, each.sha256):
            continue
        try:
            same = sha256_of(path) == each.sha256
        except OSError:
            same = False
        if not same:
            raise _changed(where, closed, f"{each.table}/{each.file.key}")
        remember_verified(path, each.sha256)


# --- writing -----------------------------------------------------------------------------------


def keep(
    ledger: Ledger,
    month: str,
    files: Sequence[Keeping],
    documents: Mapping[str, bytes],
    manifest: Mapping[str, Any],
    earlier: Sequence[Closed],
    make: Callable[[Path], Sequence[Keeping]] = lambda _: (),
) -> Closed:
    """Close `month` with these files, documents and further facts for its manifest.

    `earlier` are all closes there were when it was decided to close. `make` may write further Parquet
    files into the folder it is given, each below its table. Nothing is closed until everything is
    there; CommitConflict when somebody else closed the month meanwhile.
    """
    where = ledger.location
    refuse_to_write(where)
    number = 1 + max((each.number for each in earlier if each.month == month), default=0)
    parent = where.root / CLOSED / month
    working = parent / f".{number}-{uuid4().hex}"
    with delta_errors(f"cannot close {month} in the ledger at {where.url}"):
        working.mkdir(parents=True)
        _forget_unfinished(parent)
        try:
            kept = [_take(working, each) for each in files]
            kept += [_take(working, each) for each in make(working)]
            written = {name: _write(working, name, content) for name, content in documents.items()}
            full = {
                "schema": SCHEMA,
                "month": month,
                "number": number,
                **manifest,
                "documents": written,
                "files": [_entry(each) for each in kept],
            }
            text = json.dumps(full, indent=1, ensure_ascii=False).encode()
            (working / MANIFEST).write_bytes(text)
            publish_folder(where, working, f"{CLOSED}/{month}/{number}", MANIFEST)
        finally:
            shutil.rmtree(working, ignore_errors=True)
    return next(each for each in all_closes(where) if (each.month, each.number) == (month, number))


_UNFINISHED_S = 24 * 3600.0


def _forget_unfinished(parent: Path) -> None:
    """Remove folders in which somebody began to close the month, a day or more ago, and never ended."""
    for folder in parent.glob(".*"):
        if folder.stat().st_mtime < time.time() - _UNFINISHED_S:
            shutil.rmtree(folder, ignore_errors=True)


def _take(working: Path, wanted: Keeping) -> KeptFile:
    """Put a file below its table in the folder being made, as a second name of it where that works."""
    source, target = Path(wanted.file.path), working / wanted.table / unquote(wanted.file.key)
    if source != target:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, target)
        except OSError:
            shutil.copyfile(source, target)
    return KeptFile(wanted.table, wanted.file, sha256_of(target), wanted.accounts)


def _write(working: Path, name: str, content: bytes) -> dict[str, str]:
    stem, _, suffix = name.rpartition(".")
    digest = hashlib.sha256(content).hexdigest()
    file = f"{stem}-{digest[:12]}.{suffix}"
    (working / file).write_bytes(content)
    return {"file": file, "sha256": digest}


def _entry(kept: KeptFile) -> dict[str, Any]:
    return {
        "table": kept.table,
        "key": kept.file.key,
        "partition": kept.file.partition,
        "size": kept.file.size,
        "rows": kept.file.rows,
        "sha256": kept.sha256,
        "accounts": kept.accounts,
    }


def reopen(ledger: Ledger, closed: Closed, note: Mapping[str, Any]) -> None:
    """Take a close back: `note` is kept beside it, and everything it kept stays where it is."""
    where = ledger.location
    refuse_to_write(where)
    with delta_errors(f"cannot reopen {closed.month} in the ledger at {where.url}"):
        text = json.dumps(note, indent=1, ensure_ascii=False).encode()
        publish_document(where, f"{CLOSED}/{closed.name}/{REOPENED}", text)
