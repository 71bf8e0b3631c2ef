"""What a document is made of, and nothing about how it will look.

A sentence is made of words, names and numbers, each of its own kind, so that what a rule wrote can be
held against the tables: words carry no digits, and `finops.report.document.support` finds a number no
figure or table has.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from finops.report.cells import visible
from finops.report.model import Style
from finops.report.numbers import shown, size

if TYPE_CHECKING:
    from decimal import Decimal

    from finops.model.period import Period
    from finops.report.model import Report

__all__ = [
    "Against",
    "Amount",
    "Chart",
    "ChartKind",
    "Document",
    "Fact",
    "Figure",
    "Name",
    "Number",
    "Omitted",
    "Section",
    "Sentence",
    "Table",
    "say",
]

Amount: TypeAlias = "float | Decimal"
"""A number; counts are whole."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a sentence; `size` leaves its sign to the words around it."""

    value: Amount
    style: Style = Style.MONEY
    unit: str = ""
    size: bool = False

    @property
    def text(self) -> str:
        """`12,345.60 USD`, `4.2%`."""
        text = shown(size(self.value) if self.size else self.value, self.style)
        return f"{text} {visible(self.unit)}" if self.unit else text


@dataclass(frozen=True, slots=True)
class Name:
    """A name in a sentence, as the data has it: a team, a model, a day."""

    text: str


Part: TypeAlias = "str | Number | Name"


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words, names and numbers in order; ValueError where a digit stands among the words."""

    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        """Hold the words to having no digits."""
        for part in self.parts:
            if isinstance(part, str) and any(char.isdigit() for char in part):
                raise ValueError(f"{part!r}: a number in a sentence is a Number, a name a Name")

    @property
    def text(self) -> str:
        """The sentence as people read it."""
        return "".join(part if isinstance(part, str) else visible(part.text) for part in self.parts)

    @property
    def numbers(self) -> tuple[Number, ...]:
        """Its numbers in order."""
        return tuple(part for part in self.parts if isinstance(part, Number))


def say(*parts: Part) -> Sentence:
    """The sentence of `parts`."""
    return Sentence(parts)


@dataclass(frozen=True, slots=True)
class Against:
    """What a figure is held against: last month, a budget. `change` is relative, None where it has no base."""

    name: str
    title: str
    value: Amount | None
    change: Amount | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that stands for itself; `why` says what would supply it where it is None."""

    name: str
    title: str
    value: Amount | None
    style: Style = Style.MONEY
    unit: str = ""
    against: tuple[Against, ...] = ()
    why: str = ""


class ChartKind(StrEnum):
    """How a table is drawn."""

    BARS = "bars"
    """A bar for each row, its first column beside it."""
    STACKED = "stacked"
    """A column for each row, its series on top of each other."""
    LINE = "line"
    """A line for each series over the rows, one with a band between `low` and `high`."""
    WATERFALL = "waterfall"
    """Rows from one total to another: a row whose `mark` is true stands on the ground."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of a table: which column names its rows, and which are drawn."""

    kind: ChartKind
    title: str
    label: str
    series: tuple[str, ...]
    low: str | None = None
    high: str | None = None
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A report in a document. `command` prints where its numbers come from; `detail` is folded away."""

    name: str
    report: Report
    chart: Chart | None = None
    command: str = ""
    detail: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """One question of the document."""

    name: str
    title: str
    sentences: tuple[Sentence, ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """Something the document was made from: a version, a hash, a date."""

    name: str
    title: str
    value: str


@dataclass(frozen=True, slots=True)
class Omitted:
    """A section that is not there, and what would bring it."""

    title: str
    why: str


@dataclass(frozen=True, slots=True)
class Document:
    """Sections in reading order, the first of which stands alone; `facts` say how to make it again."""

    schema: str
    title: str
    sections: tuple[Section, ...]
    period: Period | None = None
    currency: str | None = None
    facts: tuple[Fact, ...] = ()
    omitted: tuple[Omitted, ...] = field(default=())

    @property
    def headline(self) -> str:
        """`Monthly review · 2026-10 · USD`."""
        parts = [self.title]
        if self.period is not None:
            parts.append(self.period.label)
        if self.currency is not None:
            parts.append(self.currency)
        return " · ".join(visible(part) for part in parts)
