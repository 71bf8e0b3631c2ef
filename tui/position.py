"""Where somebody is in a table: the row by what it is called, the column by its name, and how far it is scrolled.

Rows come and go: a position is found again by all of a row's names, else by those before its first number, else
it is the line it was. Written down between two sessions, it is a few texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.report.cells import is_number

if TYPE_CHECKING:
    from finops.report.model import Row
    from tui.frame import Frame

__all__ = ["Position", "position_of", "read_position", "written_position"]


class Position(NamedTuple):
    """A cell and the first line seen."""

    names: Mapping[str, str | None]
    """Texts of the row, by column."""
    place: int = 0
    """Lines from the top of the table."""
    column: str = ""
    top: int = 0
    """Line that stands first on the screen."""

    def found(self, frame: Frame) -> tuple[int, int, int]:
        """Line, column and first line of it in `frame`; what is gone falls back to the nearest there is."""
        last = max(0, len(frame) - 1)
        known = _line_of(frame, self.names, min(self.place, last))
        line = min(self.place, last) if known is None else known
        names = [column.name for column in frame.columns]
        column = names.index(self.column) if self.column in names else 0
        return line, column, max(0, min(self.top + line - self.place, last))


def position_of(frame: Frame, place: int, column: int, top: int) -> Position:
    """The position of a cell that is there."""
    row = frame.row(place)
    names = {name: _text(row, name) for name in _names(frame)}
    return Position(names, place, frame.columns[column].name, top)


def written_position(position: Position) -> dict[str, Any]:
    """A position as JSON has it."""
    return {**position._asdict(), "names": dict(position.names)}


def read_position(said: object) -> Position | None:
    """The position that was written so; None for anything else."""
    if not isinstance(said, Mapping):
        return None
    try:
        names = {str(k): None if v is None else str(v) for k, v in said["names"].items()}
        numbers = [max(0, int(said[name])) for name in ("place", "top")]
        return Position(names, numbers[0], str(said["column"]), numbers[1])
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _names(frame: Frame) -> list[str]:
    return [column.name for column in frame.columns if not is_number(column)]


def _text(row: Row, name: str) -> str | None:
    value = row.get(name)
    return None if value is None else str(value)


def _line_of(frame: Frame, names: Mapping[str, str | None], likely: int) -> int | None:
    """The line of the row called so: by every name of `frame`, else by those before the first number.

    Where several are, it is the `likely` one if that is among them, else the first.
    """
    here = [name for name in _names(frame) if name in names]
    leading: list[str] = []
    for column in frame.columns:
        if is_number(column):
            break
        leading.append(column.name)
    for wanted in (here, [name for name in leading if name in names]):
        if not wanted:
            continue
        for line in chain((likely,), range(len(frame))):
            row = frame.row(line) if len(frame) else {}
            if row and all(_text(row, name) == names[name] for name in wanted):
                return line
    return None
