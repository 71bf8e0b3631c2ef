"""Holds every format of a document against the document: the same numbers, cell for cell."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

from finops.report.cells import cell_text, is_number
from finops.report.document import render_document
from finops.report.numbers import exact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finops.report import Cell, Report
    from finops.report.document import Document

SCHEMA = Path(__file__).parents[2] / "docs" / "review.schema.json"


class Page(HTMLParser):
    """The tables of a page: each a list of rows, a cell its text and the exact value in it, if any."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[tuple[str, str | None]]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"td", "th"}:
            self.tables[-1][-1].append(("", None))
        elif tag == "data":
            text, _ = self.tables[-1][-1][-1]
            self.tables[-1][-1][-1] = (text, dict(attrs)["value"])

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.open) and "table" in self.open:
            text, value = self.tables[-1][-1][-1]
            self.tables[-1][-1][-1] = (text + data, value)


def tables(document: Document) -> Iterator[tuple[str, Report]]:
    for section in document.sections:
        for table in section.tables:
            yield f"{section.name}/{table.name}", table.report


def tables_that_agree(document: Document) -> int:
    """How many tables were held against each other; AssertionError where a cell differs."""
    number_of = 0
    page = Page()
    page.feed(render_document(document, "html").decode())
    told = json.loads(render_document(document, "json"), parse_float=Decimal)
    objects = {
        f"{section['name']}/{table['name']}": table
        for section in told["sections"]
        for table in section["tables"]
    }
    book = openpyxl.load_workbook(io.BytesIO(render_document(document, "xlsx")))
    archive = zipfile.ZipFile(io.BytesIO(render_document(document, "zip")))
    markdown = render_document(document, "md").decode()
    for at, (name, report) in enumerate(tables(document)):
        shown = [column for column in report.columns if column.shown]
        area = book.defined_names[name.replace("/", "_")].attr_text
        sheet, cells = area.rsplit("!", 1)
        grid = list(book[sheet.strip("'")][cells.replace("$", "")])
        rows = list(csv.DictReader(io.StringIO(archive.read(f"{name}.csv").decode(), newline="")))
        for number, row in enumerate(report.rows):
            for place, column in enumerate(shown):
                cell = row[column.name]
                text, value = page.tables[at][number + 1][place]
                assert text == cell_text(cell, column.style)
                if not is_number(column):
                    continue
                expected = exactly(cell)
                assert (None if value is None else Decimal(value)) == expected
                assert objects[name]["rows"][number][column.name] == expected
                in_csv = rows[number][column.name]
                assert (Decimal(in_csv) if in_csv else None) == expected
                in_sheet = grid[number + 1][place].value
                assert in_sheet == in_a_sheet(cell)
            line = " | ".join(_marked(cell_text(row[c.name], c.style)) for c in shown)
            assert f"| {line} |" in markdown
        number_of += 1
    return number_of


def exactly(cell: Cell) -> Decimal | None:
    return None if cell is None else Decimal(str(cell))


def spelled(cell: Cell) -> str:
    found = exactly(cell)
    return "" if found is None else exact(found)


def in_a_sheet(cell: Cell) -> Any:  # noqa: ANN401  (a number, about)
    found = exactly(cell)
    return "n/a" if found is None else pytest.approx(float(found), rel=1e-15)


def _marked(text: str) -> str:
    return re.sub(r"[<>\[\]]", lambda found: f"\\{found[0]}", text)


def schema_errors(told: object) -> dict[str, str]:
    """What is wrong with a review's JSON by docs/review.schema.json: place and message."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    found = Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(told)
    return {error.json_path: error.message for error in found}
