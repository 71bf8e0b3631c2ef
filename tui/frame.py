"""Rows ready to be looked at: which columns, in which order, how wide. Nothing is formatted before it is seen.

A frame of a million rows costs an index of them; cells become text when their line is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

from finops.report.cells import cell_text, is_number, title_text, total_texts

if TYPE_CHECKING:
    from decimal import Decimal

    from finops.report.model import Cell, Report, ReportColumn, Row
    from tui.state import Sort

__all__ = ["Frame", "fitted", "frame_of"]

MEASURED = 500
"""Rows whose cells are measured at first, spread over all of them; wider ones are met when drawn."""

WIDEST = 48
"""A text column's width; a longer text ends in an ellipsis."""

ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Frame:
    """Columns as shown, every row, the order they stand in, and a width for each column in cells."""

    columns: tuple[ReportColumn, ...]
    rows: Sequence[Row]
    order: Sequence[int]
    totals: tuple[str, ...]
    """One text for each column; empty when there are no totals."""
    widths: tuple[int, ...]
    wishes: tuple[int, ...]
    """The widths columns would take if there were room for the longest text that was measured."""
    sort: Sort | None = None

    def __len__(self) -> int:
        return len(self.order)

    def row(self, place: int) -> Row:
        """The row at `place` from the top."""
        return self.rows[self.order[place]]

    def cell(self, place: int, column: int) -> Cell:
        """The value there, with every digit."""
        return self.row(place)[self.columns[column].name]

    def texts(self, place: int) -> tuple[str, ...]:
        """Every cell of a row as people read it."""
        row = self.row(place)
        return tuple(cell_text(row[column.name], column.style) for column in self.columns)

    def roomed(self, spare: int) -> tuple[int, ...]:
        """Widths when `spare` cells are left over: texts that were cut get them, from the left."""
        found = []
        for width, wish in zip(self.widths, self.wishes, strict=True):
            more = max(0, min(spare, wish - width))
            spare -= more
            found.append(width + more)
        return tuple(found)

    def widened(self, widths: Sequence[int]) -> Frame:
        """The frame with columns at least as wide as `widths`."""
        return replace(self, widths=tuple(map(max, self.widths, widths)))

    def place_of(self, row: Row) -> int | None:
        """Where the row with the same text cells stands now; None when it is gone."""
        names = [column.name for column in self.columns if not is_number(column)]
        if not names:
            return None
        wanted = [row.get(name) for name in names]
        return next(
            (
                place
                for place, index in enumerate(self.order)
                if [self.rows[index].get(name) for name in names] == wanted
            ),
            None,
        )


def frame_of(
    report: Report, *, columns: Sequence[str] | None = None, sort: Sort | None = None
) -> Frame:
    """`report` as a frame: `columns` by name (default: those its table shows), sorted by `sort`."""
    chosen = _chosen(report, columns)
    totals = () if report.totals is None or not chosen else total_texts(chosen, report.totals)
    wishes = _wishes(chosen, report.rows, totals)
    return Frame(
        columns=chosen,
        rows=report.rows,
        order=_order(report, sort),
        totals=totals,
        widths=tuple(map(width_limit, chosen, wishes)),
        wishes=wishes,
        sort=sort,
    )


def fitted(text: str, width: int, *, right: bool) -> str:
    """`text` in exactly `width` terminal cells, to the right or the left, ending in … when cut."""
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + ELLIPSIS if width > 0 else ""
    return " " * (width - length) + text if right else text + " " * (width - length)


def width_limit(column: ReportColumn, width: int) -> int:
    """How wide the column may be for content of `width`: numbers are never cut."""
    return width if is_number(column) else min(width, WIDEST)


def _chosen(report: Report, names: Sequence[str] | None) -> tuple[ReportColumn, ...]:
    if names is None:
        return tuple(column for column in report.columns if column.shown)
    wanted = set(names)
    return tuple(column for column in report.columns if column.name in wanted)


def _order(report: Report, sort: Sort | None) -> Sequence[int]:
    """Row numbers by `sort`; missing values stand last either way, equal ones keep their order."""
    if sort is None or all(column.name != sort.column for column in report.columns):
        return range(len(report.rows))
    values = [_key(row[sort.column]) for row in report.rows]
    here = [index for index, value in enumerate(values) if value is not None]
    gone = [index for index, value in enumerate(values) if value is None]
    here.sort(key=lambda index: values[index] or (0, 0), reverse=sort.descending)
    return [*here, *gone]


def _key(cell: Cell) -> tuple[int, float | Decimal | str] | None:
    """What a cell is sorted by; numbers before words."""
    if cell is None:
        return None
    if isinstance(cell, Mapping):
        return (1, str(dict(cell)))
    return (1, cell.casefold()) if isinstance(cell, str) else (0, cell)


def _wishes(
    columns: Sequence[ReportColumn], rows: Sequence[Row], totals: Sequence[str]
) -> tuple[int, ...]:
    step = max(1, len(rows) // MEASURED)
    seen = rows[::step]
    found = []
    for place, column in enumerate(columns):
        content = max(
            (cell_len(cell_text(row[column.name], column.style)) for row in seen), default=0
        )
        total = cell_len(totals[place]) if totals else 0
        heading = cell_len(title_text(column)) + 2  # the arrow of the sorted column
        found.append(max(content, total, heading))
    return tuple(found)
