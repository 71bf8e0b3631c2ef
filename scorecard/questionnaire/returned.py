"""A questionnaire that came back: its answers, and for everything that is not as it should be the cell and why.

What cannot be read, stands twice or contradicts another answer is an error, and its cell's answer is not
taken. What is merely worth knowing (blank, hidden, extra) is a remark.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from finops.errors import InputError
from finops.model.problem import Problem
from scorecard.attachments import attached, is_web
from scorecard.questionnaire.columns import own_map
from scorecard.questionnaire.filled import Filled, Given, to_answers
from scorecard.questionnaire.items import items_of
from scorecard.questionnaire.sheet import ABOUT, ABOUT_LABELS, CHOICES, HEADERS
from scorecard.questionnaire.values import is_not_applicable, parse_value, value_text
from scorecard.questions import holds
from scorecard.workbook.reading import Place, read_workbook

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from scorecard.answers import Answers, Subject
    from scorecard.catalog import Catalog
    from scorecard.questionnaire.columns import ColumnMap
    from scorecard.questionnaire.items import Item
    from scorecard.workbook.reading import Sheet, Workbook

__all__ = ["Returned", "answers_in", "read_returned"]


class Returned(NamedTuple):
    """What came back. `errors` are answers not taken, `remarks` what is worth knowing; both by cell."""

    filled: Filled
    errors: tuple[Problem, ...]
    remarks: tuple[Problem, ...]
    cells: Mapping[str, str]
    """The cell each item's answer stands in."""


class _Reading:
    """What one reading finds, as it finds it."""

    def __init__(self, file: str, sheet: Sheet, columns: ColumnMap) -> None:
        self.file, self.sheet, self.columns = file, sheet, columns
        self.given: dict[str, Given] = {}
        self.cells: dict[str, str] = {}
        self.spoilt: set[str] = set()
        self.errors: list[Problem] = []
        self.remarks: list[Problem] = []

    def at(self, row: int, part: str) -> str:
        """The text of one part of a row; empty where there is no such column."""
        column = self.columns.columns.get(part)
        return self.sheet.at(row, column) if column else ""

    def cell(self, row: int, part: str) -> str:
        """`Questions!E7`."""
        return self.sheet.reference(row, self.columns.columns.get(part, 1))

    def error(self, cell: str, value: str | None, why: str) -> None:
        """An answer that is not taken."""
        self.errors.append(Problem(self.file, None, cell, value, why))

    def remark(self, cell: str, value: str | None, why: str) -> None:
        """Something worth knowing."""
        self.remarks.append(Problem(self.file, None, cell, value, why))


def read_returned(
    book: Workbook,
    catalog: Catalog,
    items: Sequence[Item],
    subject: Subject,
    *,
    columns: ColumnMap | None = None,
    folder: Path | None = None,
) -> Returned:
    """The answers in `book`, a questionnaire of ours or, with a map's `columns`, of somebody else.

    `folder` is where the documents it names lie. InputError when it is neither.
    """
    found = columns or own_map(book, items)
    if found is None:
        raise InputError(
            f"{book.file}: is no questionnaire of ours (no columns Field and Answer)",
            hint="--save-map FILE proposes a column map for it; check that, then --map FILE",
        )
    sheet = book.sheet(found.sheet)
    if sheet is None:
        there = ", ".join(one.name for one in book.sheets)
        raise InputError(f"{book.file}: has no sheet {found.sheet!r}, only {there}")
    reading = _Reading(book.file, sheet, found)
    _other_cells(reading, book)
    _extra_columns(reading)
    for row in range(found.header_row + 1, sheet.last_row + 1):
        _read_row(reading, {item.id: item for item in items}, row, folder)
    _consistent(reading, items)
    about = _about(book)
    if columns is None:
        _same_catalog(reading, catalog, about)
    filled = Filled(
        subject,
        f"{catalog.id}/{catalog.version}",
        catalog.sha256,
        {item.id: reading.given[item.id] for item in items if item.id in reading.given},
        about.get("answered_by") or None,
        _day(reading, about.get("on", "")),
    )
    return Returned(filled, tuple(reading.errors), tuple(reading.remarks), reading.cells)


def answers_in(
    path: Path, catalog: Catalog, subject: Subject
) -> tuple[Answers, tuple[Problem, ...]]:
    """The answers in a questionnaire of ours at `path`, with what is worth knowing of its cells.

    Documents lie beside it. InputError names every answer that cannot be taken.
    """
    folder = path.resolve().parent
    items = items_of(catalog, subject.kind)
    found = read_returned(read_workbook(path), catalog, items, subject, folder=folder)
    if found.errors:
        raise InputError(f"{path} holds answers that cannot be taken", problems=found.errors)
    return to_answers(catalog, found.filled, folder), found.remarks


def _other_cells(reading: _Reading, book: Workbook) -> None:
    """What was seen in cells while reading them; a formula where an answer should be is an error."""
    answers = {
        reading.sheet.reference(place.row, place.column)
        for place in reading.sheet.formulas
        if place.column in reading.columns.columns.values()
    }
    for problem in book.problems:
        if problem.column == CHOICES:
            continue
        (reading.errors if problem.column in answers else reading.remarks).append(problem)
    for row in sorted(reading.sheet.hidden_rows):
        if row > reading.columns.header_row and reading.at(row, "answer"):
            reading.remark(reading.cell(row, "answer"), None, "stands in a hidden row; it is read")
    for part, column in reading.columns.columns.items():
        if column in reading.sheet.hidden_columns:
            place = reading.cell(reading.columns.header_row, part)
            reading.remark(place, None, "heads a hidden column; it is read")


def _extra_columns(reading: _Reading) -> None:
    own = {header.casefold() for header in HEADERS.values()}
    header = reading.columns.header_row
    for column in range(1, reading.sheet.last_column + 1):
        text = reading.sheet.at(header, column)
        if text and column not in reading.columns.columns.values() and text.casefold() not in own:
            place = reading.sheet.reference(header, column)
            reading.remark(place, text, "heads a column that is not read")


def _read_row(reading: _Reading, items: Mapping[str, Item], row: int, folder: Path | None) -> None:
    key = reading.columns.key(reading.sheet, row)
    name = reading.columns.rows.get(key, "")
    item = items.get(name)
    text = reading.at(row, "answer")
    if item is None:
        if text and key:
            reading.remark(
                reading.cell(row, "answer"), text, f"answers {key[:60]!r}, which is not asked"
            )
        elif text:
            reading.remark(reading.cell(row, "answer"), text, "stands beside no question")
        return
    _merged(reading, row)
    reading.cells.setdefault(item.id, reading.cell(row, "answer"))
    if Place(row, reading.columns.columns.get("answer", 0)) in reading.sheet.formulas:
        reading.spoilt.add(item.id)
        return
    given = _given(reading, item, row, text, folder)
    if given is None:
        reading.spoilt.add(item.id)
        return
    before = reading.given.get(item.id)
    cell = reading.cell(row, "answer")
    if before is not None and before != given:
        there = reading.cells[item.id]
        reading.error(cell, text, f"contradicts {there} ({_said(before)}); neither is taken")
        reading.spoilt.add(item.id)
    elif item.id not in reading.spoilt and given != Given():
        reading.given[item.id] = given
        reading.cells[item.id] = cell
    if item.id in reading.spoilt:
        reading.given.pop(item.id, None)


def _said(given: Given) -> str:
    if not given.applies:
        return "n/a"
    return "blank" if given.value is None else value_text(given.value)


def _merged(reading: _Reading, row: int) -> None:
    """An answer merged over several questions is the first one's only."""
    column = reading.columns.columns.get("answer", 0)
    anchor = reading.sheet.merged.get(Place(row, column))
    if anchor is not None and anchor.row != row:
        there = reading.sheet.reference(*anchor)
        reading.remark(
            reading.cell(row, "answer"),
            None,
            f"is merged with {there}, whose answer counts there only",
        )


def _given(reading: _Reading, item: Item, row: int, text: str, folder: Path | None) -> Given | None:
    """What a row says; None when its answer cannot be taken."""
    note, cell = reading.at(row, "note"), reading.cell(row, "answer")
    documents = tuple(_documents(reading, row, folder))
    if is_not_applicable(text):
        if note:
            return Given(None, documents, note, applies=False)
        reading.error(cell, text, "needs its reason under Note")
        return None
    try:
        value = parse_value(item, text, reading.columns.words) if text else None
    except ValueError as error:
        reading.error(cell, text, f"{error} ({item.ask})")
        return None
    return Given(value, documents, note)


def _documents(reading: _Reading, row: int, folder: Path | None) -> Iterator[str]:
    """The documents a row names; one that points outside is an error, one that is not there a remark."""
    cell = reading.cell(row, "evidence")
    for line in reading.at(row, "evidence").replace(";", "\n").splitlines():
        name = line.strip()
        if not name:
            continue
        if is_web(name):
            yield name
            continue
        try:
            file = attached(folder or Path(), name, where=f"{reading.file}, {cell}")
        except InputError:
            reading.error(cell, name, "points outside the folder of the questionnaire")
            continue
        if file is None and folder is not None:
            reading.remark(
                cell, name, "is not beside the questionnaire: the answer is only claimed"
            )
        yield name


def _consistent(reading: _Reading, items: Sequence[Item]) -> None:
    """Follow-ups answered though not asked are contradictions; asked and not answered are blanks."""
    answered = {name: given.value for name, given in reading.given.items() if given.applies}
    for item in items:
        given = reading.given.get(item.id)
        asked = item.when is None or holds(item.when, answered.get(item.when.field))
        if given is not None and given.value is not None and not asked and item.when is not None:
            cell, when = reading.cells[item.id], item.when.field
            trigger = reading.given.get(when)
            said = _said(trigger) if trigger is not None else "blank"
            at = f" ({reading.cells[when]})" if when in reading.cells else ""
            reading.error(
                cell,
                value_text(given.value),
                f"is answered, though {when}{at} is {said}: not taken",
            )
            del reading.given[item.id]
            answered.pop(item.id, None)
        elif asked and item.id not in reading.spoilt and (given is None or _is_blank(given)):
            reading.remark(reading.cells.get(item.id, item.id), None, f"is blank: {item.ask}")


def _is_blank(given: Given) -> bool:
    return given.applies and given.value is None


def _about(book: Workbook) -> dict[str, str]:
    """What the instructions sheet says of itself."""
    sheet = book.sheet(ABOUT)
    if sheet is None:
        return {}
    labels = {label.casefold(): key for key, label in ABOUT_LABELS.items()}
    return {
        labels[text]: sheet.at(row, 2)
        for row in range(1, sheet.last_row + 1)
        if (text := sheet.at(row, 1).casefold()) in labels
    }


def _same_catalog(reading: _Reading, catalog: Catalog, about: Mapping[str, str]) -> None:
    made_from = about.get("catalog_sha256", "")
    if made_from != catalog.sha256:
        was, now = about.get("catalog") or "an unnamed catalog", f"{catalog.id}/{catalog.version}"
        made = f"another edition of {now}" if was == now else f"{was}, not from this {now}"
        reading.remark(
            ABOUT, made_from or None, f"was made from {made}: fields are matched by name"
        )


def _day(reading: _Reading, text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text.split(" ", maxsplit=1)[0])
    except ValueError:
        reading.remark(ABOUT, text, "is not a date: the answers have none")
        return None
