"""Lines drawn with letters: a plot that reads the same without colour. Where two lines meet stands `*`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Plot", "between"]


def between(line: Sequence[float], share: float) -> float:
    """The height of `line` at a share (0 to 1) of its length, straight between two of its points."""
    at = share * (len(line) - 1)
    low = min(int(at), len(line) - 2) if len(line) > 1 else 0
    if len(line) == 1:
        return line[0]
    return line[low] + (line[low + 1] - line[low]) * (at - low)


class Plot:
    """Cells of `columns` by `rows` for heights from 0 to `most`."""

    def __init__(self, columns: int, rows: int, most: float) -> None:
        self.columns, self.rows, self.most = columns, rows, most or 1.0
        self.cells = [[" "] * columns for _ in range(rows)]

    def row(self, height: float) -> int:
        """The row of a height, the top being 0."""
        return self.rows - 1 - round(min(max(height, 0.0), self.most) / self.most * (self.rows - 1))

    def draw(self, lines: Mapping[str, Sequence[float]]) -> None:
        """Each line by the first letter of its name, over what is there."""
        for name, line in lines.items():
            for column in range(self.columns):
                row = self.row(between(line, column / (self.columns - 1)))
                taken = self.cells[row][column]
                self.cells[row][column] = name[0] if taken in {" ", "░", name[0]} else "*"

    def mark(self, share: float, height: float, sign: str) -> None:
        """Put a sign at a share of the width."""
        self.cells[self.row(height)][round(share * (self.columns - 1))] = sign

    def text(self, title: str, shown: Callable[[float], str]) -> list[str]:
        """The title, every row with a height beside each fifth, and the ground."""
        label = len(shown(self.most))
        lines = [title]
        for row, cells in enumerate(self.cells):
            at = shown(self.most * (self.rows - 1 - row) / (self.rows - 1)) if row % 5 == 0 else ""
            lines.append(f"{at:>{label}} ┤{''.join(cells)}")
        return [*lines, f"{'':>{label}} └{'─' * self.columns}"]
