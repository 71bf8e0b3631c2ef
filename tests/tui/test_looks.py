"""How it looks at every width and without colours: nothing overflows, nothing is lost, nothing fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.tui.driving import driven, play
from tests.tui.test_frame import report_of
from tui.bars import Hot, fit_hots, fit_tabs, fit_trail
from tui.frame import frame_of

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

TABS = (Hot("a", "1", "Overview"), Hot("b", "2", "Spend"), Hot("c", "3", "Unit", lit=True))
TRAIL = (Hot("a", "", "Spend"), *(Hot("b", "›", f"step {n}") for n in range(4)))


def said(hots: list[Hot]) -> list[str]:
    return [hot.label for hot in hots]


def test_tabs_lose_their_words_before_their_keys_and_the_lit_one_never() -> None:
    assert said(fit_tabs(TABS, 40)) == ["Overview", "Spend", "Unit"]
    assert said(fit_tabs(TABS, 25)) == ["Overview", "", "Unit"]
    assert said(fit_tabs(TABS, 14)) == ["", "", "Unit"]
    assert [hot.key for hot in fit_tabs(TABS, 14)] == ["1", "2", "3"]
    assert said(fit_tabs(TABS, 5)) == ["Unit"]


def test_the_way_here_loses_its_middle_and_never_where_it_ends() -> None:
    assert said(fit_trail(TRAIL, 80)) == ["Spend", "step 0", "step 1", "step 2", "step 3"]
    assert said(fit_trail(TRAIL, 34)) == ["Spend", "…", "step 2", "step 3"]
    assert said(fit_trail(TRAIL, 24)) == ["Spend", "…", "step 3"]
    assert said(fit_trail(TRAIL, 20)) == ["Spend", "…", "ste…"]


def test_keys_that_always_stand_do() -> None:
    assert said(fit_hots(TABS, 16, always=1)) == ["Unit"]


def test_a_text_that_was_cut_takes_the_room_that_is_left() -> None:
    frame = frame_of(report_of(("x" * 60, "1", 1)))
    assert frame.widths == (48, 8)
    assert frame.roomed(0) == (48, 8)
    assert frame.roomed(5) == (53, 8)
    assert frame.roomed(50) == (60, 8)


SIZES = ((40, 12), (60, 20), (80, 24), (120, 40), (200, 50))


def test_every_line_fits_at_every_size(small_ledger: Path) -> None:
    async def scenario() -> None:
        async with driven(small_ledger, view="spend", size=(80, 24)) as it:
            for width, height in SIZES:
                await it.pilot.resize_terminal(width, height)
                await it.settle()
                for name in ("tabs", "crumbs", "keys"):
                    assert len(it.bar(name)) <= width, name
                assert "quit" in it.bar("keys")
                assert "2 Spend" in it.bar("tabs")

    play(scenario)


def test_without_colours_charts_are_drawn_too(
    small_ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def scenario() -> None:
        async with driven(small_ledger, size=(120, 40)) as it:
            await it.press("2")
            assert it.pane.has_class("charted")

    play(scenario)


def test_a_chart_takes_the_lines_rows_leave_free(small_ledger: Path) -> None:
    async def scenario() -> None:
        async with driven(small_ledger, view="spend", size=(120, 50)) as it:
            chart = it.pane.query_one("ChartBox")
            assert chart.size.height == 24
            await it.pilot.resize_terminal(120, 34)
            await it.settle()
            assert chart.size.height == 17
            await it.pilot.resize_terminal(120, 24)
            await it.settle()
            assert not it.pane.has_class("charted")

    play(scenario)
