"""Every action of the registry, by its own key, and what the program is set to afterwards.

What a key leads to is drawn at once, and what it leaves at the end; what is on the way is not, which halves the work.
`ACTS` holds a check for each action; the last test walks the registry and fails for one that has none.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from textual.command import CommandPalette
from textual.widgets import Input

from tests.tui.driving import Driver, driven, play
from tests.tui.test_projections import OWN, SCENARIO
from tui.actions import ACTIONS, MOVES, SLIDES, go_actions
from tui.dialogs.export import ExportScreen
from tui.dialogs.line import LineScreen
from tui.dialogs.pick import PickScreen
from tui.dialogs.text import TextScreen
from tui.panes.projection import ProjectionPane
from tui.state import Sort
from tui.views import VIEWS

if TYPE_CHECKING:
    import pytest

Press: TypeAlias = Callable[[], Awaitable[None]]
Check: TypeAlias = Callable[[Driver, Press], Awaitable[None]]


class Act(NamedTuple):
    """How an action is tried: in which view, and what is looked at."""

    view: str
    check: Check


ACTS: dict[str, Act] = {}
ALONE = {"stop", "demo", "quit"}
"""Actions with a program of their own: they end what is running. See the tests below."""


def acts(name: str, view: str = "spend") -> Callable[[Check], Check]:
    """Try the action `name` in `view` with the function below."""

    def keep(check: Check) -> Check:
        ACTS[name] = Act(view, check)
        return check

    return keep


async def at(it: Driver, view: str) -> None:
    """A view as nobody has touched it."""
    app = it.app
    app.tabs.clear()
    await app.query_one("#stage").remove_children()
    app.tab, app.before, app.span = "start", "overview", app.newest
    app.go(view)
    await it.settle()


def written(name: str) -> bytes:
    """A file of the folder the test runs in."""
    return Path(name).read_bytes()


def split(it: Driver) -> list[str]:
    """What rows are split by."""
    return list(it.pane.state.by)


@acts("open")
async def opens_the_row(it: Driver, press: Press) -> None:
    await press()
    assert it.where == ["ServiceName = 'Compute'"]
    assert len(it.app.stack) == 2


@acts("back")
async def goes_back(it: Driver, press: Press) -> None:
    await it.press("down", "enter")
    await press()
    assert (it.where, it.table.place) == ([], 1)


@acts("goto")
async def goes_anywhere(it: Driver, press: Press) -> None:
    await press()
    assert isinstance(it.app.screen, CommandPalette)
    await it.type("savings")
    assert it.pane.view.name == "savings"


@acts("home")
async def goes_home(it: Driver, press: Press) -> None:
    await it.press("enter")
    await press()
    assert it.pane.view.name == "overview"
    await it.press("2")
    assert len(it.app.stack) == 2


@acts("last")
async def goes_to_the_view_before(it: Driver, press: Press) -> None:
    await it.press("6")
    await press()
    assert it.pane.view.name == "spend"


@acts("filter")
async def filters(it: Driver, press: Press) -> None:
    await press()
    assert isinstance(it.app.screen, LineScreen)
    await it.type("ServiceName = 'Storage'")
    assert it.where == ["ServiceName = 'Storage'"]
    assert [row[0] for row in it.shown] == ["Storage"]


@acts("unfilter")
async def widens(it: Driver, press: Press) -> None:
    await it.press("enter")
    await press()
    assert it.where == []


@acts("group")
async def groups(it: Driver, press: Press) -> None:
    await press()
    assert isinstance(it.app.screen, PickScreen)
    await it.type("provid")
    assert split(it) == ["provider"]
    assert [row[0] for row in it.shown] == ["AWS", "OpenAI"]
    await press()
    await it.press("down", "ctrl+t", "enter")
    assert split(it) == ["provider", "ServiceName"]
    assert len(it.shown) == 5


@acts("period.earlier")
async def goes_a_period_back(it: Driver, press: Press) -> None:
    await press()
    assert it.app.span.label == "2026-09"
    assert it.command.endswith("--month 2026-09")


@acts("period.later")
async def goes_a_period_on(it: Driver, press: Press) -> None:
    await press()
    assert it.pane.state.span.label == "2026-11"
    assert it.shown == []


@acts("period")
async def picks_a_period(it: Driver, press: Press) -> None:
    await press()
    assert isinstance(it.app.screen, PickScreen)
    await it.type("2026-09")
    assert it.app.span.label == "2026-09"
    await press()
    await it.type("2026-10-03 2026-10-05")
    assert it.app.span.label == "2026-10-03 to 2026-10-04"
    assert [row[0] for row in it.shown] == ["Compute", "Storage", "Search"]


@acts("grain.finer")
async def makes_rows_about_shorter_times(it: Driver, press: Press) -> None:
    seen = []
    for _ in range(4):
        await press()
        seen.append(it.pane.state.grain)
    assert seen == ["month", "week", "day", "day"]
    assert it.shown[0][0] == "2026-10-03"
    assert it.toasts[-1] == "Days are the finest."


@acts("grain.coarser")
async def makes_rows_about_longer_times(it: Driver, press: Press) -> None:
    await it.press("right_curly_bracket", "right_curly_bracket")
    await press()
    assert it.pane.state.grain == "month"
    await press()
    assert it.pane.state.grain is None


@acts("compare")
async def compares(it: Driver, press: Press) -> None:
    await press()
    assert it.pane.state.compared
    assert it.pane.call.command == "compare"
    await press()
    assert it.pane.call.command == "costs"


@acts("sort")
async def sorts(it: Driver, press: Press) -> None:
    await it.press("right")
    first, seen = it.shown[0][0], []
    for _ in range(3):
        await press()
        seen.append((it.pane.state.sort, it.shown[0][0]))
    assert seen == [
        (Sort("BilledCost"), "Compute"),
        (Sort("BilledCost", descending=False), "日本語の名前"),
        (None, first),
    ]


@acts("columns")
async def chooses_columns(it: Driver, press: Press) -> None:
    names = [column.name for column in it.table.frame.columns]  # type: ignore[union-attr]
    await press()
    assert isinstance(it.app.screen, PickScreen)
    await it.pilot.press(*names[1])
    await it.press("ctrl+t", "enter")
    assert it.pane.state.columns == tuple(name for name in names if name != names[1])
    assert len(it.shown[0]) == len(names) - 1


@acts("chart")
async def shows_and_hides_the_chart(it: Driver, press: Press) -> None:
    assert it.pane.has_class("charted")
    await press()
    assert not it.pane.has_class("charted")
    await press()
    assert it.pane.has_class("charted")


@acts("export")
async def exports(it: Driver, press: Press) -> None:
    await press()
    screen = it.app.screen
    assert isinstance(screen, ExportScreen)
    await it.press("down", "down", "up", "down")
    assert screen.query_one(Input).value == "finops-costs-2026-10.xlsx"
    await it.press("escape")
    assert it.app.screen is not screen
    await press()
    await it.press("ctrl+u")
    await it.type("nowhere/out.csv")
    assert isinstance(it.app.screen, ExportScreen)
    assert "does not exist" in str(it.app.screen.query_one("#wrong").render())
    await it.press("ctrl+u")
    await it.type("out.csv")
    assert it.pane.answer is not None
    assert written("out.csv") == it.pane.answer.to("csv")


@acts("copy")
async def copies_the_command(it: Driver, press: Press) -> None:
    await press()
    assert it.app.clipboard == it.command
    assert it.app.clipboard.startswith("finops costs --by ServiceName --month 2026-10")


@acts("copy.cell")
async def copies_the_cell(it: Driver, press: Press) -> None:
    await it.press("down", "right")
    await press()
    assert it.app.clipboard == "12.125"


@acts("explain")
async def explains(it: Driver, press: Press) -> None:
    await it.press("right")
    await press()
    assert it.pane.view.name == "explain"
    assert it.command.startswith("finops explain costs.BilledCost ")


@acts("notes")
async def reads_the_notes(it: Driver, press: Press) -> None:
    await press()
    assert isinstance(it.app.screen, TextScreen)
    assert it.app.screen.heading == "Notes"
    await press()
    assert not isinstance(it.app.screen, TextScreen)


@acts("refresh")
async def asks_again(it: Driver, press: Press) -> None:
    before, rows = it.pane.answer, it.shown
    await press()
    assert it.pane.answer is not before
    assert it.shown == rows


@acts("theme")
async def changes_the_theme(it: Driver, press: Press) -> None:
    before = it.app.theme
    await press()
    await it.type("nord")
    assert it.app.theme == "nord"
    it.app.theme = before


@acts("help")
async def helps(it: Driver, press: Press) -> None:
    await press()
    assert isinstance(it.app.screen, TextScreen)
    assert it.app.screen.heading == "Spend"
    await press()
    assert not isinstance(it.app.screen, TextScreen)


def _goes_to(name: str) -> None:
    @acts(f"go.{name}", "spend" if name != "spend" else "overview")
    async def goes(it: Driver, press: Press) -> None:
        await press()
        assert it.pane.view.name == name
        assert it.app.tab == name


for each in go_actions(VIEWS):
    _goes_to(each.id.removeprefix("go."))

MOVED = {
    "row.up": ((2, 2), (1, 2)),
    "row.down": ((2, 2), (3, 2)),
    "row.left": ((2, 2), (2, 1)),
    "row.right": ((2, 2), (2, 3)),
    "row.page_up": ((4, 2), (0, 2)),
    "row.page_down": ((0, 2), (4, 2)),
    "row.first": ((2, 2), (0, 2)),
    "row.last": ((2, 2), (4, 2)),
    "row.first_column": ((2, 2), (2, 0)),
    "row.last_column": ((2, 1), (2, 4)),
}
"""Where the cursor is before and after, in five rows and five columns."""


def _moves(name: str) -> None:
    @acts(name)
    async def moves(it: Driver, press: Press) -> None:
        before, after = MOVED[name]
        it.table.place, it.table.column = before
        await press()
        assert (it.table.place, it.table.column) == after


for each in MOVES:
    _moves(each.id)


def pressing(it: Driver, key: str) -> Press:
    """Press `key`, and draw what comes of it: a dialog, or the pane."""

    async def press() -> None:
        await it.press(key)
        it.paint()

    return press


def test_every_action_does_what_it_says_by_each_of_its_keys(
    small_ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    async def scenario() -> None:
        async with driven(small_ledger, size=(120, 40), painted=False) as it:
            for action in (*ACTIONS, *go_actions(VIEWS), *MOVES):
                if action.id in ALONE:
                    continue
                for key in action.keys.split(","):
                    await at(it, ACTS[action.id].view)
                    (tmp_path / "out.csv").unlink(missing_ok=True)
                    try:
                        await ACTS[action.id].check(it, pressing(it, key))
                        it.paint()
                    except Exception as error:
                        error.add_note(f"the action {action.id} by the key {key}")
                        raise

    play(scenario)


SLID = {
    "slider.up": (("down", "down"), 1, None),
    "slider.down": ((), 1, None),
    "slider.less": ((), 0, "0.49"),
    "slider.more": ((), 0, "0.51"),
    "slider.far_less": ((), 0, "0.4"),
    "slider.far_more": ((), 0, "0.6"),
    "slider.reset": (("left",), 0, None),
}
"""Keys before, the slider the cursor is on then, and the utilization the command has."""


def test_every_key_of_sliders_moves_what_it_says(
    small_ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "finops.toml").write_text(OWN, encoding="utf-8")
    (tmp_path / "own.yaml").write_text(SCENARIO, encoding="utf-8")

    async def scenario() -> None:
        async with driven(small_ledger, view="breakeven", size=(120, 40), painted=False) as it:
            for action in SLIDES:
                for key in action.keys.split(","):
                    await at(it, "breakeven")
                    if action.id == "slider.type":
                        await it.press(key)
                        assert isinstance(it.app.screen, LineScreen)
                        await it.press("escape")
                        continue
                    before, place, share = SLID[action.id]
                    await it.press(*before, key)
                    it.paint()
                    pane = it.pane
                    assert isinstance(pane, ProjectionPane)
                    moved = dict(pane.call.options).get("utilization")
                    assert (pane.sliders.place, moved) == (place, share), key

    play(scenario)


def test_no_action_goes_without_a_check() -> None:
    known = {action.id for action in (*ACTIONS, *go_actions(VIEWS), *MOVES)}
    assert set(ACTS) | ALONE == known
    assert set(SLID) | {"slider.type"} == {action.id for action in SLIDES}
