"""The shell: going, coming back, shaping a view, and saying why something cannot be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.errors import LedgerMissing
from tests.tui.driving import driven, play

if TYPE_CHECKING:
    from pathlib import Path


def test_the_first_screen_answers_without_a_key(small_ledger: Path) -> None:
    async def scenario() -> None:
        async with driven(small_ledger) as it:
            assert it.pane.view.name == "overview"
            assert it.app.span.label == "2026-10"
            spent = str(it.app.query_one("#panel-spent").render())
            assert "123.62 USD" in spent
            assert "AWS" in spent

    play(scenario)


def test_enter_drills_and_escape_comes_back_to_the_same_row(small_ledger: Path) -> None:
    async def scenario() -> None:
        async with driven(small_ledger) as it:
            await it.press("2", "down")
            assert it.shown[1][0] == "Models"
            await it.press("enter")
            assert it.where == ["ServiceName = 'Models'"]
            assert it.pane.state.by == ("provider",)
            assert [row[0] for row in it.shown] == ["OpenAI"]
            assert "Spend" in it.bar("crumbs")
            assert "Models" in it.bar("crumbs")
            await it.press("escape")
            assert it.where == []
            assert it.table.place == 1
            await it.press("escape")
            assert it.pane.view.name == "overview"

    play(scenario)


def test_periods_move_in_every_view(small_ledger: Path) -> None:
    async def scenario() -> None:
        async with driven(small_ledger) as it:
            await it.press("2", "left_square_bracket")
            assert it.command.endswith("--month 2026-09")
            assert it.shown[0][:3] == ("Compute", "90.50", "90.50")
            await it.press("3")
            assert "--month 2026-09" in it.command
            await it.press("right_square_bracket", "2")
            assert "--month 2026-10" in it.command
            assert it.shown[0][2] == "100.50"

    play(scenario)


def test_a_word_filters_the_first_dimension(small_ledger: Path) -> None:
    async def scenario() -> None:
        async with driven(small_ledger) as it:
            await it.press("2", "slash")
            await it.type("sto")
            assert it.pane.state.filter == "ServiceName ilike '%sto%'"
            assert [row[0] for row in it.shown] == ["Storage"]
            await it.press("backspace")
            assert len(it.shown) == 5

    play(scenario)


def test_a_wrong_filter_is_said_in_words(small_ledger: Path) -> None:
    async def scenario() -> None:
        async with driven(small_ledger) as it:
            await it.press("2", "slash")
            await it.type("Servicename = nothing")
            assert it.pane.error is not None
            assert "nothing" in it.pane.error.message
            await it.press("backspace")
            assert len(it.shown) == 5

    play(scenario)


def test_what_cannot_be_done_says_why(small_ledger: Path) -> None:
    async def scenario() -> None:
        async with driven(small_ledger, size=(140, 30)) as it:
            await it.press("2", "x")
            assert it.toasts == ["Put the cursor on a number first."]
            assert "explain" not in it.bar("keys")
            await it.press("right")
            assert "explain" in it.bar("keys")

    play(scenario)


def test_the_command_is_copied(small_ledger: Path) -> None:
    async def scenario() -> None:
        async with driven(small_ledger, ledger=str(small_ledger)) as it:
            await it.press("2", "y")
            said = f"finops costs --by ServiceName --month 2026-10 --ledger {small_ledger}"
            assert it.app.clipboard == said

    play(scenario)


def test_no_ledger_offers_the_demo(small_ledger: Path) -> None:
    from finops.api.session import open_session

    def none() -> None:
        raise LedgerMissing("there is no ledger at nowhere", hint="finops demo")

    async def scenario() -> None:
        async with driven(
            open_ledger=none,  # type: ignore[arg-type]
            demo=lambda: open_session(small_ledger),
        ) as it:
            assert it.pane.view.name == "start"
            assert "load the sample company" in str(it.pane.children[0].render())
            await it.press("d")
            assert it.pane.view.name == "overview"

    play(scenario)
