"""A report's rows with objects taken apart: one value for each column of a file that has only columns.

`components` with a part `retried` becomes the column `components.retried`. CSV and workbooks share it, so
that they name columns alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finops.report.model import Cell, Report, Row

__all__ = ["flat_names", "flat_rows"]


def flat_rows(report: Report) -> list[dict[str, Cell]]:
    """Every row of `report`, dotted name to value; a name a row lacks is null in it."""
    return [dict(_flatten(report, row)) for row in report.rows]


def flat_names(report: Report, rows: list[dict[str, Cell]]) -> list[str]:
    """Every column in declared order; an object's parts where the object stood, as rows first show them.

    An object that is null everywhere keeps its own name as the one column.
    """
    names: list[str] = []
    for column in report.columns:
        prefix = f"{column.name}."
        parts = dict.fromkeys(name for row in rows for name in row if name.startswith(prefix))
        names.extend(parts or [column.name])
    return names


def _flatten(report: Report, row: Row) -> Iterator[tuple[str, Cell]]:
    for column in report.columns:
        yield from _parts(column.name, row[column.name])


def _parts(name: str, cell: Cell) -> Iterator[tuple[str, Cell]]:
    if isinstance(cell, Mapping):
        for key, part in cell.items():
            yield from _parts(f"{name}.{key}", part)
    else:
        yield name, cell
