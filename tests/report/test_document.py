"""A document in every format: as before byte for byte, the same numbers in each, nothing a sentence makes up.

After a wanted change: FINOPS_WRITE_GOLDENS=1 pytest tests/report, and read the difference.
"""

from __future__ import annotations

import csv
import io
import json
import os
import runpy
import zipfile
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest

from finops.errors import UsageError
from finops.report import Style
from finops.report.cells import cell_text
from finops.report.document import (
    Document,
    DocumentFormat,
    Fact,
    Name,
    Number,
    Section,
    render_document,
    say,
)
from finops.report.document.digest import content_digest
from finops.report.document.formats import SUFFIXES
from finops.report.document.support import unsupported
from tests.report.agreement import exactly, in_a_sheet, schema_errors, spelled, tables_that_agree

if TYPE_CHECKING:
    from collections.abc import Callable


HERE = Path(__file__).parent
WRITE = os.environ.get("FINOPS_WRITE_GOLDENS")
DOCUMENT: Document = runpy.run_path(str(HERE / "sample_document.py"))["DOCUMENT"]

WRITTEN = [each for each in DocumentFormat if each is not DocumentFormat.PDF]


@pytest.mark.parametrize("kind", ["text", "md", "html", "json"])
def test_a_document_is_written_as_before(kind: str) -> None:
    found = render_document(DOCUMENT, kind)
    golden = HERE / "documents" / f"sample.{kind}"
    if WRITE:
        golden.write_bytes(found)
    assert found == golden.read_bytes()


@pytest.mark.parametrize("kind", WRITTEN)
def test_the_same_document_is_the_same_bytes(kind: DocumentFormat) -> None:
    assert render_document(DOCUMENT, kind) == render_document(DOCUMENT, kind)


def test_every_format_but_text_has_an_ending_of_its_name() -> None:
    assert {SUFFIXES[f".{each}"] for each in DocumentFormat if each is not DocumentFormat.TEXT} == {
        each for each in DocumentFormat if each is not DocumentFormat.TEXT
    }


# --- the same numbers everywhere -----------------------------------------------------------------


def test_numbers_are_the_same_in_every_format_cell_for_cell() -> None:
    assert tables_that_agree(DOCUMENT) == 5


def test_the_json_is_as_its_schema_says() -> None:
    told = json.loads(render_document(DOCUMENT, "json"))
    assert schema_errors(told) == {}
    told["sections"][0]["figures"][0]["value"] = "many"
    told["sections"][1]["surprise"] = 1
    told["period"]["end"] = "soon"
    del told["currency"]
    assert set(schema_errors(told)) == {
        "$",
        "$.period",
        "$.sections[0].figures[0].value",
        "$.sections[1]",
    }


def test_figures_are_the_same_in_every_format() -> None:
    told = json.loads(render_document(DOCUMENT, "json"), parse_float=Decimal)
    archive = zipfile.ZipFile(io.BytesIO(render_document(DOCUMENT, "zip")))
    rows = list(csv.DictReader(io.StringIO(archive.read("figures.csv").decode(), newline="")))
    book = openpyxl.load_workbook(io.BytesIO(render_document(DOCUMENT, "xlsx")))
    page = render_document(DOCUMENT, "html").decode()
    for figure, found in zip(
        DOCUMENT.sections[0].figures, told["sections"][0]["figures"], strict=True
    ):
        expected = exactly(figure.value)
        assert found["value"] == expected
        mine = [row for row in rows if row["figure"] == figure.name]
        assert {row["value"] for row in mine} == {spelled(figure.value)}
        sheet, cell = book.defined_names[f"headline_{figure.name}"].attr_text.rsplit("!", 1)
        value = book[sheet.strip("'")][cell.replace("$", "").partition(":")[0]].value
        assert value == in_a_sheet(figure.value)
        text = cell_text(figure.value, figure.style)
        assert f'data-figure="{figure.name}">{text}' in page


# --- sentences -----------------------------------------------------------------------------------


def test_a_sentence_has_no_number_among_its_words() -> None:
    with pytest.raises(ValueError, match="12 teams"):
        say("12 teams")
    sentence = say("Of ", Name("team-7"), " ", Number(Decimal("-3.5"), size=True, unit="USD"), ".")
    assert sentence.text == "Of team-7 3.50 USD."


def test_what_a_sentence_makes_up_is_found() -> None:
    assert unsupported(DOCUMENT) == ()
    known = Decimal("7839.69")
    cases = {
        "a cell of a table": (Number(known), True),
        "a figure": (Number(Decimal("91.8512"), Style.UNIT_MONEY), True),
        "a count of rows": (Number(40, Style.COUNT), True),
        "the size of a negative one": (Number(Decimal("240.21"), size=True), True),
        "its sign turned round": (Number(Decimal("240.21")), False),
        "one digit off": (Number(Decimal("7839.68")), False),
    }
    for what, (number, is_known) in cases.items():
        section = Section("made_up", "Made up", sentences=(say("It is ", number, "."),))
        found = unsupported(replace(DOCUMENT, sections=(*DOCUMENT.sections, section)))
        assert found == (() if is_known else (("made_up", number),)), what


def test_what_says_the_same_has_one_digest_whatever_made_it() -> None:
    other = replace(DOCUMENT, facts=(Fact("finops", "finops", "9.9"),))
    assert content_digest(other) == content_digest(DOCUMENT)
    fewer = replace(DOCUMENT, sections=DOCUMENT.sections[:1])
    assert content_digest(fewer) != content_digest(DOCUMENT)


# --- workbooks and browsers ----------------------------------------------------------------------


NATIVE_TABLES = [
    ("headline_by_month_table", "A12:C15"),
    ("changed_steps_table", "A5:B9"),
    ("changed_forecast_table", "A31:D34"),
    ("changed_teams_table", "A56:C59"),
    ("changed_lines_table", "A1:C41"),
]
"""Header and rows of each, totals left out; whoever sorts them leaves the total where it is."""


def test_a_workbook_has_a_sheet_for_each_section_and_long_table_with_frozen_headers() -> None:
    book = openpyxl.load_workbook(io.BytesIO(render_document(DOCUMENT, "xlsx")))
    assert book.sheetnames == ["1 Headline", "2 What changed", "2 Every line", "Sources"]
    assert [sheet.freeze_panes for sheet in book] == ["A2", "A2", "A2", "A2"]
    assert [table for sheet in book for table in sheet.tables.items()] == NATIVE_TABLES
    assert [len(sheet._charts) for sheet in book] == [1, 3, 0, 0]
    assert f"{book['2 Every line']['B2'].value:%Y-%m-%d}" == "2026-10-01"
    assert book["2 Every line"]["C5"].value == "'=1+1"


@pytest.mark.slow
@pytest.mark.needs("soffice")
def test_libreoffice_opens_the_workbook_and_keeps_every_number_and_chart(
    tmp_path: Path, saved_by_libreoffice: Callable[[Path], Path]
) -> None:
    path = tmp_path / "review.xlsx"
    path.write_bytes(render_document(DOCUMENT, "xlsx"))
    before, after = openpyxl.load_workbook(path), openpyxl.load_workbook(saved_by_libreoffice(path))
    assert after.sheetnames == before.sheetnames
    assert set(after.defined_names) >= set(before.defined_names)
    native = {each.ref for sheet in before for each in sheet.tables.values()}
    assert {each.ref for sheet in after for each in sheet.tables.values()} == native != set()
    for sheet in before:
        assert len(after[sheet.title]._charts) == len(sheet._charts)
        for row in sheet.iter_rows():
            for cell in row:
                kept = after[sheet.title][cell.coordinate].value
                if isinstance(cell.value, int | float):
                    assert kept == pytest.approx(cell.value, rel=1e-14), cell.coordinate
                else:
                    assert kept == cell.value, cell.coordinate


def test_without_a_browser_a_pdf_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINOPS_CHROMIUM", "no-such-browser")
    with pytest.raises(UsageError) as caught:
        render_document(DOCUMENT, "pdf")
    assert "--format html" in str(caught.value.hint)
