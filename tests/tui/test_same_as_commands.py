"""What a screen shows is what its copied command prints: every view, run both ways and compared."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from finops.cli.app import app as command_line
from finops.report.cells import is_number
from tests.tui.driving import Driver, driven, play
from tui.panes.overview import OverviewPane
from tui.panes.section import SectionPane
from tui.panes.table import TablePane
from tui.reviewing import Reviewed
from tui.state import Sort
from tui.views import VIEWS

if TYPE_CHECKING:
    from pathlib import Path

    from tui.call import Call

FIGURE = re.compile(r"[-+]?\d[\d,]*\.?\d*%?")


_SAID = ("section", "says")
"""What a row of a review's sections repeats of it."""

GATED = (0, 4)
"""Exit codes of an answer: a check that says no has answered, too."""


def printed(it: Driver, call: Call, form: str) -> bytes:
    """What the copied command prints to stdout in a format."""
    program, *arguments = shlex.split(it.app.line_of(call))
    assert program == "finops"
    done = CliRunner().invoke(command_line, [*arguments, "--format", form])
    assert done.exit_code in GATED, done.stderr
    return done.stdout_bytes


def cells(markdown: bytes) -> list[tuple[str, ...]]:
    """The rows of a Markdown table, its title row, rule and totals left out."""
    lines = [line for line in markdown.decode().splitlines() if line.startswith("|")]
    rows = [
        tuple(re.sub(r"\\(\W)", r"\1", cell.strip()) for cell in line.strip("|").split(" | "))
        for line in lines
    ]
    return rows[2:]


def check_table(it: Driver, pane: TablePane) -> None:
    """The bytes of its answer, and every cell it shows; or the sentence both refuse with."""
    answer = pane.answer_shown()
    if answer is None:
        assert pane.error is not None, pane.view.name
        done = CliRunner().invoke(command_line, shlex.split(it.app.line_of(pane.call))[1:])
        assert done.exit_code not in GATED
        assert pane.error.message in " ".join(done.stderr.split())
        return
    assert printed(it, pane.call, "json") == answer.to("json")
    if isinstance(answer, Reviewed):
        text = " ".join(printed(it, pane.call, "text").decode().split())
        assert all(
            " ".join(str(row[name]).split()) in text
            for row in answer.rows
            for name in _SAID
            if row[name]
        )
        return
    rows = cells(answer.to("md"))
    shown = [tuple(text.strip() for text in row) for row in it.shown]
    assert [row[: len(row)] for row in rows[: len(shown)]] == shown


def check_explained(it: Driver, pane: TablePane) -> None:
    """`x` leads somewhere from every number of the first row."""
    frame = it.table.frame
    for place, column in enumerate(() if frame is None or not len(frame) else frame.columns):
        it.table.column = place
        if is_number(column):
            assert pane.explained(), f"{column.name} of {pane.view.name}"
            assert pane.context.explains


def check_panels(it: Driver, pane: OverviewPane) -> None:
    """Every figure a panel shows stands in what its command prints."""
    for panel in pane.panels:
        call = panel.kind.call(pane.state)
        assert panel.answer is not None
        assert printed(it, call, "json") == panel.answer.to("json")
        figures = set(FIGURE.findall(panel.answer.to("md").decode()))
        drawn = {figure.lstrip("+") for figure in FIGURE.findall(str(panel.render()))}
        assert drawn <= figures | {"1,000"}, panel.kind.name


def test_every_view_shows_what_its_command_prints(small_ledger: Path) -> None:
    async def scenario() -> None:
        async with driven(small_ledger, ledger=str(small_ledger), size=(160, 24)) as it:
            for view in VIEWS:
                it.app.go(view.name)
                await it.settle()
                assert it.pane.view is view
                if isinstance(it.pane, OverviewPane):
                    check_panels(it, it.pane)
                elif isinstance(it.pane, TablePane):
                    check_table(it, it.pane)
                    check_explained(it, it.pane)
                elif isinstance(it.pane, SectionPane):
                    assert it.pane.text(None) in printed(it, it.pane.call, "text").decode()

    play(scenario)


def test_a_shaped_and_drilled_view_still_does(small_ledger: Path) -> None:
    async def scenario() -> None:
        async with driven(
            small_ledger, ledger=str(small_ledger), view="spend", size=(160, 24)
        ) as it:
            for keys in (
                ("right_curly_bracket",),
                ("left_curly_bracket", "c"),
                ("c", "enter"),
                ("escape", "right", "x"),
                ("3", "enter"),
                ("enter",),
            ):
                await it.press(*keys)
                assert isinstance(it.pane, TablePane)
                check_table(it, it.pane)

    play(scenario)


def test_a_tag_drills_to_the_rows_that_have_it(small_ledger: Path) -> None:
    async def scenario() -> None:
        async with driven(
            small_ledger, ledger=str(small_ledger), view="spend", size=(160, 24)
        ) as it:
            it.pane.shape(replace(it.pane.state, by=("tag:team",)))
            await it.settle()
            assert [row[0] for row in it.shown] == ["(none)", "search"]
            for keys, total in ((("enter",), "120.62"), (("escape", "down", "enter"), "3.00")):
                await it.press(*keys)
                assert isinstance(it.pane, TablePane)
                check_table(it, it.pane)
                assert it.table.frame is not None
                assert total in it.table.frame.totals or total in it.shown[0]

    play(scenario)


def test_a_workflow_drills_to_its_runs_and_a_run_to_its_calls(small_ledger: Path) -> None:
    """Whole runs are listed by `finops runs`; what roll-ups do not keep is asked of every request."""

    async def scenario() -> None:
        async with driven(
            small_ledger, ledger=str(small_ledger), view="unit", size=(160, 24)
        ) as it:
            await it.press("enter")
            assert isinstance(it.pane, TablePane)
            assert it.pane.call.command == "runs"
            runs = ["run-10", "run-12", "run-2", "run-4", "run-6", "run-8"]
            assert [row[0] for row in it.shown] == runs
            check_table(it, it.pane)
            it.pane.shape(replace(it.pane.state, sort=Sort("started")))
            await it.settle()
            assert dict(it.pane.call.options)["order"] == "newest"
            assert [row[0] for row in it.shown] == sorted(runs, key=lambda run: -int(run[4:]))
            check_table(it, it.pane)
            it.pane.shape(it.pane.state.filtered("request_id ilike 'r%'"))
            await it.settle()
            assert it.pane.call.command == "unit"
            assert sorted(row[0] for row in it.shown) == runs
            it.pane.shape(replace(it.pane.state, sort=None))
            await it.settle()
            check_table(it, it.pane)
            await it.press("enter")
            assert it.pane.state.by == ("call",)
            assert len(it.shown) == 1
            check_table(it, it.pane)

    play(scenario)


def test_an_export_has_the_bytes_of_the_command(small_ledger: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with driven(
            small_ledger, ledger=str(small_ledger), view="spend", size=(160, 24)
        ) as it:
            for form in ("csv", "json", "md", "html"):
                await it.press("e", *["ctrl+u"])
                await it.type(str(tmp_path / f"out.{form}"))
                written = (tmp_path / f"out.{form}").read_bytes()
                assert written == printed(it, it.pane.call, form)

    play(scenario)
