"""What sentences of a document claim that nothing else in it shows.

A number is supported when a figure, what it is held against, or a cell of a table in the same document
has the same value, or, where the sentence leaves the sign to its words, the same size.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finops.report.document.model import Document, Number, Section
    from finops.report.model import Cell, Report

__all__ = ["unsupported"]


def unsupported(document: Document) -> tuple[tuple[str, Number], ...]:
    """Section and number of every number a sentence makes up; empty when all is well."""
    values = {value for section in document.sections for value in _values(section)}
    return tuple(
        (section.name, number)
        for section in document.sections
        for sentence in section.sentences
        for number in sentence.numbers
        if not _is_known(number, values)
    )


def _is_known(number: Number, values: set[Decimal]) -> bool:
    value = _exact(number.value)
    return value in values or (number.size and value.copy_negate() in values)


def _values(section: Section) -> Iterator[Decimal]:
    for figure in section.figures:
        yield from _numbers(figure.value)
        for against in figure.against:
            yield from (*_numbers(against.value), *_numbers(against.change))
    for table in section.tables:
        yield from _of_report(table.report)


def _of_report(report: Report) -> Iterator[Decimal]:
    yield Decimal(len(report.rows))
    for row in (*report.rows, report.totals or {}):
        for cell in row.values():
            yield from _numbers(cell)


def _numbers(cell: Cell) -> Iterator[Decimal]:
    if isinstance(cell, Mapping):
        for part in cell.values():
            yield from _numbers(part)
    elif isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        yield _exact(cell)


def _exact(value: float | Decimal) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))
