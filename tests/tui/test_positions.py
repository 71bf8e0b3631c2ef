"""Where somebody was: found again when rows, columns and sliders come and go, and on another day."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.tui.driving import driven, play
from tests.tui.test_frame import report_of
from tests.tui.test_projections import OWN, SCENARIO, projection
from tui.frame import frame_of
from tui.memory import memory_file
from tui.opening import LAST
from tui.position import Position, position_of, read_position, written_position
from tui.state import Sort

if TYPE_CHECKING:
    from pathlib import Path

    from tui.frame import Frame


@pytest.fixture(autouse=True)
def own_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered stays in the test's folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def frame(*names: str, sort: Sort | None = None) -> Frame:
    return frame_of(report_of(*((name, "1", 1) for name in names)), sort=sort)


AT_B = Position({"name": "b"}, 1, "cost", 1)


@pytest.mark.parametrize(
    ("now", "found"),
    [
        (frame("a", "b", "c"), (1, 1, 1)),
        (frame("x", "y", "a", "b"), (3, 1, 3)),
        (frame("b"), (0, 1, 0)),
        (frame("a", "c", "d"), (1, 1, 1)),
        (frame("a"), (0, 1, 0)),
        (frame(), (0, 1, 0)),
    ],
)
def test_a_row_is_found_by_its_name_or_is_the_line_it_was(
    now: Frame, found: tuple[int, int, int]
) -> None:
    """Line of the cursor, its column, and the line that stands first on the screen."""
    assert AT_B.found(now) == found


def test_a_column_that_is_gone_is_the_first() -> None:
    assert Position({"name": "b"}, 0, "removed").found(frame("a", "b")) == (1, 0, 1)


def test_of_rows_called_alike_it_is_the_one_on_that_line() -> None:
    same = frame("a", "a", "a")
    assert position_of(same, 2, 1, 0).found(same) == (2, 1, 0)


def test_sorted_otherwise_the_row_stays_as_far_down_the_screen() -> None:
    there = position_of(frame("a", "b", "c", "d"), 3, 0, 1)
    assert there.found(frame("a", "b", "c", "d", sort=Sort("name"))) == (0, 0, 0)


@pytest.mark.parametrize("said", [None, 7, {}, {"names": 1}, {**AT_B._asdict(), "place": "far"}])
def test_what_was_not_written_so_is_no_position(said: object) -> None:
    assert read_position(written_position(AT_B)) == AT_B
    assert read_position(said) is None


def test_the_next_start_is_where_the_last_one_ended(
    small_ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cell, the panel and the sliders of each view; what finops.toml gives otherwise by then counts again."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "finops.toml").write_text(OWN, encoding="utf-8")
    (tmp_path / "own.yaml").write_text(SCENARIO, encoding="utf-8")

    async def first() -> None:
        async with driven(small_ledger, size=(120, 40)) as it:
            await it.press("down", "2", "down", "down", "right")
            assert it.table.row is not None
            assert it.table.row["ServiceName"] == "Storage"
            it.app.go("breakeven")
            await it.settle()
            await it.press("down", "down", "right", "right")
            assert "--demand.growth" not in it.command
            assert "demand.growth=0.02" in it.command
            await it.press("escape")
            assert getattr(it.app.focused, "id", None) == "panel-produced"
            await it.press("2", "q")

    async def second() -> None:
        async with driven(small_ledger, size=(120, 40), view=LAST) as it:
            assert it.table.row is not None
            assert it.table.row["ServiceName"] == "Storage"
            assert it.table.column == 1
            await it.press("1")
            assert getattr(it.app.focused, "id", None) == "panel-produced"
            it.app.go("breakeven")
            await it.settle()
            pane = projection(it)
            assert pane.sliders.here == "demand.growth"
            assert pane.sliders.moved == {"demand.growth"}
            assert pane.sliders.dials[pane.sliders.place].value == Decimal("0.02")
            await it.press("right", "left")
            assert "demand.growth=0.02" in it.command
            await it.press("0")
            assert "demand.growth" not in it.command
            await it.press("right", "q")

    async def third() -> None:
        said = json.loads(memory_file().read_text(encoding="utf-8"))
        for views in (each["views"] for each in said.values()):
            views["spend"]["at"]["names"] = {"ServiceName": "Gone"}
            views["breakeven"]["of"] = {"from_ledger": "pool=sold"}
        memory_file().write_text(json.dumps(said), encoding="utf-8")
        async with driven(small_ledger, size=(120, 40), view="spend") as it:
            assert (it.table.place, it.table.column) == (2, 1)
            it.app.go("breakeven")
            await it.settle()
            assert projection(it).sliders.moved == frozenset()

    play(first)
    play(second)
    play(third)
