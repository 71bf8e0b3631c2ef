"""A report: rows of typed values with a name for each, and nothing about how they will look.

Analyses make one; `finops.report` renders it as a table, JSON, CSV, Markdown, a page or a workbook; both front ends show it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from decimal import Decimal

    from finops.model.period import Period

__all__ = ["Cell", "Report", "ReportColumn", "Row", "Style", "unknown"]

Cell: TypeAlias = "None | bool | int | float | Decimal | str | Mapping[str, Cell]"
"""None is `n/a`: it was not computed, and a note says why. Amounts are Decimal, exact."""

Row: TypeAlias = Mapping[str, Cell]
"""One row: every column's name, and only those, in any order."""


class Style(StrEnum):
    """How people read a column; machines get the value itself."""

    TEXT = "text"
    COUNT = "count"
    MONEY = "money"
    """An amount: two decimals when shown, every digit in JSON and CSV."""
    UNIT_MONEY = "unit_money"
    """A cost per something: four significant digits when shown."""
    FIGURE = "figure"
    """A number in arithmetic: six significant digits when shown, of an amount never less than cents."""
    RATIO = "ratio"
    """0 to 1, shown as a percentage."""
    MILLISECONDS = "milliseconds"
    NUMBER = "number"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class ReportColumn:
    """One column: `name` in JSON and CSV, `title` for people; `shown` False keeps it out of the table.

    `optional` columns give way, the last first, where the table would not fit otherwise. `prose` wraps
    over several lines where other text would be cut; where it is also `below`, and would stand on many short
    lines, it goes below its row instead, over the whole width.
    """

    name: str
    title: str
    style: Style = Style.TEXT
    shown: bool = True
    optional: bool = False
    prose: bool = False
    below: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What a command answers. `extras` are further top-level JSON keys (a reconciliation, say)."""

    schema: str
    """`finops.unit/1`: the name and version of the JSON object's shape."""
    title: str
    columns: tuple[ReportColumn, ...]
    rows: tuple[Row, ...]
    period: Period | None = None
    currency: str | None = None
    totals: Row | None = None
    notes: tuple[str, ...] = ()
    extras: Mapping[str, object] = field(default_factory=dict)


_AMOUNTS = frozenset({Style.MONEY, Style.UNIT_MONEY})


def unknown(report: Report) -> Report:
    """`report` of a period nothing is known of: an amount of its totals that is zero is `n/a`."""
    amounts = {column.name for column in report.columns if column.style in _AMOUNTS}
    totals = report.totals or {}
    told = {name: None if name in amounts and not cell else cell for name, cell in totals.items()}
    return replace(report, totals=None if report.totals is None else told)
