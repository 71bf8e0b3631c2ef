"""The scorecard, vendors and sources, browsed: what they show, where Enter leads, what cannot be opened."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from finops.api.session import open_session
from tests.tui.driving import driven, play
from tests.tui.test_same_as_commands import check_table
from tui.panes.table import TablePane

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def scored_ledger(small_ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the small ledger with a score written down, in a folder of its own."""
    place = tmp_path / "ledger"
    shutil.copytree(small_ledger, place)
    monkeypatch.chdir(tmp_path)
    open_session(place).scorecard.run()
    return place


def test_a_category_opens_its_checks_with_their_evidence(scored_ledger: Path) -> None:
    async def scenario() -> None:
        async with driven(
            scored_ledger, ledger=str(scored_ledger), view="scorecard", size=(160, 24)
        ) as it:
            assert len(it.shown) == 8
            assert isinstance(it.pane, TablePane)
            check_table(it, it.pane)
            await it.press("down", "enter")
            assert it.pane.view.name == "checks"
            assert it.command.startswith(
                "finops scorecard show --category reliability_targets --checks"
            )
            check_table(it, it.pane)
            await it.press("escape")
            assert it.table.place == 1
            for name in ("roadmap", "scores", "checklist"):
                it.app.go(name)
                await it.settle()
                check_table(it, it.pane)

    play(scenario)


def test_vendors_stand_side_by_side(
    small_ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    shutil.copytree(repository / "samples" / "vendors", tmp_path / "vendors")
    monkeypatch.chdir(tmp_path)

    async def scenario() -> None:
        async with driven(
            small_ledger, ledger=str(small_ledger), view="vendors", size=(160, 40)
        ) as it:
            assert it.pane.answer is not None
            assert {"meridian", "tidewater", "kestrel"} <= {
                column.name for column in it.pane.answer.report.columns
            }
            for name in ("vendors", "quotes", "sheet"):
                it.app.go(name)
                await it.settle()
                assert it.pane.error is None
                check_table(it, it.pane)  # type: ignore[arg-type]

    play(scenario)


def test_a_configured_source_is_pulled_from_its_row(
    small_ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "ledger"
    shutil.copytree(small_ledger, place)
    logs = tmp_path / "projects"
    logs.mkdir()
    (tmp_path / "finops.toml").write_text(
        f'[sources.agents]\nconnector = "claude-code"\npath = "{logs}"\n', encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)

    async def scenario() -> None:
        async with driven(place, ledger=str(place), view="sources", size=(160, 40)) as it:
            assert sorted({row[0] for row in it.shown}) == ["bill", "dcgm", "log"]
            it.app.go("connectors")
            await it.settle()
            rows = [row[0] for row in it.shown]
            await it.press("enter")
            assert it.pane.view.name == "connectors"
            for _ in range(rows.index("claude-code")):
                await it.press("down")
            await it.press("enter")
            assert it.pane.view.name == "pull"
            assert it.command == f"finops pull agents --ledger {place}"
            assert it.pane.error is None

    play(scenario)
