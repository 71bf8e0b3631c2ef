"""A table's chart: its rows as a picture, drawn from the cells and no others."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING

from finops.report.cells import cell_text, title_text
from finops.report.charts import Picture, Series, bars, lines, stacked, waterfall
from finops.report.document.model import ChartKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from finops.report.document.model import Chart, Table
    from finops.report.model import Cell, Report

__all__ = ["drawn", "picture"]

_DRAW: dict[ChartKind, Callable[[Picture], Iterator[str]]] = {
    ChartKind.BARS: bars,
    ChartKind.STACKED: stacked,
    ChartKind.LINE: lines,
    ChartKind.WATERFALL: waterfall,
}


def drawn(table: Table, chart: Chart, key: str) -> Iterator[str]:
    """The chart of `table` as SVG, line by line; `key` is unique on the page."""
    yield from _DRAW[chart.kind](picture(table.report, chart, key))


def picture(report: Report, chart: Chart, key: str) -> Picture:
    """What `chart` says of `report`'s rows; KeyError where it names a column there is none of."""
    titles = {column.name: title_text(column) for column in report.columns}
    styles = {column.name: column.style for column in report.columns}

    def series(name: str) -> Series:
        cells = [row[name] for row in report.rows]
        texts = tuple(cell_text(cell, styles[name]) for cell in cells)
        return Series(titles[name], tuple(_number(cell) for cell in cells), texts)

    return Picture(
        key=key,
        title=chart.title,
        labels=tuple(cell_text(row[chart.label], styles[chart.label]) for row in report.rows),
        series=tuple(series(name) for name in chart.series),
        unit=report.currency or "",
        low=None if chart.low is None else series(chart.low),
        high=None if chart.high is None else series(chart.high),
        totals=() if chart.mark is None else tuple(row[chart.mark] is True for row in report.rows),
    )


def _number(cell: Cell) -> float | None:
    if isinstance(cell, bool) or not isinstance(cell, int | float | Decimal):
        return None
    return float(cell) if math.isfinite(cell) else None
