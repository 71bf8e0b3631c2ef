"""A pane whose answer is a table: a chart above it where there is one, what it says about itself below."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.widgets import Static

from finops.errors import FinopsError, LedgerMissing
from finops.report.cells import headline
from tui.desk import in_background
from tui.explaining import Explained, explained
from tui.frame import Frame, frame_of
from tui.frame_table import FrameTable
from tui.pane import Pane
from tui.panes.chart import ChartBox
from tui.position import read_position, written_position
from tui.speaking import spoken
from tui.words import empty_words, error_words, foot_words, waiting_words

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.worker import Worker

    from finops.api.answer import Answer
    from finops.report.model import Report
    from tui.actions import Context
    from tui.desk import Desk
    from tui.state import Place
    from tui.view import Chart, View

__all__ = ["TablePane"]

ROOMY = 26
"""Lines a pane has when a chart leaves enough of them for rows."""

BESIDE = 9
"""Lines a pane keeps for what is neither chart nor row."""

SORTED_AT_ONCE = 20_000
"""Rows that are put in order without a thread."""


class TablePane(Pane):
    """Shows the rows of an answer, and keeps the cursor on the row it was on."""

    DEFAULT_CSS = """
    TablePane > ChartBox { display: none; }
    TablePane.charted > ChartBox { display: block; }
    TablePane > FrameTable { height: 1fr; }
    TablePane > #head { height: auto; max-height: 3; padding: 0 2; color: $text-muted; }
    TablePane > #message { height: 1fr; padding: 1 3; display: none; }
    TablePane.said > FrameTable { display: none; }
    TablePane.said > #message { display: block; }
    TablePane > #foot { height: auto; max-height: 3; padding: 0 2; color: $text-muted; }
    """

    def __init__(self, place: Place, view: View, desk: Desk) -> None:
        super().__init__(place, view, desk)
        self.table = FrameTable(linear=self.plain)
        self.chart = ChartBox()
        self.chart_place = 0
        """Which of the view's charts is looked at."""
        self.wants_chart: bool | None = None
        """Whether the person wants the chart; None: where there is room for it."""

    def compose(self) -> ComposeResult:
        """Chart, table or message, and the lines below."""
        yield Static(id="head", markup=False)
        yield self.chart
        yield self.table
        yield Static(id="message", markup=False)
        yield Static(id="foot", markup=False)

    @property
    def context(self) -> Context:
        """What keys may depend on: also the cell under the cursor."""
        frame = self.table.frame
        now = replace(
            super().context,
            offers_demo=isinstance(self.error, LedgerMissing) or self._is_bare(),
            charted=self.chart_spec is not None,
        )
        if frame is None or not frame.columns or self.error is not None:
            return now
        column = frame.columns[min(self.table.column, len(frame.columns) - 1)]
        return replace(now, row=self.table.row, column=column.name, explains=bool(self.explained()))

    def explained(self) -> tuple[Explained, ...]:
        """What explains the cell under the cursor."""
        frame, row, report = self.table.frame, self.table.row, self.report
        if frame is None or row is None or report is None:
            return ()
        column = frame.columns[min(self.table.column, len(frame.columns) - 1)]
        return explained(self.answered or self.call, report, row, column, self.state.span)

    @property
    def report(self) -> Report | None:
        """What is shown."""
        return None if self.answer is None else self.answer.report

    def _is_bare(self) -> bool:
        """Whether there are no rows though nothing is filtered."""
        return self.report is not None and not (len(self.report.rows) or self.state.where)

    # --- drawing ----------------------------------------------------------------------------

    def waiting(self, seconds: float) -> None:
        """Say so in the table's place at first, below it once there is one."""
        line = self.call.line(ledger=self.desk.ledger)
        words = waiting_words(line, seconds, plain=self.plain)
        if self.answer is None:
            self._say(words)
        else:
            self.query_one("#foot", Static).update(words)

    def show(self, answer: Answer[Any]) -> None:
        """Draw the rows, in the order and with the columns asked for."""
        if len(answer.report.rows) > SORTED_AT_ONCE:
            _worker: Worker[None] = self.run_worker(
                partial(self._show_many, answer.report), exclusive=True, group="frame"
            )
            return
        self._draw(self._frame(answer.report))

    # --- the chart --------------------------------------------------------------------------

    @property
    def chart_specs(self) -> tuple[Chart, ...]:
        """What can be drawn above the rows, in order."""
        if self.view.charts is None or self.state.compared:
            return ()
        return self.view.charts(self.state)

    @property
    def chart_spec(self) -> Chart | None:
        """Which of them is chosen; None where nothing can be drawn."""
        specs = self.chart_specs
        return specs[min(self.chart_place, len(specs) - 1)] if specs else None

    def toggle_chart(self) -> None:
        """Show the first chart, then the next one, and after the last none."""
        is_shown = self.has_class("charted")
        is_last = self.chart_place + 1 >= len(self.chart_specs)
        self.chart_place = self.chart_place + 1 if is_shown and not is_last else 0
        self.wants_chart = not (is_shown and is_last)
        self.draw_chart()

    def on_resize(self) -> None:
        """A chart needs room that rows do not need more."""
        self.draw_chart()

    def draw_chart(self) -> None:
        """Ask for the chart where it is wanted, and take it away where it is not."""
        spec = self.chart_spec
        has_room = self.size.height >= ROOMY and not self.plain
        wanted = has_room if self.wants_chart is None else self.wants_chart
        if spec is None or not wanted or self.answer is None or not len(self.answer.report.rows):
            self.remove_class("charted")
            return
        self.add_class("charted")
        self.chart.fit(self.size.height - len(self.answer.report.rows) - BESIDE)
        if self.chart.drawn != (spec, self.answer):
            _worker: Worker[None] = self.run_worker(
                partial(self._draw_chart, spec), exclusive=True, group="chart", exit_on_error=False
            )

    async def _draw_chart(self, spec: Chart) -> None:
        try:
            found = await self.desk.answer(spec.call)
        except FinopsError as error:
            self.chart.say(error.message)
        else:
            self.chart.draw(spec, found)
            if self.answer is not None:
                self.chart.drawn = (spec, self.answer)

    async def _show_many(self, report: Report) -> None:
        self._draw(await in_background(lambda: self._frame(report)))

    def _frame(self, report: Report) -> Frame:
        return frame_of(report, columns=self.state.columns, sort=self.state.sort)

    def _draw(self, frame: Frame) -> None:
        report = self.report
        if report is None:
            return
        said, self.remembered = self.remembered, {}
        self.table.show(frame, read_position(said.get("at")))
        if len(frame) == 0:
            self._say(empty_words(self.view, self.state, report))
        else:
            self.remove_class("said")
        self.query_one("#head", Static).update(headline(report))
        self.query_one("#foot", Static).update(foot_words(self.state, report, frame))
        self.draw_chart()
        self.post_message(self.Changed())

    def position(self) -> dict[str, Any]:
        """The cell under the cursor, and how far the rows are scrolled."""
        at = self.table.position
        return super().position() if at is None else {"at": written_position(at)}

    def fail(self, error: FinopsError) -> None:
        """What went wrong, what to do, and the keys that do it."""
        self._say(error_words(error))
        self.query_one("#foot", Static).update("")

    def stopped(self) -> None:
        """Nothing is waited for any more."""
        if self.answer is None:
            self._say("Stopped. r asks again, esc goes back.")
        else:
            self.show(self.answer)

    def _say(self, words: str) -> None:
        self.query_one("#message", Static).update(words)
        self.add_class("said")

    @property
    def spoken_text(self) -> str:
        """The cell under the cursor, or what stands in the table's place."""
        if self.error is not None:
            return self.error.message
        if self.table.frame is None or self.answer is None:
            return self.view.about
        return spoken(self.table.frame, self.table.place, self.table.column)

    def focus_first(self) -> None:
        """The table has the keyboard."""
        self.table.focus()

    # --- what happens in the table ----------------------------------------------------------

    def on_frame_table_moved(self, event: FrameTable.Moved) -> None:
        """Keys depend on the cell."""
        event.stop()
        self.post_message(self.Changed())

    def on_frame_table_headed(self, event: FrameTable.Headed) -> None:
        """Sort by the title that was clicked."""
        event.stop()
        self.shape(self.state.sorted_by(event.column))

    def on_frame_table_opened(self, event: FrameTable.Opened) -> None:
        """Open the row that was double-clicked."""
        event.stop()
        self.open_row()

    def open_row(self) -> None:
        """Go where the row under the cursor leads."""
        row = self.table.row
        if row is None or self.view.drill is None:
            return
        place = self.view.drill(self.state, row)
        if place is not None:
            self.post_message(self.Went(place))
