"""Plain lines for a screen reader: nothing drawn, one column, nothing that moves, and the cursor's cell in words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from textual.geometry import Size

from finops.cli.tui_web import _command
from finops.sections.tui import Tui
from tests.tui.driving import driven, play
from tests.tui.test_frame import THREE, report_of
from tests.tui.test_projections import OWN, SCENARIO, projection
from tui.frame import frame_of
from tui.run import opening_of
from tui.speaking import sentence, spoken

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tui.driving import Driver

DRAWN = {chr(code) for code in range(0x2500, 0x25A0)}


@pytest.fixture(autouse=True)
def own_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered stays in the test's folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def screen(it: Driver) -> list[str]:
    """Every line as a terminal gets it."""
    return [strip.text.rstrip() for strip in it.app.screen._compositor.render_strips()]


def said(it: Driver, name: str = "spoken") -> str:
    return str(it.app.screen.query_one(f"#{name}").render())


def test_a_row_is_a_sentence_and_a_cell_is_said_with_its_place() -> None:
    frame = frame_of(THREE)
    assert sentence(frame, frame.texts(0)) == "b; Cost 2.00"
    assert sentence(frame, frame.totals) == "Total; Cost 1,234.50"
    assert spoken(frame, 1, 0) == "Row 2 of 3: a."
    assert spoken(frame, 1, 1) == "Row 2 of 3: a. Cost: n/a."
    assert spoken(frame_of(report_of()), 0, 0) == "No rows."


def test_rows_are_sentences_and_the_cursor_is_said(small_ledger: Path) -> None:
    async def scenario() -> None:
        async with driven(small_ledger, view="spend", text=True, size=(100, 40)) as it:
            assert said(it) == "Row 1 of 5: Compute."
            await it.press("down", "right")
            assert said(it) == "Row 2 of 5: Models. Billed: 12.12."
            lines = screen(it)
            assert "> Models; Billed 12.12; Effective 12.12; List n/a; Contracted n/a" in lines
            assert "  Total; Billed 123.62; Effective 123.62; List n/a; Contracted n/a" in lines
            assert not it.pane.has_class("charted")
            await it.press("v")
            assert [line.strip() for line in lines if "Chart" in line] == []
            told = [line.strip() for line in screen(it)]
            assert "Chart of EffectiveCost by day:" in told
            assert "4 values from 2026-10-03 to 2026-10-06: least 0.75 at 2026-10-06," in " ".join(
                told
            )
            assert "Compute: 100.50 in all." in told

    play(scenario)


def test_nothing_is_drawn_on_any_screen(small_ledger: Path) -> None:
    async def scenario() -> None:
        async with driven(small_ledger, text=True, size=(80, 24)) as it:
            for keys in ((), ("2",), ("g",), ("escape", "e"), ("escape", "slash"), ("escape", "?")):
                await it.press(*keys)
                assert not DRAWN & set("".join(screen(it))), keys

    play(scenario)


def test_panels_stand_below_each_other_and_are_said(small_ledger: Path) -> None:
    async def scenario() -> None:
        async with driven(small_ledger, text=True, size=(80, 24)) as it:
            panels = list(it.app.query("Panel"))
            assert {panel.region.x for panel in panels} == {panels[0].region.x}
            assert {panel.size.width for panel in panels} == {Size(78, 1).width}
            assert said(it) == "Panel 1 of 4: Spent. Enter opens spend."
            assert any(line.strip().startswith("Spent: 123.62 USD") for line in screen(it))
            await it.press("down")
            assert said(it) == "Panel 2 of 4: Produced. Enter opens unit."

    play(scenario)


def test_sliders_are_said_and_charts_told_in_sentences(
    small_ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "finops.toml").write_text(OWN, encoding="utf-8")
    (tmp_path / "own.yaml").write_text(SCENARIO, encoding="utf-8")

    async def scenario() -> None:
        async with driven(small_ledger, text=True, view="breakeven", size=(100, 40)) as it:
            count = len(projection(it).sliders.dials)
            start = f"Slider 1 of {count}: demand utilization."
            assert said(it) == f"{start} 50.0%. From 0.0% to 100.0%."
            await it.press("right")
            assert said(it) == f"{start} 51.0%, moved. From 0.0% to 100.0%."
            await it.press("down")
            assert said(it).startswith(f"Slider 2 of {count}: demand units. ")
            await it.press("tab")
            assert said(it) == "Row 1 of 2: own."
            await it.press("v")
            told = [line.strip() for line in screen(it)]
            assert "Chart of cost by month:" in told
            assert any(line.startswith("After 15 months: own ") for line in told)
            await it.press("v")
            told = [line.strip() for line in screen(it)]
            assert any(line.startswith("At 25.0% of the hours: own ") for line in told)
            assert any(line.startswith("Own costs ") for line in told)
            assert not DRAWN & set("".join(told))

    play(scenario)


def test_a_section_of_a_review_is_said(small_ledger: Path) -> None:
    async def scenario() -> None:
        async with driven(small_ledger, text=True, view="section", size=(100, 40)) as it:
            assert re.fullmatch(
                r"Headline: \d+ lines, arrows read on. Commands: \d+, by tab.", said(it)
            )
            await it.press("tab")
            assert said(it).startswith("Command 1 of ")
            assert said(it).endswith(". Enter opens it.")

    play(scenario)


def test_choices_are_said(small_ledger: Path) -> None:
    async def scenario() -> None:
        async with driven(small_ledger, view="spend", text=True) as it:
            await it.press("g")
            assert said(it, "choice").endswith("ServiceName, chosen")
            await it.press("up")
            assert said(it, "choice").endswith(": provider")
            await it.press("ctrl+t")
            assert said(it, "choice").endswith(": provider, chosen")

    play(scenario)


def test_nothing_moves_while_an_answer_is_waited_for(small_ledger: Path) -> None:
    async def scenario() -> None:
        async with driven(small_ledger, text=True) as it:
            assert it.app.animation_level == "none"
            await it.pilot.press("2")
            await it.pilot.pause()
            assert it.pane._ticking is None
            await it.settle()

    play(scenario)


def test_the_option_and_the_setting_reach_the_program() -> None:
    def nothing() -> Any:  # noqa: ANN401  (never called)
        raise NotImplementedError

    assert opening_of(nothing, Tui(text=True), demo=nothing).text
    assert not opening_of(nothing, Tui(), demo=nothing).text
    assert _command("spend", None, text=True)[-3:] == ["--view", "spend", "--text"]
