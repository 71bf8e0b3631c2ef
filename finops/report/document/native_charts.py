"""Charts a spreadsheet draws itself, from the cells of its table.

A waterfall stands on columns nobody sees, drawn from hidden cells; where it would reach below zero, which those cannot carry, its
steps are plain columns.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.report.cells import visible
from finops.report.charts.parts import INKS
from finops.report.document.model import ChartKind
from finops.report.model import Style
from finops.report.workbook import write_cell

if TYPE_CHECKING:
    from finops.report.document.model import Chart, Table
    from finops.report.workbook import Book

__all__ = ["Place", "draw"]

_TYPES = {
    ChartKind.BARS: {"type": "bar"},
    ChartKind.STACKED: {"type": "column", "subtype": "stacked"},
    ChartKind.LINE: {"type": "line"},
    ChartKind.WATERFALL: {"type": "column", "subtype": "stacked"},
}

_SIZE = {"width": 640, "height": 340}


class Place(NamedTuple):
    """Where a table's header is, where its chart goes (row, column), and the first column free of both."""

    sheet: str
    header: int
    corner: tuple[int, int]
    free: int


def draw(made: Book, sheet: Any, table: Table, place: Place) -> None:  # noqa: ANN401  (xlsxwriter)
    """Insert the table's chart at `place.corner`."""
    chart = table.chart
    if chart is None:
        return
    picture = made.book.add_chart(_TYPES[chart.kind])
    if chart.kind is ChartKind.WATERFALL:
        _steps(made, sheet, picture, table, place)
    else:
        _series(picture, table, chart, place)
    picture.set_title({"name": visible(chart.title), "name_font": {"size": 11}})
    picture.set_size(_SIZE)
    if chart.kind is ChartKind.BARS:
        picture.set_y_axis({"reverse": True})
        picture.set_legend({"none": True})
    elif len(chart.series) > 1 or chart.low is not None:
        picture.set_legend({"position": "bottom"})
    else:
        picture.set_legend({"none": True})
    description = f"{chart.title}. The numbers are those of the table {table.report.title}."
    sheet.insert_chart(*place.corner, picture, {"description": visible(description)})


def _column(table: Table, name: str) -> int:
    shown = [column.name for column in table.report.columns if column.shown]
    return shown.index(name)


def _series(picture: Any, table: Table, chart: Chart, place: Place) -> None:  # noqa: ANN401
    first, last = place.header + 1, place.header + len(table.report.rows)
    label = _column(table, chart.label)
    bounds = [name for name in (chart.low, chart.high) if name is not None]
    for at, name in enumerate((*chart.series, *bounds)):
        column = _column(table, name)
        ink = INKS[at % len(INKS)][0] if name not in bounds else INKS[0][0]
        look: dict[str, Any] = {"fill": {"color": ink}}
        if chart.kind is ChartKind.LINE:
            dash = "dash" if name in bounds else "solid"
            look = {
                "line": {"color": ink, "width": 1.25 if name in bounds else 2, "dash_type": dash}
            }
        picture.add_series(
            {
                "name": [place.sheet, place.header, column],
                "categories": [place.sheet, first, label, last, label],
                "values": [place.sheet, first, column, last, column],
                **look,
            }
        )


def _steps(made: Book, sheet: Any, picture: Any, table: Table, place: Place) -> None:  # noqa: ANN401
    """Columns of a waterfall, on hidden cells right of everything."""
    chart = table.chart
    if chart is None or chart.mark is None:
        return
    column, columns = place.free, _stacked(table, chart)
    sheet.set_column(column, column + len(columns) - 1, None, None, {"hidden": True})
    picture.show_hidden_data()
    for at, (name, _) in enumerate(columns):
        made.text(sheet, place.header, column + at, name, font_color="#888888")
    for row in range(len(table.report.rows)):
        for at, (_, values) in enumerate(columns):
            write_cell(
                made, sheet, (place.header + 1 + row, column + at), values[row], Style.MONEY,
                font_color="#888888",
            )  # fmt: skip
    first, last = place.header + 1, place.header + len(table.report.rows)
    label = _column(table, chart.label)
    for at, (name, _) in enumerate(columns):
        look: dict[str, Any] = (
            {"fill": {"color": INKS[at - 1][0]}} if at else {"fill": {"none": True}}
        )
        picture.add_series(
            {
                "name": name,
                "categories": [place.sheet, first, label, last, label],
                "values": [place.sheet, first, column + at, last, column + at],
                "gap": 50,
                **look,
            }
        )


def _stacked(table: Table, chart: Chart) -> list[tuple[str, list[Decimal]]]:
    """What stands under each step unseen, and the step as a total, a rise or a fall."""
    zero = Decimal(0)
    steps, amounts, reached = [], [], zero
    for row in table.report.rows:
        cell = row[chart.series[0]]
        amount = Decimal(str(cell)) if isinstance(cell, int | float | Decimal) else zero
        amounts.append(amount)
        if row[chart.mark or ""] is True:
            reached = amount
            steps.append((zero, amount, zero, zero))
        else:
            under, reached = min(reached, reached + amount), reached + amount
            steps.append((under, zero, max(amount, zero), max(-amount, zero)))
    if any(under < zero for under, *_ in steps):
        return [("Under", [zero] * len(amounts)), ("Amount", amounts)]
    names = ("Under", "Total", "More", "Less")
    return [(name, [step[at] for step in steps]) for at, name in enumerate(names)]
