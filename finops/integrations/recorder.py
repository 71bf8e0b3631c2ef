"""Finished calls on their way from somebody's program to a folder of JSON Lines, without being in its way.

`record` puts a call into a queue of bounded length and returns; a thread of its own writes what has gathered, makes it
durable and waits for more. A full queue or a full disk loses calls, counts them and says so in the log of the
program, once a minute; nothing is ever raised. A program that is killed loses what waits in the queue, a fraction of a
second. A line that was cut short is left out by whoever reads it.

Each process writes segments of its own (`calls-<host>-<process>-<time>-<number>.jsonl`). Beyond `limit` bytes in
the folder the oldest segments, of any process, are deleted.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import platform
import queue
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from io import BufferedWriter
    from pathlib import Path

__all__ = ["Limits", "Recorder"]

_LOG = logging.getLogger("finops")
_SAY_EVERY_S = 60.0
_CLOSE_S = 5.0


class Limits(NamedTuple):
    """How much may wait, how long, and how much is kept."""

    waiting: int = 10_000
    """Calls in the queue; one more is lost."""
    gather_s: float = 0.2
    """How long calls are gathered before they are made durable together."""
    segment_bytes: int = 8 * 1024 * 1024
    folder_bytes: int = 1024 * 1024 * 1024


class Recorder:
    """Writes calls into `folder`; threads may share one, and a forked process gets a queue and a thread of its own."""

    def __init__(self, folder: Path, limits: Limits = Limits()) -> None:  # noqa: B008  (a constant)
        self.folder, self.limits = folder, limits
        self.lost = 0
        self._lock = threading.Lock()
        self._said = -_SAY_EVERY_S
        self._begin()
        atexit.register(self.close)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._queue: queue.Queue[str | None] = queue.Queue(self.limits.waiting)
        self._thread: threading.Thread | None = None
        self._stream: BufferedWriter | None = None
        self._number = 0
        self._began = time.strftime("%Y%m%dT%H%M%S", time.gmtime())

    def record(self, call: Mapping[str, Any]) -> None:
        """Hand over one call; returns at once, whatever happens."""
        try:
            self._queue.put_nowait(json.dumps(call, ensure_ascii=False, default=str))
        except queue.Full:
            self._lose(1, "more calls are waiting than are taken")
            return
        if self._thread is None:
            self._start()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="finops", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Write what waits; gives up after five seconds."""
        thread = self._thread
        if thread is not None and thread.is_alive():
            try:
                self._queue.put(None, timeout=_CLOSE_S)
            except queue.Full:
                return
            thread.join(_CLOSE_S)

    def _run(self) -> None:
        last = False
        while not last:
            lines = [self._queue.get()]
            until = time.monotonic() + self.limits.gather_s
            while lines[-1] is not None and len(lines) < self.limits.waiting:
                try:
                    lines.append(self._queue.get(timeout=max(0.0, until - time.monotonic())))
                except queue.Empty:
                    break
            last = lines[-1] is None
            self._write([line for line in lines if line is not None])
        self._thread = None

    def _write(self, lines: list[str]) -> None:
        if not lines:
            return
        try:
            stream = self._open()
            stream.write("".join(f"{line}\n" for line in lines).encode())
            stream.flush()
            os.fsync(stream.fileno())
        except OSError as error:
            self._stream = None
            self._lose(len(lines), f"{self.folder} cannot be written: {error}")

    def _open(self) -> BufferedWriter:
        """The segment that is written to; a new one where that is full."""
        if self._stream is not None and self._stream.tell() >= self.limits.segment_bytes:
            self._stream.close()
            self._stream = None
        if self._stream is None:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._make_room()
            self._number += 1
            name = f"calls-{platform.node()}-{os.getpid()}-{self._began}-{self._number:06}.jsonl"
            self._stream = (self.folder / name).open("ab")
        return self._stream

    def _make_room(self) -> None:
        """Delete the oldest segments beyond the limit."""
        segments = [(path.stat(), path) for path in self.folder.glob("calls-*.jsonl")]
        found = sorted((status.st_mtime_ns, status.st_size, path) for status, path in segments)
        held = sum(size for _, size, _ in found)
        for _, size, path in found:
            if held + self.limits.segment_bytes <= self.limits.folder_bytes:
                return
            path.unlink(missing_ok=True)
            held -= size

    def _lose(self, calls: int, why: str) -> None:
        self.lost += calls
        now = time.monotonic()
        if now - self._said >= _SAY_EVERY_S:
            self._said = now
            _LOG.warning("finops: %d calls were not recorded so far: %s", self.lost, why)
