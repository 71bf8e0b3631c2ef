"""Where a source's files wait on this machine between being fetched and being committed.

A folder beside the ledger's tables, for its owner's eyes only. A file is here under its own name only when it
is complete, in a folder named after its address and version: a pull that was killed finds what it
had fetched. One process pulls a source at a time; whoever comes second is told.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connectors.contract import Spooled
from finops.errors import LedgerError
from finops.ledger.staging import try_lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

__all__ = ["FOLDER", "Spool", "spool_of"]

FOLDER = "_spool"
"""Folder of the spools, beside the ledger's tables."""


class Spool:
    """The files of one source."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def place(self, origin: str, version: str) -> Path:
        """Where the file fetched from `origin` in `version` is, or will be; its folder exists."""
        mark = hashlib.sha256(f"{origin}\n{version}".encode()).hexdigest()[:24]
        folder = self.folder / mark
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder / (origin.rstrip("/").rpartition("/")[2] or "file")

    def write_lines(self, origin: str, records: Iterable[Mapping[str, Any]]) -> Spooled | None:
        """`records` as JSON Lines, one at a time; None when there are none.

        Decimals are written as strings, which keep every digit. What must not be stored (prompts, completions)
        is taken out by the connector before it comes here.
        """
        path = self.place(origin, "lines").with_suffix(".jsonl")
        empty = True
        with path.open("w", encoding="utf-8") as stream:
            for record in records:
                stream.write(json.dumps(record, ensure_ascii=False, default=_as_text) + "\n")
                empty = False
        return None if empty else Spooled(path, origin)

    def write_bytes(self, origin: str, version: str, content: bytes) -> Spooled:
        """`content` as a complete file."""
        path = self.place(origin, version)
        part = path.with_name(f"{path.name}.part")
        part.write_bytes(content)
        part.rename(path)
        return Spooled(path, origin)

    def forget(self, files: Iterable[Spooled]) -> None:
        """Remove files that are in the ledger now."""
        for file in files:
            shutil.rmtree(file.path.parent, ignore_errors=True)

    def clear(self) -> None:
        """Remove everything, what earlier pulls left included."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _as_text(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    raise TypeError(f"{type(value).__name__} has no place in a log line")


@contextmanager
def spool_of(root: Path, source: str) -> Iterator[Spool]:
    """The spool of `source` below a ledger's `root`, held alone; LedgerError when another pull holds it."""
    above = root / FOLDER
    try:
        above.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = try_lock(above / f"{source}.lock")
    except OSError as error:
        raise LedgerError(f"cannot use {above}: {error}") from error
    if lock is None:
        raise LedgerError(
            f"another process is pulling {source} right now", hint="wait for it, or stop it"
        )
    with lock:
        yield Spool(above / source)
        if not any((above / source).glob("*")):
            shutil.rmtree(above / source, ignore_errors=True)


def sync(descriptor: int) -> None:
    """Have the file's bytes on the disk before its name says that it is complete."""
    os.fsync(descriptor)
