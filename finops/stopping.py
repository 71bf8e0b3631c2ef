"""Stopping a question from another thread: a screen the reader has left, a notebook cell, a time limit.

    stop = Stop()

    def work():             # in a thread
        with stop:
            show(session.unit("team"))

    stop.now()              # in any other: `work` ends with Stopped

It stands beside the layers because the engine hears it and front ends say it. A question that is stopped
leaves nothing behind: what it was writing is committed as a whole or not at all.
"""

from __future__ import annotations

import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING, Self

from finops.errors import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__all__ = ["Stop", "watch"]

_AGAIN_S = 0.05
"""Seconds between interrupts: one that falls between two queries is not heard."""


class Stop:
    """A word that ends what one thread computes; enter it there, say `now()` anywhere."""

    def __init__(self) -> None:
        self._said = threading.Event()
        self._left = threading.Event()
        self._left.set()
        self._ends: list[Callable[[], None]] = []

    @property
    def said(self) -> bool:
        """Whether `now` was called."""
        return self._said.is_set()

    def now(self) -> None:
        """End what is computed, within a moment; returns at once. What is entered later ends at once too."""
        if not self._said.is_set():
            self._said.set()
            threading.Thread(target=self._interrupt, name="finops stop", daemon=True).start()

    def check(self) -> None:
        """Stopped when `now` was called."""
        if self._said.is_set():
            raise Stopped("the question was stopped")

    def holds(self, end: Callable[[], None]) -> None:
        """Call `end` as well: it ends the query of one connection, if any runs."""
        self._ends.append(end)

    def __enter__(self) -> Self:
        self.check()
        self._left.clear()
        self._token = _CURRENT.set(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _CURRENT.reset(self._token)
        self._left.set()
        self._ends.clear()
        if self.said and isinstance(error, Exception):
            raise Stopped("the question was stopped") from error

    def _interrupt(self) -> None:
        while True:
            for end in tuple(self._ends):
                end()
            if self._left.wait(_AGAIN_S):
                return


_CURRENT: ContextVar[Stop | None] = ContextVar("stop", default=None)


def watch(end: Callable[[], None] | None = None) -> None:
    """Called before each query: Stopped when this thread was told to. `end` ends what a new connection runs."""
    stop = _CURRENT.get()
    if stop is None:
        return
    stop.check()
    if end is not None:
        stop.holds(end)
