"""Received spans on disk until they are in the ledger: nothing is acknowledged before it is here.

Lines are appended to a segment and made durable together: requests that wait for the disk at the same time share one
`fsync`. Segments that are full, or old enough, are given to the loader, which deletes them when their spans are in
the ledger; a process that was killed leaves them for the next. What waits is bounded: beyond `limit` bytes nothing is taken,
and the sender is told to come again.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from finops.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from io import BufferedWriter
    from pathlib import Path

__all__ = ["Full", "Journal"]

_SEGMENT_BYTES = 16 * 1024 * 1024


class Full(Exception):
    """More is waiting than the limit allows."""


class Journal:
    """Segments in `folder`, of which one process writes."""

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder, self._limit = folder, limit
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = threading.Condition()
        self._number = max((int(path.stem) for path in self._found()), default=0)
        self._stream: BufferedWriter | None = None
        self._path: Path | None = None
        self._written = self._durable = 0
        self._syncing = False
        self._waiting = sum(path.stat().st_size for path in self._found())

    @property
    def waiting(self) -> int:
        """Bytes that are not in the ledger yet."""
        return self._waiting

    def append(self, lines: Iterable[str]) -> None:
        """Write `lines` and return when they are on disk; Full when too much waits, LedgerError without a disk."""
        data = "".join(f"{line}\n" for line in lines).encode()
        if not data:
            return
        try:
            with self._lock:
                if self._waiting + len(data) > self._limit:
                    raise Full
                self._open().write(data)
                self._waiting += len(data)
                self._written += len(data)
                mine = self._written
            self._sync(mine)
        except OSError as error:
            raise LedgerError(f"cannot write to {self._folder}: {error}") from error

    def rotate(self) -> list[Path]:
        """End the segment that is written to; every ended segment, oldest first."""
        with self._lock:
            while self._syncing:
                self._lock.wait()
            self._end()
            return self._found()

    def replace(self, done: list[Path], left: Iterable[str]) -> None:
        """Forget the segments `done`, keeping the lines `left` in a segment of their own."""
        data = "".join(f"{line}\n" for line in left).encode()
        with self._lock:
            if data:
                self._number += 1
                part = self._folder / f"{self._number:012}.part"
                with part.open("wb") as stream:
                    stream.write(data)
                    stream.flush()
                    os.fsync(stream.fileno())
                part.rename(part.with_suffix(".jsonl"))
                self._sync_folder()
            for path in done:
                self._waiting -= path.stat().st_size
                path.unlink()
            self._waiting += len(data)

    def close(self) -> None:
        """End the segment; what waits stays."""
        with self._lock:
            self._end()

    def _found(self) -> list[Path]:
        return sorted(self._folder.glob("*.jsonl"))

    def _open(self) -> BufferedWriter:
        if self._stream is not None and self._stream.tell() >= _SEGMENT_BYTES and not self._syncing:
            self._end()
        if self._stream is None:
            self._number += 1
            self._path = self._folder / f"{self._number:012}.jsonl"
            self._stream = self._path.open("ab")
            self._sync_folder()
        return self._stream

    def _sync_folder(self) -> None:
        """Have the segment's name on the disk as well."""
        held = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(held)
        finally:
            os.close(held)

    def _end(self) -> None:
        if self._stream is not None:
            self._stream.flush()
            os.fsync(self._stream.fileno())
            self._durable = self._written
            self._stream.close()
            self._stream = None
            self._lock.notify_all()

    def _sync(self, mine: int) -> None:
        """Return when everything up to `mine` is durable: one thread syncs for all that wait."""
        with self._lock:
            while self._durable < mine:
                if self._syncing:
                    self._lock.wait()
                    continue
                stream, upto = self._stream, self._written
                if stream is None:
                    raise OSError("the segment was ended without its lines")
                self._syncing = True
                stream.flush()
                self._lock.release()
                try:
                    os.fsync(stream.fileno())
                finally:
                    self._lock.acquire()
                    self._syncing = False
                    self._lock.notify_all()
                self._durable = max(self._durable, upto)
