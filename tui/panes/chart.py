"""Bars above a table: amounts by day, stacked by what the rows are split by.

Colour tells the parts apart and the legend's order repeats it; without colours one bar is drawn for the
whole, and the table below has the parts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual.containers import Vertical
from textual.widgets import Static

from finops.api.breakeven import Breakeven
from finops.api.route import Routed
from finops.report.breakeven_chart import BreakevenChart
from finops.report.cells import visible
from finops.report.model import Style
from tui.colours import HEAT, PARTS
from tui.stacks import Stack, chart_words, shade_map, stacks

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual_plot import PlotWidget

    from finops.api.answer import Answer
    from finops.report.model import Report
    from tui.view import Chart

__all__ = ["ChartBox"]

LOWEST, HIGHEST = 12, 24
"""Lines of a chart: where rows need the room, and where they do not."""

PLOTS = ".plot, PlotWidget"

_MONEY = (Style.MONEY, Style.UNIT_MONEY)

_AROUND = 8
"""Lines of a chart of its own besides its plot: title, axis, legend, where lines cross."""


class ChartBox(Vertical):
    """A chart and its legend. Made when there is something to draw: the library is not loaded before."""

    DEFAULT_CSS = """
    ChartBox { padding: 0 2; height: 12; }
    ChartBox > #legend { height: 1; color: $text-muted; }
    ChartBox > PlotWidget { height: 1fr; }
    ChartBox > PlotWidget > .plot--axis { color: $edge; }
    ChartBox > PlotWidget > .plot--tick { color: $text-muted; text-style: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.drawn: tuple[Chart, Answer[Any]] | None = None
        self.stack = Stack((), ())
        self.shaded: tuple[Chart, Report] | None = None
        """What is drawn as shades now."""
        self.owned: tuple[str, Breakeven | Routed] | None = None
        """The answer that draws itself now, in all the room its pane gives it, and the chart's name."""
        self.lines = LOWEST

    def fit(self, room: int) -> None:
        """Take so many lines of what rows leave free."""
        self.lines = max(LOWEST, min(HIGHEST, room))
        if self.shaded is None:
            self.styles.height = self.lines
        else:
            self._shade(*self.shaded)

    def on_resize(self) -> None:
        """Shades are as wide as there is room for."""
        if self.shaded is not None:
            self._shade(*self.shaded)
        if self.owned is not None:
            self._own(*self.owned)

    def compose(self) -> ComposeResult:
        """The legend; the plot comes with the first answer."""
        yield Static(id="legend", markup=True)

    def say(self, words: str) -> None:
        """Say why there is nothing to see."""
        self.query_one("#legend", Static).update(visible(words).replace("[", r"\["))

    def draw(self, chart: Chart, answer: Answer[Any]) -> None:
        """Draw the answer of the chart's call."""
        report = answer.report
        self.shaded = (chart, report) if chart.shades else None
        self.owned = None
        if self.app.has_class("text"):
            self._tell(chart, answer)
            return
        if chart.own and isinstance(answer, Breakeven | Routed):
            self.owned = (chart.own, answer)
            self.call_after_refresh(self._own, *self.owned)
            return
        if chart.shades:
            self._shade(chart, report)
            return
        self.styles.height = self.lines
        most = 1 if self.app.no_color else len(PARTS)
        parts = None if self.app.no_color else chart.parts
        self.stack = stacks(report, chart.across, chart.height, parts, most=most)
        self._legend(chart, report)
        self.call_later(self._plot)

    def _tell(self, chart: Chart, answer: Answer[Any]) -> None:
        """What would be drawn, in sentences, for whoever listens."""
        if chart.own and isinstance(answer, Breakeven):
            lines = answer.chart_words(BreakevenChart(chart.own))
        elif chart.own and isinstance(answer, Routed):
            lines = answer.chart_words()
        else:
            lines = chart_words(answer.report, chart)
        self.styles.height = len(lines) + 1
        self.query_one("#legend", Static).update(f"Chart of {chart.height} by {chart.across}:")
        self._put(Text("\n".join(lines)))

    def _own(self, name: str, answer: Breakeven | Routed) -> None:
        """As the command draws it with --chart, in the room there is."""
        width, height = self.size.width - 4, self.size.height - _AROUND
        if isinstance(answer, Breakeven):
            text = answer.chart(BreakevenChart(name), width=width, height=height)
        else:
            text = answer.chart(width=width, height=height)
        title, _, drawn = text.partition("\n")
        self.query_one("#legend", Static).update(title.replace("[", r"\["))
        self._put(Text(drawn, no_wrap=True))

    def _put(self, text: Text) -> None:
        found = self.query("Static.plot")
        if found:
            found.first(Static).update(text)
            return
        for old in self.query(PLOTS):
            old.remove()
        self.mount(Static(text, classes="plot"))

    def _shade(self, chart: Chart, report: Report) -> None:
        """A line for each part: the fuller the block, the larger the share; a gap was never seen."""
        text = shade_map(report, chart, self.size.width - 4, HEAT)
        lines = list(text.split("\n"))
        over = len(lines) - (self.lines - 2)
        if over > 0:
            del lines[-over - 1 :]
            lines.append(Text(f"… {over + 1:,} more by {chart.parts} (g splits the rows by it)"))
        text = Text("\n").join(lines)
        self.styles.height = len(lines) + 2
        self.query_one("#legend", Static).update(
            f"{chart.height.replace('_', ' ')} by {chart.parts} and {chart.across}: "
            "\u2591 under 25 %  \u2592 under 50 %  \u2593 under 75 %  \u2588 above"
        )
        self._put(text)

    def _legend(self, chart: Chart, report: Report) -> None:
        money = any(one.name == chart.height and one.style in _MONEY for one in report.columns)
        unit = f", {report.currency}" if money and report.currency else ""
        words = [f"{chart.height.replace('_', ' ')} by {chart.across}{unit}"]
        for (name, _), colour in zip(self.stack.parts, PARTS, strict=False):
            if name:
                words.append(f"[{colour}]■[/] {visible(name)[:24]}".replace("[[", r"\[["))
        self.query_one("#legend", Static).update("  ".join(words))

    async def _plot(self) -> None:
        from textual_plot import HiResMode, PlotWidget

        await self.query(".plot").remove()
        found = self.query(PlotWidget)
        if found:
            plot = found.first()
        else:
            plot = PlotWidget(allow_pan_and_zoom=False)
            plot.can_focus = False
            plot.set_reactive(PlotWidget.margin_top, 0)
            plot.set_reactive(PlotWidget.margin_bottom, 2)
            plot.set_reactive(PlotWidget.margin_left, 9)
            await self.mount(plot)
        plot.clear()
        mode = HiResMode.HALFBLOCK
        xs = list(range(1, len(self.stack.places) + 1))
        upper = [0.0] * len(xs)
        layers = []
        for (_, heights), colour in zip(self.stack.parts, PARTS, strict=False):
            upper = [top + height for top, height in zip(upper, heights, strict=True)]
            layers.append((list(upper), colour))
        for tops, colour in reversed(layers):
            plot.bar(xs, tops, width=0.75, bar_style=colour, hires_mode=mode)
        self._axis(plot, xs)

    def _axis(self, plot: PlotWidget, xs: list[int]) -> None:
        """Room for every bar, and a label where labels do not touch."""
        from textual_plot.axis_formatter import CategoricalAxisFormatter

        plot.set_xlimits(0.4, len(xs) + 0.6)
        labels = [place[5:] if place[4:5] == "-" else place for place in self.stack.places]
        wide = max(map(len, labels), default=1) + 2
        step = max(1, -(-len(xs) * wide // max(1, self.size.width - 14)))
        plot.set_x_formatter(CategoricalAxisFormatter(labels))
        plot.set_xticks([float(x) for x in xs[::step]])
