"""A report's rows with objects taken apart: one value for each column of a file that has only columns.

`components` with a part `retried` becomes the column `components.retried`. CSV and workbooks share it, so
that they name columns alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finops.report.model import Cell, Report, Row

__all__ = ["flat_names", "flat_rows"]


_PLAIN = frozenset({str, int, float, bool, Decimal, type(None)})
"""Types of cells that are no objects: most of a large report, told apart at once."""


def flat_rows(report: Report) -> list[dict[str, Cell]]:
    """Every row of `report`, dotted name to value; a name a row lacks is null in it."""
    names = [column.name for column in report.columns]
    return [_flat(row, names) for row in report.rows]


def flat_names(report: Report, rows: list[dict[str, Cell]]) -> list[str]:
    """Every column in declared order; an object's parts where the object stood, as rows first show them.

    An object that is null everywhere keeps its own name as the one column.
    """
    seen: dict[str, Cell] = {}
    for row in rows:
        seen.update(row)
    names: list[str] = []
    for column in report.columns:
        prefix = f"{column.name}."
        names.extend([name for name in seen if name.startswith(prefix)] or [column.name])
    return names


def _flat(row: Row, names: list[str]) -> dict[str, Cell]:
    found: dict[str, Cell] = {}
    for name in names:
        cell = row[name]
        if type(cell) in _PLAIN:
            found[name] = cell
        else:
            found.update(_parts(name, cell))
    return found


def _parts(name: str, cell: Cell) -> Iterator[tuple[str, Cell]]:
    if isinstance(cell, Mapping):
        for key, part in cell.items():
            yield from _parts(f"{name}.{key}", part)
    else:
        yield name, cell
