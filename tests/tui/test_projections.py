"""Projections: what sliders do to the command, to the table and to the chart; where Enter derives."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from finops.api.projecting import PROJECTIONS
from finops.errors import UsageError
from tests.tui.driving import Driver, driven, play
from tests.tui.test_same_as_commands import check_table
from tui.call import Call
from tui.dials import Dial, track
from tui.panes.projection import ProjectionPane
from tui.state import Place, State

if TYPE_CHECKING:
    from pathlib import Path

    from finops.analysis.breakeven.measured import Demand
    from finops.api.breakeven import Pool

SHARE = Dial("utilization", "utilization", "ratio", *map(Decimal, ("0.5", "0", "1", "0.01")))

OWN = """
[[breakeven]]
pool = "gpus"
scenario = "own.yaml"

[[breakeven]]
pool = "another"
"""

SCENARIO = """
own:
  price: { value: 30000, unit: USD/unit, source: quote, date: 2026-10-01 }
  running: { value: 1.2, unit: USD/unit/hour, source: quote, date: 2026-10-01 }
cloud:
  on_demand: { value: 2.5, unit: USD/unit/hour, source: list, date: 2026-10-01 }
"""

SMALL = """
[[route]]
small = "gpt-4o-mini"
large = "gpt-4.1"
scores = "scores.csv"
max_quality_loss = "0.05"
"""


SCORES = (
    ("scores", "scores.csv"),
    ("small_correct", "small_correct"),
    ("large_correct", "large_correct"),
    ("cost_ratio", "0.05"),
    ("thresholds", "0,0.5,1"),
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, which finops is started in, with a scenario and scores."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.yaml").write_text(SCENARIO, encoding="utf-8")
    rows = ("0.95,1,1", "0.9,1,1", "0.6,0,1", "0.55,1,1", "0.4,0,1", "0.2,0,0")
    head = "confidence,small_correct,large_correct"
    (tmp_path / "scores.csv").write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    return tmp_path


def projection(it: Driver) -> ProjectionPane:
    """The pane shown."""
    assert isinstance(it.pane, ProjectionPane)
    return it.pane


def option(it: Driver, place: int, column: str) -> object:
    """A value of the answer that is shown."""
    assert it.pane.answer is not None
    return it.pane.answer.rows[place][column]


@pytest.mark.parametrize(
    ("dial", "text"),
    [
        (SHARE.moved(1), "0.51"),
        (SHARE.moved(-10), "0.4"),
        (SHARE.moved(1000), "1"),
        (SHARE.placed(0.25), "0.25"),
        (SHARE._replace(value=Decimal("0.505")).moved(1), "0.51"),
        (SHARE._replace(value=Decimal("0.505")).moved(-1), "0.5"),
    ],
)
def test_a_dial_moves_on_its_grid_and_stops_at_its_ends(dial: Dial, text: str) -> None:
    assert dial.text == text


def test_a_dial_is_read_without_colour() -> None:
    assert track(SHARE, 5) == "━━●──"
    assert SHARE.shown == "50.0%"
    assert SHARE._replace(unit="ratio/year").shown == "50.0% a year"
    assert SHARE._replace(low=Decimal(1), high=Decimal(2), value=Decimal("1.32")).shown == "1.32"
    assert SHARE._replace(unit="USD/unit", value=Decimal(30000)).shown == "30,000 USD"


def test_a_slider_moves_command_table_and_chart(small_ledger: Path, here: Path) -> None:
    (here / "finops.toml").write_text(OWN, encoding="utf-8")

    async def scenario() -> None:
        async with driven(
            small_ledger, ledger=str(small_ledger), view="breakeven", size=(140, 40)
        ) as it:
            start = "finops breakeven --from-ledger pool=gpus{} --month 2026-10{} --ledger "
            start += str(small_ledger)
            assert it.command == start.format("", "")
            npv, pane = option(it, 0, "npv"), projection(it)
            drawn = str(pane.chart.query_one(".plot").render())
            await it.press("right")
            assert "--utilization" in it.command
            assert option(it, 0, "npv") != npv
            check_table(it, pane)
            await it.press("0", "down", "down", "greater_than_sign")
            assert it.command == start.format(" --set demand.growth=0.1", "")
            check_table(it, pane)
            assert str(pane.chart.query_one(".plot").render()) != drawn
            await it.press("0")
            assert it.command == start.format("", "")
            assert option(it, 0, "npv") == npv
            await it.press("enter")
            assert it.command == start.format("", " --explain")
            check_table(it, it.pane)  # type: ignore[arg-type]

    play(scenario)


def test_a_number_is_typed_or_put_there_with_the_mouse(small_ledger: Path, here: Path) -> None:
    (here / "finops.toml").write_text(OWN, encoding="utf-8")

    async def scenario() -> None:
        async with driven(small_ledger, view="breakeven", size=(80, 24)) as it:
            await it.press("equals_sign", "ctrl+u")
            await it.type("most of it")
            assert "--utilization" not in it.command
            await it.press("ctrl+u")
            await it.type("0.655")
            assert "--utilization 0.655" in it.command
            sliders = projection(it).sliders
            await it.pilot.mouse_down(sliders, offset=(25, 3))
            await it.pilot.hover(sliders, offset=(40, 3))
            await it.pilot.mouse_up(sliders, offset=(40, 3))
            await it.settle()
            assert sliders.dials[sliders.place].option == "capex"
            moved = dict(it.pane.call.options).get("capex")
            assert moved not in {None, "30000"}
            assert sliders.dials[sliders.place].text == moved
            assert "capex" in sliders.moved

    play(scenario)


def test_demand_is_measured_once_however_often_a_slider_moves(
    small_ledger: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from finops.api import breakeven

    (here / "finops.toml").write_text(OWN, encoding="utf-8")
    measured: list[str] = []
    measure = breakeven.measure

    def counted(pool: Pool, currency: str) -> Demand:
        measured.append(pool.name)
        return measure(pool, currency)

    monkeypatch.setattr(breakeven, "measure", counted)

    async def scenario() -> None:
        async with driven(
            small_ledger, ledger=str(small_ledger), view="breakeven", size=(140, 40)
        ) as it:
            await it.press("down", "down", "down", "right", "right")
            assert "--from-ledger pool=gpus" in it.command
            assert "--capex 32000 --month 2026-10" in it.command
            assert measured == ["gpus"]
            check_table(it, projection(it))

    play(scenario)


def test_the_sweep_of_thresholds_follows_and_a_threshold_is_derived(
    small_ledger: Path, here: Path
) -> None:
    (here / "finops.toml").write_text(SMALL, encoding="utf-8")

    async def scenario() -> None:
        async with driven(
            small_ledger, ledger=str(small_ledger), view="route", size=(140, 40)
        ) as it:
            start = "finops route --small gpt-4o-mini --large gpt-4.1 --max-quality-loss 0.05"
            assert it.command == f"{start} --month 2026-10 --ledger {small_ledger}"
            check_table(it, projection(it))
            it.app.deepen(Place("route", State(options=SCORES)))
            await it.settle()
            assert [row[0] for row in it.shown] == ["0", "0.5000", "1"]
            assert option(it, 0, "saving") == Decimal("0.95")
            await it.press("greater_than_sign")
            assert "--cost-ratio 0.15" in it.command
            assert "--ledger" not in it.command
            assert option(it, 0, "saving") == Decimal("0.85")
            check_table(it, projection(it))
            await it.press("tab", "down", "enter")
            assert it.command.endswith("--cost-ratio 0.15 --thresholds 0.5 --explain")
            check_table(it, it.pane)  # type: ignore[arg-type]

    play(scenario)


@pytest.mark.parametrize(("view", "section"), [("breakeven", "pool"), ("route", "scores")])
def test_where_nothing_is_given_the_screen_says_what_to_add(
    small_ledger: Path, here: Path, view: str, section: str
) -> None:
    assert here.is_dir()

    async def scenario() -> None:
        async with driven(small_ledger, view=view, size=(80, 24)) as it:
            assert it.pane.error is not None
            said = str(it.pane.query_one("#message").render())
            assert f"[[{view}]]" in said
            assert f"{section} = " in said
            assert not projection(it).sliders.display

    play(scenario)


def test_settings_are_read_again_on_request(small_ledger: Path, here: Path) -> None:
    """What the screen asked to be added counts from then on; settings that cannot be read change nothing."""

    async def scenario() -> None:
        async with driven(small_ledger, view="breakeven", size=(80, 24)) as it:
            assert not projection(it).sliders.display
            (here / "finops.toml").write_text(OWN, encoding="utf-8")
            await it.press("r")
            assert projection(it).sliders.display
            shown, command = it.shown, it.command
            assert "--from-ledger pool=gpus" in command
            (here / "finops.toml").write_text("[[breakeven]", encoding="utf-8")
            await it.press("r")
            assert "finops.toml" in it.toasts[-1]
            assert (it.shown, it.command) == (shown, command)

    play(scenario)


@pytest.mark.parametrize(
    ("command", "options", "words"),
    [
        ("breakeven", {"capex": "much"}, "--capex: 'much' is not a number"),
        ("breakeven", {"capex": "1", "cloud_per_hour": "1", "set": "a=1"}, "no input 'a'"),
        ("breakeven", {"from_ledger": "gpus"}, "names no pool"),
        ("route", {"scores": "x.csv", "thresholds": "0.5,so"}, "--thresholds: 'so'"),
        ("route", {"small": "a"}, "nothing to route"),
    ],
)
def test_what_is_no_number_is_said_as_the_command_says_it(
    small_ledger: Path, here: Path, command: str, options: dict[str, str], words: str
) -> None:
    from finops.api.session import open_session

    assert here.is_dir()
    with pytest.raises(UsageError, match=words):
        PROJECTIONS[command](open_session(small_ledger), options)


def test_a_printed_projection_is_read_back() -> None:
    call = Call.of("breakeven", capex="1", set="demand.growth=0.2,own.tariff=0.1", explain=True)
    assert Call.parsed(call.line()) == call
