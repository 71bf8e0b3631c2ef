"""One thing wrong in somebody's data, as a value that can be counted, shown and written to a file."""

from __future__ import annotations

from typing import NamedTuple

from finops.model.private import mask

__all__ = ["Problem"]


class Problem(NamedTuple):
    """What is wrong, and exactly where. `row` is 1-based among data rows; None concerns the file."""

    file: str
    row: int | None
    column: str | None
    value: str | None
    why: str

    def __str__(self) -> str:
        """`bill.csv row 7, BilledCost = '1,5': not a decimal number`."""
        place = self.file if self.row is None else f"{self.file} row {self.row}"
        if self.column is None:
            return f"{place}: {mask(self.why)}"
        shown = "" if self.value is None else f" = {shorten(mask(self.value))!r}"
        return f"{place}, {self.column}{shown}: {mask(self.why)}"


def shorten(value: str, limit: int = 80) -> str:
    """`value` cut to `limit` characters, so that one bad cell cannot flood the terminal."""
    return value if len(value) <= limit else f"{value[: limit - 1]}…"
