"""What happens while the program runs: questions that take long, ledgers that change, the mouse, the end, the next start."""

from __future__ import annotations

import shutil
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from finops.api.session import open_session
from finops.errors import LedgerMissing
from tests.analysis.ledgers import add, cost
from tests.tui.driving import driven, play
from tui.bars import Bar
from tui.call import Call
from tui.dialogs.text import TextScreen
from tui.opening import LAST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from finops.api.answer import Answer
    from finops.api.session import Session
    from tests.tui.driving import Driver


@pytest.fixture(autouse=True)
def own_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered stays in the test's folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@contextmanager
def held(monkeypatch: pytest.MonkeyPatch, command: str) -> Iterator[threading.Event]:
    """Questions of `command` wait for the event."""
    go, ask = threading.Event(), Call.ask

    def slowly(call: Call, session: Session) -> Answer[object]:
        if call.command == command:
            go.wait()
        return ask(call, session)

    monkeypatch.setattr(Call, "ask", slowly)
    try:
        yield go
    finally:
        go.set()


async def hit(it: Driver, *keys: str) -> None:
    """Press keys without waiting for any answer."""
    await it.pilot.press(*keys)
    await it.pilot.pause()


def test_no_key_is_lost_while_an_answer_is_waited_for(
    small_ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with driven(small_ledger) as it:
            with held(monkeypatch, "costs") as go:
                await hit(it, "2")
                assert it.pane.since is not None
                await hit(it, "question_mark")
                assert isinstance(it.app.screen, TextScreen)
                await hit(it, "escape", "left_square_bracket", "slash", *"sto", "enter")
                assert it.pane.answer is None
                assert "ctrl+c stops" in str(it.pane.query_one("#message").render())
                go.set()
                await it.settle()
            assert it.app.span.label == "2026-09"
            assert it.pane.state.filter == "ServiceName ilike '%sto%'"
            assert [row[0] for row in it.shown] == ["Storage"]

    play(scenario)


def test_stop_waits_no_longer_and_refresh_asks_again(
    small_ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with driven(small_ledger) as it:
            with held(monkeypatch, "costs") as go:
                await hit(it, "2", "ctrl+c")
                assert it.pane.since is None
                assert "Stopped" in str(it.pane.query_one("#message").render())
                go.set()
            await it.settle()
            await it.press("r")
            assert len(it.shown) == 5

    play(scenario)


def test_a_ledger_that_changes_underneath_is_asked_again_in_the_same_place(
    small_ledger: Path, tmp_path: Path
) -> None:
    place = tmp_path / "ledger"
    shutil.copytree(small_ledger, place)

    async def scenario() -> None:
        async with driven(place, view="spend") as it:
            await it.app.look_again()
            await it.press("down", "right", "right")
            assert it.shown[1][:2] == ("Models", "12.12")
            later = [
                cost(amount, "2026-10-07", ServiceName=name, x_SourceId="more")
                for name, amount in (("Models", "7.875"), ("Aardvark", "500"))
            ]
            add(open_session(place).ledger, "costs", later)
            await it.app.look_again()
            await it.settle()
            assert it.shown[0][0] == "Aardvark"
            row = it.table.row
            assert row is not None
            assert row["ServiceName"] == "Models"
            assert it.shown[it.table.place][:2] == ("Models", "20.00")
            assert it.table.column == 2
            assert it.toasts == ["The ledger has changed: everything is asked again."]

    play(scenario)


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
def test_quit_remembers_view_period_filter_and_theme(small_ledger: Path, key: str) -> None:
    async def first() -> None:
        async with driven(small_ledger, view="spend") as it:
            await it.press("left_square_bracket", "slash")
            await it.type("provider = 'AWS'")
            it.app.theme = "gruvbox"
            await it.pilot.press(key)
            await it.pilot.pause()
            assert it.app.return_value == 0

    async def second() -> None:
        async with driven(small_ledger, view=LAST) as it:
            assert it.pane.view.name == "spend"
            assert it.app.span.label == "2026-09"
            assert it.where == ["provider = 'AWS'"]
            assert it.app.theme == "gruvbox"

    play(first)
    play(second)


def test_demo_is_loaded_where_there_is_no_ledger(small_ledger: Path) -> None:
    def none() -> Session:
        raise LedgerMissing("there is no ledger at nowhere")

    async def scenario() -> None:
        async with driven(open_ledger=none, demo=lambda: open_session(small_ledger)) as it:
            assert it.bar("keys").split()[:2] == ["d", "demo"]
            await it.press("d")
            assert it.pane.view.name == "overview"
            assert it.app.span.label == "2026-10"

    play(scenario)


def test_words_of_every_bar_can_be_clicked(small_ledger: Path) -> None:
    async def click(it: Driver, bar: str, word: str) -> None:
        assert await it.pilot.click(f"#{bar}", offset=(it.bar(bar).index(word) + 1, 0))
        await it.settle()

    async def scenario() -> None:
        async with driven(small_ledger) as it:
            await click(it, "tabs", "Spend")
            assert it.pane.view.name == "spend"
            await it.press("enter", "enter")
            assert len(it.app.stack) == 3
            await click(it, "crumbs", "Compute")
            assert len(it.app.stack) == 2
            await click(it, "crumbs", "Spend")
            assert it.where == []
            await click(it, "keys", "help")
            assert isinstance(it.app.screen, TextScreen)
            await it.press("escape")
            assert it.app.query_one("#tabs", Bar).hots[1].lit

    play(scenario)


def test_arrows_go_from_panel_to_panel(small_ledger: Path) -> None:
    async def scenario() -> None:
        async with driven(small_ledger) as it:
            seen = []
            for key in ("down", "right", "j", "l", "up"):
                await it.press(key)
                seen.append(getattr(it.app.focused, "id", None))
            names = ("produced", "changed", "advised", "spent", "advised")
            assert seen == [f"panel-{name}" for name in names]

    play(scenario)


def test_a_panel_is_chosen_with_the_mouse_and_its_command_copied(small_ledger: Path) -> None:
    async def scenario() -> None:
        async with driven(small_ledger) as it:
            await it.pilot.click("#panel-produced")
            await it.press("y")
            assert it.app.clipboard == "finops unit --by workflow --month 2026-10"
            await it.press("enter")
            assert it.pane.view.name == "unit"

    play(scenario)
