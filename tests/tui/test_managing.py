"""The review, the actions and the data quality of a month, browsed: where Enter leads, what is exported."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from textual.widgets import OptionList

from finops.api.session import open_session
from tests.tui.driving import Driver, driven, play
from tests.tui.test_same_as_commands import check_table, printed
from tui.panes.section import SectionPane
from tui.panes.table import TablePane

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def listed_ledger(small_ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the small ledger with two actions, in a folder of its own."""
    place = tmp_path / "ledger"
    shutil.copytree(small_ledger, place)
    monkeypatch.chdir(tmp_path)
    actions = open_session(place).actions
    actions.add("Cache the prompts", by="dana", owner="search", due="2026-12-01", expected="3")
    actions.add("Rent less", by="dana", expected="12.50")
    actions.change("A-1", by="sam", note="half of it is done")
    return place


def table(it: Driver) -> TablePane:
    """The pane shown, a table."""
    assert isinstance(it.pane, TablePane)
    return it.pane


def test_a_review_opens_section_by_section(listed_ledger: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with driven(listed_ledger, ledger=str(listed_ledger), size=(120, 40)) as it:
            await it.press("R")
            assert it.command == f"finops review 2026-10 --ledger {listed_ledger}"
            names = [row[0] for row in it.shown]
            assert names[0] == "1. Headline"
            await it.press("down", "enter")
            pane = it.pane
            assert isinstance(pane, SectionPane)
            assert names[1] in it.bar("crumbs")
            assert pane.commands == list(dict.fromkeys(pane.commands)) != []
            assert "AWS Compute rose by 10.00 USD" in pane.text(80)
            await it.press("e", "ctrl+u")
            await it.type(str(tmp_path / "out.html"))
            assert (tmp_path / "out.html").read_bytes() == printed(it, pane.call, "html")
            command = pane.commands[0]
            await it.press("enter")
            assert it.command.startswith(command)
            await it.press("escape", "escape")
            assert it.table.place == 1

    play(scenario)


def test_every_command_of_a_review_opens(listed_ledger: Path) -> None:
    async def scenario() -> None:
        async with driven(
            listed_ledger, ledger=str(listed_ledger), view="review", size=(120, 40)
        ) as it:
            for _ in range(len(it.shown)):
                await it.press("enter")
                assert isinstance(it.pane, SectionPane)
                for place in range(len(it.pane.commands)):
                    it.pane.query_one(OptionList).highlighted = place
                    await it.press("enter")
                    error = table(it).error
                    assert error is None or "missing" in error.message, it.command
                    await it.press("escape")
                await it.press("escape", "down")

    play(scenario)


def test_an_action_opens_everything_that_was_said_of_it(listed_ledger: Path) -> None:
    async def scenario() -> None:
        async with driven(listed_ledger, ledger=str(listed_ledger), size=(160, 30)) as it:
            await it.press("A")
            assert [row[:3] for row in it.shown] == [
                ("A-1", "open", "Cache the prompts"),
                ("A-2", "open", "Rent less"),
            ]
            check_table(it, table(it))
            await it.press("enter")
            assert it.command == f"finops actions show A-1 --ledger {listed_ledger}"
            assert [row[1:3] for row in it.shown] == [("dana", "added"), ("sam", "changed")]
            check_table(it, table(it))

    play(scenario)


def test_what_data_lack_leads_to_the_rows_behind(listed_ledger: Path) -> None:
    async def scenario() -> None:
        async with driven(listed_ledger, ledger=str(listed_ledger), size=(160, 30)) as it:
            await it.press("Q")
            assert it.command == f"finops quality --month 2026-10 --ledger {listed_ledger}"
            check_table(it, table(it))
            checks = [row[0] for row in it.shown]
            assert {"owners", "allocation"} <= set(checks)
            for check, view in (("owners", "owners"), ("list cost", "spend")):
                await it.press("home", *["down"] * checks.index(check), "enter")
                assert it.pane.view.name == view
                await it.press("escape")

    play(scenario)
