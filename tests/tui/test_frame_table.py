"""The table: a million rows, a cursor that is a cell, wide characters, the mouse, what stands and what scrolls."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, overload

from rich.cells import cell_len
from textual.app import App

from finops.report.model import Report, ReportColumn, Row, Style
from tests.tui.driving import play
from tui.frame import Frame, frame_of
from tui.frame_table import FrameTable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.app import ComposeResult
    from textual.pilot import Pilot

COLUMNS = (
    ReportColumn("name", "Name"),
    *(ReportColumn(f"n{number}", f"Number {number}", Style.COUNT) for number in range(12)),
)


class Endless(Sequence[Row]):
    """A million rows that are made when they are looked at."""

    def __len__(self) -> int:
        return 1_000_000

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Row]: ...

    def __getitem__(self, place: int | slice) -> Row | Sequence[Row]:
        if isinstance(place, slice):
            return [row_of(index) for index in range(len(self))[place]]
        return row_of(place)


def row_of(index: int) -> Row:
    return {"name": f"row {index}", **{f"n{number}": index * number for number in range(12)}}


class Showing(App[None]):
    """Nothing but the table."""

    def __init__(self, frame: Frame) -> None:
        super().__init__()
        self.table = FrameTable(frame)
        self.heard: list[object] = []

    def compose(self) -> ComposeResult:
        yield self.table

    def on_frame_table_opened(self, event: FrameTable.Opened) -> None:
        self.heard.append(event)

    def on_frame_table_headed(self, event: FrameTable.Headed) -> None:
        self.heard.append(event.column)


@asynccontextmanager
async def showing(frame: Frame) -> AsyncIterator[tuple[FrameTable, Pilot[None]]]:
    app = Showing(frame)
    async with app.run_test(size=(60, 12)) as pilot:
        app.table.focus()
        await pilot.pause()
        yield app.table, pilot


def lines(table: FrameTable) -> list[str]:
    """What is seen, line by line."""
    return [table.render_line(y).text for y in range(table.scrollable_content_region.height)]


def small(*names: str) -> Frame:
    rows: tuple[Row, ...] = tuple(
        {"name": name, **{f"n{number}": place * 1000 + number for number in range(12)}}
        for place, name in enumerate(names)
    )
    totals: Row = {"name": None, **{f"n{number}": 7 for number in range(12)}}
    return frame_of(Report("finops.test/1", "Test", COLUMNS, rows, totals=totals))


def test_a_million_rows_draw_only_what_is_seen() -> None:
    rows = Endless()
    report = Report("finops.test/1", "Test", COLUMNS, rows)  # type: ignore[arg-type]

    async def scenario() -> None:
        async with showing(frame_of(report)) as (table, pilot):
            await pilot.press("end")
            assert table.place == 999_999
            assert lines(table)[-1].startswith("▸ row 999999")
            await pilot.press("pageup")
            assert table.place == 999_999 - table.body
            await pilot.press("home")
            assert lines(table)[1].startswith("▸ row 0")

    play(scenario)


def test_the_cursor_is_a_cell_and_the_first_column_stays() -> None:
    async def scenario() -> None:
        async with showing(small("a", "b", "c")) as (table, pilot):
            await pilot.press("down", "right", "right")
            assert (table.place, table.column) == (1, 2)
            assert table.row is not None
            assert table.row["n1"] == 1001
            await pilot.press("dollar_sign")
            assert table.column == 12
            head, first, *_ = lines(table)
            assert head.startswith("  Name")
            assert head.rstrip().endswith("Number 11")
            assert "Number 0 " not in head
            assert first.startswith("  a ")
            await pilot.press("0", "k")
            assert (table.place, table.column) == (0, 0)

    play(scenario)


def test_totals_stand_at_the_bottom() -> None:
    async def scenario() -> None:
        async with showing(small(*(f"row {n}" for n in range(40)))) as (table, pilot):
            assert lines(table)[-1].startswith("  Total")
            await pilot.press("G")
            assert lines(table)[-1].startswith("  Total")
            assert lines(table)[-2].startswith("▸ row 39")

    play(scenario)


def test_every_line_is_as_wide_as_the_table_whatever_is_written_in_it() -> None:
    async def scenario() -> None:
        async with showing(small("日本語の長い名前", "a\u0301ccent", "tab\there")) as (table, _):
            width = table.scrollable_content_region.width
            assert {cell_len(line) for line in lines(table)} == {width}

    play(scenario)


def test_a_number_wider_than_all_that_were_measured_makes_room() -> None:
    rows: list[Row] = [{"name": "x", "n0": 1} for _ in range(4001)]
    rows[1] = {"name": "x", "n0": 123456789012}
    report = Report("finops.test/1", "Test", COLUMNS[:2], tuple(rows))

    async def scenario() -> None:
        async with showing(frame_of(report)) as (table, pilot):
            await pilot.pause()
            await pilot.pause()
            assert "123,456,789,012" in lines(table)[2]

    play(scenario)


def test_the_mouse_takes_a_cell_opens_a_row_and_sorts() -> None:
    async def scenario() -> None:
        async with showing(small("a", "b", "c")) as (table, pilot):
            app = pilot.app
            assert isinstance(app, Showing)
            await pilot.click(FrameTable, offset=(12, 2))
            assert (table.place, table.column) == (1, 1)
            await pilot.click(FrameTable, offset=(12, 0))
            assert app.heard == ["n0"]
            await pilot.double_click(FrameTable, offset=(3, 3))
            assert table.place == 2
            assert isinstance(app.heard[-1], FrameTable.Opened)

    play(scenario)


def test_another_answer_keeps_the_row_under_the_cursor() -> None:
    async def scenario() -> None:
        async with showing(small("a", "b", "c")) as (table, pilot):
            await pilot.press("down", "down")
            table.show(small("c", "d"))
            assert (table.place, table.row and table.row["name"]) == (0, "c")
            table.show(small("x"))
            assert table.place == 0
            assert Decimal(0) == table.scroll_y

    play(scenario)
