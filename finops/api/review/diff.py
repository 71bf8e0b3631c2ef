"""What changed of a review: every number that is another now, and how much of it settings and how much data did.

Tables are matched by section and name, rows by what identifies them (every cell that is no number),
so that a row that moved is not a change.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from finops.model.money import subtract
from finops.report.cells import is_number, title_text
from finops.report.document import Document, Number, Section, Table, say
from finops.report.model import Report, ReportColumn, Style

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from finops.report.document import Fact, Sentence
    from finops.report.document.model import Amount
    from finops.report.model import Cell, Row

__all__ = ["SCHEMA", "diff_documents"]

SCHEMA = "finops.review_diff/1"

_NOT_COMPARED = {("tie_out", "sources"), ("tie_out", "kept")}
"""Tables of where the numbers came from: of a closed month another one than of an open."""

Place = tuple[str, str, str, str]
"""Section, table or `figures`, row, column."""


class _Found(NamedTuple):
    """A number of a document, and how it is shown."""

    value: Amount | None
    style: Style


def diff_documents(
    before: Document,
    after: Document,
    *,
    facts: Sequence[Fact],
    restated: Document | None = None,
    further: Sequence[Table] = (),
) -> Document:
    """A document with a row for every number of `before` that is another in `after`, or in only one of them.

    `restated` is the review of today's data with the settings of then, None where those are today's: up to it
    data made the difference, from it on settings. `further` tables say why.
    """
    rows = tuple(_changes(before, after if restated is None else restated, after))
    return Document(
        schema=SCHEMA,
        title=f"What changed since: {before.title}",
        sections=(
            Section(
                name="changes",
                title="Numbers that are others now",
                sentences=_sentences(len(rows), is_same=restated is None),
                tables=(Table("changes", _report(rows)), *further),
            ),
        ),
        period=before.period,
        currency=before.currency,
        facts=tuple(facts),
    )


def _sentences(count: int, *, is_same: bool) -> tuple[Sentence, ...]:
    if not count:
        return (say("No number of the review has changed."),)
    told = say(Number(count, Style.COUNT), " numbers of the review are others now.")
    why = (
        "Settings, owners and prices are those of then: later data made every difference."
        if is_same
        else "First later data is counted with the settings, owners and prices of then, then those of today."
    )
    return (told, say(why))


def _report(rows: tuple[Row, ...]) -> Report:
    return Report(
        schema=SCHEMA,
        title="Then and now",
        columns=(
            ReportColumn("section", "Section"),
            ReportColumn("table", "Table"),
            ReportColumn("row", "Row"),
            ReportColumn("column", "Column"),
            ReportColumn("before", "Then", Style.NUMBER),
            ReportColumn("after", "Now", Style.NUMBER),
            ReportColumn("difference", "Difference", Style.NUMBER),
            ReportColumn("by_data", "From data", Style.NUMBER),
            ReportColumn("by_settings", "From settings", Style.NUMBER),
        ),
        rows=rows,
    )


def _changes(before: Document, restated: Document, after: Document) -> Iterator[Row]:
    old, mid, new = (dict(_numbers(each)) for each in (before, restated, after))
    for place in dict.fromkeys((*old, *mid, *new)):
        was, between, now = old.get(place), mid.get(place), new.get(place)
        if (was and was.value) == (between and between.value) == (now and now.value):
            continue
        section, table, row, column = place
        yield {
            "section": section,
            "table": table,
            "row": row,
            "column": column,
            "before": was and was.value,
            "after": now and now.value,
            "difference": _difference(was, now),
            "by_data": _difference(was, between),
            "by_settings": _difference(between, now),
        }


def _difference(was: _Found | None, now: _Found | None) -> Decimal | None:
    """By how much more; a number that is nowhere on one side has no difference."""
    if was is None or now is None or was.value is None or now.value is None:
        return None
    return subtract(Decimal(str(now.value)), Decimal(str(was.value)))


def _numbers(document: Document) -> Iterator[tuple[Place, _Found]]:
    for section in document.sections:
        for figure in section.figures:
            yield (section.name, "figures", figure.title, ""), _Found(figure.value, figure.style)
        for table in section.tables:
            if (section.name, table.name) not in _NOT_COMPARED:
                yield from _of_table(section.name, table)


def _of_table(section: str, table: Table) -> Iterator[tuple[Place, _Found]]:
    report = table.report
    seen: dict[str, int] = {}
    for row in (*report.rows, *(() if report.totals is None else (report.totals,))):
        key = "Total" if row is report.totals else _key(report, row)
        seen[key] = seen.get(key, 0) + 1
        name = key if seen[key] == 1 else f"{key} ({seen[key]})"
        for column in report.columns:
            cell = row.get(column.name)
            if is_number(column) and not isinstance(cell, str | bool | Mapping):
                place = (section, table.name, name, title_text(column))
                yield place, _Found(cell, column.style)


def _key(report: Report, row: Row) -> str:
    """What a row is called: its cells that are neither numbers nor prose, or prose where it has no other."""
    names = [column for column in report.columns if not is_number(column)]
    short = [column for column in names if not column.prose]
    words: list[Cell] = [row[column.name] for column in short or names]
    return ", ".join("(none)" if word is None else str(word) for word in words)
