"""A questionnaire as a workbook to fill in: drop-downs, guidance, and the catalog it was made from.

One row per item under frozen headers; follow-ups say when they are asked and are greyed while they are
not. Nothing in a cell runs, and reading it back needs only the words in its headers, so that a vendor may move
columns, sort rows or fill it in LibreOffice. The same questionnaire gives the same bytes.
"""

from __future__ import annotations

import io
import textwrap
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.errors import InputError
from finops.model.spreadsheet import neutral
from scorecard.catalog import FieldKind
from scorecard.questionnaire.filled import Given
from scorecard.questionnaire.items import condition_text
from scorecard.questionnaire.values import value_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scorecard.catalog import Catalog
    from scorecard.questionnaire.filled import Filled
    from scorecard.questionnaire.items import Item

__all__ = ["ABOUT", "ABOUT_LABELS", "HEADERS", "QUESTIONS", "write_questionnaire"]

ABOUT, QUESTIONS, CHOICES = "Instructions", "Questions", "Choices"

ABOUT_LABELS = {
    "subject": "Questionnaire for",
    "answered_by": "Answered by",
    "on": "Date",
    "catalog": "Catalog",
    "catalog_sha256": "Fingerprint",
}
"""What the instructions sheet says in column A, with its value in column B."""


class _Column(NamedTuple):
    """A column of the questions sheet: its key, its header, its width."""

    key: str
    header: str
    width: int


_COLUMNS = (
    _Column("id", "Field", 18),
    _Column("section", "Topic", 16),
    _Column("question", "Question", 48),
    _Column("answer", "Answer", 26),
    _Column("unit", "Unit", 10),
    _Column("when", "Only if", 28),
    _Column("guidance", "Guidance", 36),
    _Column("evidence", "Evidence", 26),
    _Column("note", "Note", 36),
)
HEADERS = {column.key: column.header for column in _COLUMNS}
"""Headers by what is in the column."""

_AT = {column.key: place for place, column in enumerate(_COLUMNS)}
_LONGEST_CELL = 32_000
_LONGEST_LIST = 250
_FIRST_ROW = 1
_LINE = 15
"""Height of a line of text, in points."""

_NOT_APPLICABLE = "n/a"
_MADE = datetime(2000, 1, 1)  # noqa: DTZ001  (the format has no time zones)
_FIRST_DAY = date(1901, 1, 1)

_STEPS = (
    "Fill in the yellow cells of the sheet Questions; leave blank what you do not know.",
    "A cell with a list takes one of its words. Numbers stand without their unit, in the unit named beside them.",
    "A question that has something under Only if is asked only then; it is grey while it is not.",
    "Where a question does not arise, answer n/a and say why under Note.",
    "Under Evidence name the files you send along, or web addresses, one per line.",
    "An answer without evidence counts as a claim; one with a document sent along counts as attested.",
    "Formulas, macros and links to other files are not read.",
)


def write_questionnaire(
    catalog: Catalog, items: Sequence[Item], subject: str, filled: Filled | None = None
) -> bytes:
    """The workbook for `subject`, blank or with what `filled` holds; InputError when an answer does not fit."""
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False},
    )
    book.set_properties({"title": f"Questionnaire for {subject}", "created": _MADE})
    made = _Writer(book)
    _write_about(made, catalog, subject, filled)
    _write_questions(made, items, {} if filled is None else filled.given)
    book.close()
    return buffer.getvalue()


class _Writer:
    """A workbook being written, and its few looks."""

    def __init__(self, book: Any) -> None:  # noqa: ANN401  (xlsxwriter is untyped)
        self.book = book
        self.lists: Any = None
        self.lists_used = 0
        top = {"valign": "top", "text_wrap": True}
        self.plain = book.add_format(top)
        self.bold = book.add_format({**top, "bold": True})
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.header = book.add_format({**top, "bold": True, "bottom": 1, "bg_color": "#E6E6E6"})
        entry = {**top, "bg_color": "#FFF9DB", "border": 1, "border_color": "#BFBFBF"}
        self.entry = book.add_format(entry)
        self.date = book.add_format({**entry, "num_format": "yyyy-mm-dd", "align": "left"})
        self.number = book.add_format({**entry, "align": "left"})
        self.grey = book.add_format({"bg_color": "#D9D9D9", "font_color": "#7F7F7F"})

    def text(self, sheet: Any, row: int, column: int, text: str, look: Any = None) -> None:  # noqa: ANN401
        """Write `text`, marked where it would run; InputError when a cell cannot hold it."""
        if len(text) > _LONGEST_CELL:
            raise InputError(
                f"a text of {len(text):,} characters does not fit into a cell ({text[:40]!r} …)",
                hint="move it into a document and name that as evidence",
            )
        if text:
            sheet.write_string(row, column, neutral(text), look or self.plain)
        else:
            sheet.write_blank(row, column, None, look or self.plain)


def _write_about(made: _Writer, catalog: Catalog, subject: str, filled: Filled | None) -> None:
    sheet = made.book.add_worksheet(ABOUT)
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 80)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    made.text(sheet, 0, 0, catalog.title, made.title)
    said = {
        "subject": subject,
        "answered_by": (filled.answered_by if filled else None) or "",
        "on": filled.on if filled else None,
        "catalog": f"{catalog.id}/{catalog.version}",
        "catalog_sha256": catalog.sha256,
    }
    row = 2
    for key, label in ABOUT_LABELS.items():
        made.text(sheet, row, 0, label, made.bold)
        to_fill = key in {"answered_by", "on"}
        value = said[key]
        if isinstance(value, date):
            sheet.write_datetime(row, 1, value, made.date)
        else:
            look = (made.date if key == "on" else made.entry) if to_fill else made.plain
            made.text(sheet, row, 1, value or "", look)
        row += 1
    row += 1
    for number, step in enumerate(_STEPS, start=1):
        made.text(sheet, row, 0, f"{number}.")
        made.text(sheet, row, 1, step)
        sheet.set_row(row, _LINE * _lines(step, 80))
        row += 1


def _write_questions(made: _Writer, items: Sequence[Item], given: Mapping[str, Given]) -> None:
    sheet = made.book.add_worksheet(QUESTIONS)
    rows = {item.id: row for row, item in enumerate(items, start=_FIRST_ROW)}
    for at, column in enumerate(_COLUMNS):
        made.text(sheet, 0, at, column.header, made.header)
        sheet.set_column(at, at, column.width)
    for item in items:
        _write_item(made, sheet, rows[item.id], item, tuple(items))
        _write_given(made, sheet, rows[item.id], given.get(item.id, Given()))
        sheet.data_validation(
            rows[item.id], _AT["answer"], rows[item.id], _AT["answer"], _rule(made, item)
        )
        _grey_out(made, sheet, rows, item)
    sheet.freeze_panes(_FIRST_ROW, _AT["question"] + 1)
    sheet.autofilter(0, 0, max(rows.values(), default=0), len(_COLUMNS) - 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _write_item(
    made: _Writer,
    sheet: Any,  # noqa: ANN401  (xlsxwriter is untyped)
    row: int,
    item: Item,
    items: tuple[Item, ...],
) -> None:
    texts = {
        "id": item.id,
        "section": item.section,
        "question": item.ask,
        "unit": item.unit,
        "when": condition_text(item, items),
        "guidance": item.guidance or (item.about if item.kind is FieldKind.TEXT else ""),
    }
    for key, text in texts.items():
        made.text(sheet, row, _AT[key], text)
    sheet.set_row(
        row, _LINE * max(_lines(text, _COLUMNS[_AT[key]].width) for key, text in texts.items())
    )


def _lines(text: str, width: int) -> int:
    """Lines that `text` takes in a column of so many characters, words kept whole."""
    return max(len(textwrap.wrap(text, width)), 1)


def _write_given(made: _Writer, sheet: Any, row: int, given: Given) -> None:  # noqa: ANN401
    at, value = _AT["answer"], given.value
    if not given.applies:
        made.text(sheet, row, at, _NOT_APPLICABLE, made.entry)
    elif isinstance(value, Decimal) and Decimal(f"{float(value):.16G}") == value:
        sheet.write_number(row, at, float(value), made.number)
    elif isinstance(value, date) and value >= _FIRST_DAY:
        sheet.write_datetime(row, at, value, made.date)
    else:
        made.text(sheet, row, at, "" if value is None else value_text(value), made.entry)
    made.text(sheet, row, _AT["evidence"], "\n".join(given.documents), made.entry)
    made.text(sheet, row, _AT["note"], given.note, made.entry)


def _rule(made: _Writer, item: Item) -> dict[str, object]:
    """The data validation of an answer: a list refuses other words, the rest warns."""
    helped: dict[str, object] = {
        "input_title": item.section[:32],
        "input_message": (item.guidance or item.ask)[:255],
    }
    if item.kind is FieldKind.YES_NO:
        return {**helped, "validate": "list", "source": ["yes", "no", _NOT_APPLICABLE]}
    if item.kind is FieldKind.CHOICE:
        return {**helped, "validate": "list", "source": _source(made, item)}
    warned = {**helped, "error_type": "warning", "error_title": "Please check"}
    if item.kind is FieldKind.DATE:
        told = "A date, as 2026-10-31, or n/a with a note."
        return {
            **warned,
            "validate": "date",
            "criteria": ">=",
            "value": _FIRST_DAY,
            "error_message": told,
        }
    if item.kind is FieldKind.TEXT:
        return {**helped, "validate": "any"}
    top = 100 if item.kind is FieldKind.PERCENT else 10**12
    told = f"A number{f' in {item.unit}' if item.unit else ''}, or n/a with a note."
    between = {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": top}
    return {**warned, **between, "error_message": told}


def _source(made: _Writer, item: Item) -> object:
    """The words of a drop-down: in the rule itself, or in a column of a hidden sheet where they do not fit."""
    words = [*item.choices, _NOT_APPLICABLE]
    if len(",".join(words)) <= _LONGEST_LIST and not any("," in word for word in words):
        return words
    from xlsxwriter.utility import xl_range_abs

    if made.lists is None:
        made.lists = made.book.add_worksheet(CHOICES)
        made.lists.hide()
    column, made.lists_used = made.lists_used, made.lists_used + 1
    for row, word in enumerate(words):
        made.text(made.lists, row, column, word)
    return f"={CHOICES}!{xl_range_abs(0, column, len(words) - 1, column)}"


def _grey_out(made: _Writer, sheet: Any, rows: Mapping[str, int], item: Item) -> None:  # noqa: ANN401
    """Grey while a follow-up is not asked; a follow-up whose condition has no words stays as it is."""
    when = item.when
    if when is None or when.one_of is None or when.field not in rows:
        return
    from xlsxwriter.utility import xl_rowcol_to_cell

    cell = xl_rowcol_to_cell(rows[when.field], _AT["answer"], row_abs=True, col_abs=True)
    words = [word.replace('"', '""') for word in when.one_of]
    unmet = ",".join(f'{cell}<>"{word}"' for word in words)
    sheet.conditional_format(
        rows[item.id],
        0,
        rows[item.id],
        len(_COLUMNS) - 1,
        {"type": "formula", "criteria": f"=AND({unmet})", "format": made.grey},
    )
