"""Where answers come from: one ledger, the answers already given, and threads that get further ones.

An answer is kept until the ledger changes. Two who ask the same wait for the same thread. A thread that
nobody waits for any more is told to stop, and never holds up the end of the program.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from finops.stopping import Stop
from tui.settling import SettledPeriods

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from finops.api.answer import Answer
    from finops.api.session import Session
    from finops.ledger.store import Ledger
    from tui.call import Call

__all__ = ["Desk", "at_rest", "in_background", "ledger_stamp"]

T = TypeVar("T")

KEPT = 96
"""Answers kept, the most recently used."""

_BACKGROUND = "finops-answer"
"""The name of threads that work for a screen."""

PAUSE_S = 0.08
"""Wait before a question is asked soon after another: whoever holds a key down asks the first and the last."""

SOON_S = 0.3
"""Seconds after a question within which the next one waits."""


class Desk:
    """Answers the calls of every view."""

    def __init__(self, session: Session, ledger: str | None = None) -> None:
        self.session = session
        self.ledger = ledger
        """The ledger to name in copied commands; None where it is the default one."""
        self._kept: OrderedDict[Call, Answer[Any]] = OrderedDict()
        self._asked: dict[Call, _Asked] = {}
        self._settled = SettledPeriods()
        self._one_at_a_time = threading.Lock()
        self._last = -SOON_S
        """When the last question came, on the monotonic clock."""

    def known(self, call: Call) -> Answer[Any] | None:
        """The answer, where it has been given already."""
        found = self._kept.get(call)
        if found is not None:
            self._kept.move_to_end(call)
        return found

    def forget(self) -> None:
        """The ledger has changed: no answer stands any longer."""
        self._kept = OrderedDict()
        self._settled = SettledPeriods()

    def close(self) -> None:
        """Nobody waits for any answer now: what is being asked stops within a moment."""
        for asked in tuple(self._asked.values()):
            asked.stop.now()

    async def answer(self, call: Call) -> Answer[Any]:
        """The answer to `call`; FinopsError as the API raises it. Cancelled, it stops what nobody waits for."""
        found = self.known(call)
        if found is not None:
            return found
        before, self._last = self._last, monotonic()
        if self._last - before < SOON_S:
            await asyncio.sleep(PAUSE_S)
        asked = self._asked.get(call)
        if asked is None:
            asked = _Asked(Stop())
            asked.task = asyncio.create_task(self._ask(call, asked.stop))
            asked.task.add_done_callback(partial(self._done, call))
            self._asked[call] = asked
        asked.waiting += 1
        try:
            return await asyncio.shield(asked.task)
        finally:
            asked.waiting -= 1
            if not asked.waiting and not asked.task.done():
                asked.stop.now()
                self._asked.pop(call, None)

    async def _ask(self, call: Call, stop: Stop) -> Answer[Any]:
        kept = self._kept
        found = await in_background(lambda: self._asked_alone(call, stop))
        kept[call] = found
        while len(kept) > KEPT:
            kept.popitem(last=False)
        return found

    def _asked_alone(self, call: Call, stop: Stop) -> Answer[Any]:
        """In a thread: questions follow each other, so that they do not share the machine's memory."""
        with self._one_at_a_time, stop:
            if self._settled.fits(call):
                return self._settled.answer(self.session, call)
            return call.ask(self.session)

    def _done(self, call: Call, task: asyncio.Task[Answer[Any]]) -> None:
        asked = self._asked.get(call)
        if asked is not None and asked.task is task:
            del self._asked[call]
        if not task.cancelled():
            task.exception()


class _Asked:
    """A question a thread works on, and how many wait for it."""

    task: asyncio.Task[Answer[Any]]

    def __init__(self, stop: Stop) -> None:
        self.stop = stop
        self.waiting = 0


def ledger_stamp(ledger: Ledger) -> tuple[int | None, ...]:
    """Versions of every table: another one, and the ledger has changed."""
    from finops.model.tables import TABLES

    return tuple(ledger.version(name) for name in TABLES)


async def in_background(work: Callable[[], T]) -> T:
    """What `work` returns or raises, from a thread that does not outlive the program."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()
    handing = _Handing(loop, done)

    def run() -> None:
        with handing:
            handing.value = work()

    threading.Thread(target=run, daemon=True, name=_BACKGROUND).start()
    return await done


def at_rest(within: float) -> bool:
    """Whether no thread works in the background any more, once up to `within` seconds have passed.

    The interpreter must not end while one is inside an engine: taking it down there ends in an abort.
    """
    until = monotonic() + within
    working = [thread for thread in threading.enumerate() if thread.name == _BACKGROUND]
    for thread in working:
        thread.join(max(0.0, until - monotonic()))
    return not any(thread.is_alive() for thread in working)


class _Handing(Generic[T]):
    """Hands what a thread made, or what it raised, to the future somebody awaits."""

    value: T

    def __init__(self, loop: asyncio.AbstractEventLoop, done: asyncio.Future[T]) -> None:
        self.loop = loop
        self.done = done

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self._settle, error)
        return True

    def _settle(self, error: BaseException | None) -> None:
        if self.done.done():
            return
        if error is not None:
            self.done.set_exception(error)
        else:
            self.done.set_result(self.value)
