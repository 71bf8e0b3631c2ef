"""Threads that work for a screen: stopped and waited for at the end."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from finops.api.session import open_session
from finops.errors import Stopped
from finops.stopping import watch
from tui.call import Call
from tui.desk import Desk, at_rest, in_background

if TYPE_CHECKING:
    from pathlib import Path


def test_a_thread_that_works_is_not_at_rest() -> None:
    let_go = threading.Event()

    async def scenario() -> None:
        waiting = asyncio.create_task(in_background(let_go.wait))
        await asyncio.sleep(0)
        assert not at_rest(0.0)
        let_go.set()
        assert await waiting
        assert at_rest(5.0)

    asyncio.run(scenario())


def test_closing_stops_what_is_asked(small_ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = threading.Event()

    def endless(_call: Call, _session: object) -> None:
        begun.set()
        while True:
            watch()

    monkeypatch.setattr(Call, "ask", endless)

    async def scenario() -> None:
        desk = Desk(open_session(small_ledger))
        asked = asyncio.create_task(desk.answer(Call.of("costs")))
        await asyncio.to_thread(begun.wait)
        desk.close()
        with pytest.raises(Stopped):
            await asked
        assert at_rest(5.0)

    asyncio.run(scenario())


def test_of_questions_in_a_row_the_first_and_the_last_are_asked(
    small_ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Call] = []
    monkeypatch.setattr(Call, "ask", lambda call, _session: asked.append(call))
    calls = [Call.of("costs", by=name) for name in ("service", "region", "team")]

    async def scenario() -> None:
        desk = Desk(open_session(small_ledger))
        tasks = [asyncio.create_task(desk.answer(call)) for call in calls]
        await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(scenario())
    assert asked == [calls[0], calls[2]]
