"""Ctrl-C while the engine computes: it may be heard late, or come back as an error of the engine's.

A handler remembers that ctrl-C was pressed, so that DuckDB's "query interrupted" is known for what it
is. A thread listens beside it: a main thread that has not stopped `GRACE_S` later is inside one long
call, and the process ends. Nothing is lost by that: a loader may die at any moment and the ledger
holds the state before or after its commit.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING, NoReturn

from finops.cli import diagnostics

if TYPE_CHECKING:
    from types import FrameType

    from finops.errors import ExitCode

__all__ = ["GRACE_S", "heard", "listen", "stopped"]

GRACE_S = 2.0
"""Seconds between ctrl-C and the end of a process that is still busy."""

_HEARD = threading.Event()
_TOLD = threading.Event()


def listen() -> None:
    """Make ctrl-C end this process, whatever it is doing. Call it once, in the main thread."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGINT, _remember)
    threading.Thread(target=_end, args=(reading,), daemon=True).start()


def heard() -> bool:
    """Whether ctrl-C was pressed since `listen`."""
    return _HEARD.is_set()


def stopped() -> ExitCode:
    """Say once that we were interrupted; the exit code of that."""
    if not _TOLD.is_set():
        _TOLD.set()
        diagnostics.interrupted()
    return diagnostics.ExitCode.INTERRUPTED


def _remember(signum: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001  (a handler gets both)
    _HEARD.set()
    raise KeyboardInterrupt


def _end(reading: int) -> None:
    while os.read(reading, 1) != bytes([signal.SIGINT]):
        continue
    time.sleep(GRACE_S)
    os._exit(stopped())
