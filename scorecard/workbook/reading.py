"""A workbook as text in cells, with what was seen on the way and not taken.

Values become text: numbers with every digit, dates as ISO, yes and no. A formula has no value here: what
the file says it came to is whatever its author put there. Hidden sheets, rows and columns and merged cells
are told apart, because what people cannot see they have not answered. Every remark names its cell, as
`Answers!B7`.
"""

from __future__ import annotations

import re
import warnings
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.errors import InputError
from finops.model.problem import Problem
from finops.model.spreadsheet import restored, runs
from scorecard.workbook.container import LIMITS, Marks, check_workbook

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["Place", "Sheet", "Workbook", "read_workbook"]


_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
"""How the format spells characters XML has no place for, and an underscore that would look like one."""


class Place(NamedTuple):
    """A cell of a sheet, both from 1."""

    row: int
    column: int


class Sheet(NamedTuple):
    """One sheet: text of every filled cell; `merged` names the top left cell of every other merged one.

    `formulas` are cells that hold one, and have no text.
    """

    name: str
    hidden: bool
    cells: Mapping[Place, str]
    formulas: frozenset[Place] = frozenset()
    merged: Mapping[Place, Place] = {}
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()

    def at(self, row: int, column: int) -> str:
        """The text of a cell without the space around it; a merged cell has that of its row's part."""
        place = Place(row, column)
        anchor = self.merged.get(place, place)
        return self.cells.get(anchor if anchor.row == row else place, "").strip()

    def reference(self, row: int, column: int) -> str:
        """`Answers!B7`, quoted as spreadsheets do where the name needs it."""
        from openpyxl.utils import get_column_letter

        name = self.name if self.name.isidentifier() else "'" + self.name.replace("'", "''") + "'"
        return f"{name}!{get_column_letter(column)}{row}"

    @property
    def last_row(self) -> int:
        """The last row with anything in it; 0 for an empty sheet."""
        return max((place.row for place in (*self.cells, *self.formulas)), default=0)

    @property
    def last_column(self) -> int:
        """The last column with anything in it; 0 for an empty sheet."""
        return max((place.column for place in (*self.cells, *self.formulas)), default=0)


class Workbook(NamedTuple):
    """A file's sheets in order, and what in its cells was not taken as it stands."""

    file: str
    sheets: tuple[Sheet, ...]
    problems: tuple[Problem, ...]

    def sheet(self, name: str) -> Sheet | None:
        """The sheet of that name, however it is capitalized; None when there is none."""
        wanted = name.casefold()
        return next((one for one in self.sheets if one.name.casefold() == wanted), None)


def read_workbook(path: Path) -> Workbook:
    """All of `path`; InputError when it may not be opened, or cannot be."""
    import openpyxl

    marks = check_workbook(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # what openpyxl does not keep is nothing that is read here
            book = openpyxl.load_workbook(path, read_only=True, keep_links=False)
            read = [
                _sheet(path.name, sheet, marks.get(sheet.title, Marks()))
                for sheet in book.worksheets
            ]
            book.close()
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, OSError) as error:
        raise InputError(
            f"{path.name}: is not sound: {error}", hint="open it, save it again as .xlsx"
        ) from error
    return Workbook(
        path.name,
        tuple(sheet for sheet, _ in read),
        tuple(problem for _, problems in read for problem in problems),
    )


def _sheet(
    file: str,
    sheet: Any,  # noqa: ANN401  (openpyxl is untyped)
    marks: Marks,
) -> tuple[Sheet, list[Problem]]:
    cells: dict[Place, str] = {}
    formulas: set[Place] = set()
    remarks: list[tuple[Place, str, str]] = []
    for place, cell in _filled(sheet):
        text, why = _text(cell)
        if why:
            remarks.append((place, str(getattr(cell.value, "text", cell.value)), why))
        if cell.data_type == "f":
            formulas.add(place)
        elif text:
            cells[place] = text
    hidden = {
        column
        for first, last in marks.hidden_columns
        for column in range(first, min(last, LIMITS.columns) + 1)
    }
    made = Sheet(
        sheet.title,
        sheet.sheet_state != "visible",
        cells,
        frozenset(formulas),
        _merged(marks),
        marks.hidden_rows,
        frozenset(hidden),
    )
    problems = [
        Problem(file, None, made.reference(*place), value, why) for place, value, why in remarks
    ]
    if made.hidden and cells:
        problems.append(Problem(file, None, made.name, None, "is a hidden sheet: not read"))
    return made, problems


def _filled(sheet: Any) -> Iterator[tuple[Place, Any]]:  # noqa: ANN401  (openpyxl is untyped)
    for row in sheet.iter_rows(max_row=LIMITS.rows, max_col=LIMITS.columns):
        for cell in row:
            if cell.value is not None:
                yield Place(cell.row, cell.column), cell


def _text(cell: Any) -> tuple[str, str]:  # noqa: ANN401  (openpyxl is untyped)
    """What a cell says, and what is to be remarked about it."""
    value, kind = cell.value, cell.data_type
    if kind == "f":
        return "", "is a formula, and what it came to is not trusted: type the value itself"
    if kind == "e":
        return "", "is an error of the spreadsheet, and no value"
    if isinstance(value, str):
        value = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)
        text = restored(value)
        remark = "begins like a formula: kept as text" if runs(text) and text == value else ""
        return text, remark
    if isinstance(value, int | float) and not isinstance(value, bool) and "%" in cell.number_format:
        return f"{(Decimal(repr(value)) * 100).normalize():f}%", ""
    return _plain(value), ""


def _plain(value: object) -> str:
    """A value that is no text, as text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date | time | timedelta):
        return str(value)
    if isinstance(value, int | float):
        return f"{Decimal(repr(value)).normalize():f}"
    return str(value)


def _merged(marks: Marks) -> dict[Place, Place]:
    """Every merged cell but the top left one of its area, and that one."""
    found: dict[Place, Place] = {}
    for area in marks.merged:
        anchor = Place(area.top, area.left)
        for row in range(area.top, area.bottom + 1):
            for column in range(area.left, area.right + 1):
                found[Place(row, column)] = anchor
        found.pop(anchor, None)
    return found
