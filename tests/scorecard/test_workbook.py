"""Hostile workbooks are refused before anything in them is read; odd ones are read, and every oddity named."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from typing import TYPE_CHECKING

import openpyxl
import pytest
from openpyxl.styles import Protection

from finops.errors import InputError
from scorecard.attachments import attached, fingerprint, is_web
from scorecard.workbook.container import Limits, check_workbook
from scorecard.workbook.reading import Place, read_workbook
from tests.scorecard.books import patched, workbook

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SHEET = "xl/worksheets/sheet1.xml"
RELS = "xl/_rels/workbook.xml.rels"
TYPES = "[Content_Types].xml"


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return workbook(tmp_path / "acme.xlsx", {"Answers": [["Question", "Answer"], ["q1", "yes"]]})


def refused(path: Path, *, limits: Limits = Limits()) -> str:  # noqa: B008  (a value, never changed)
    with pytest.raises(InputError) as caught:
        check_workbook(path, limits)
    return caught.value.message


def test_a_good_one_is_read(good: Path) -> None:
    check_workbook(good)
    (sheet,) = read_workbook(good).sheets
    assert sheet.cells == {
        Place(1, 1): "Question",
        Place(1, 2): "Answer",
        Place(2, 1): "q1",
        Place(2, 2): "yes",
    }


def test_a_zip_bomb_is_refused_by_its_directory(good: Path) -> None:
    patched(good, add={"xl/media/image1.xml": b"<a>" + b" " * 5_000_000 + b"</a>"})
    assert "unpacks to" in refused(good)
    assert "as a zip bomb does" in refused(good)


def test_many_small_bombs_are_refused_by_their_sum(good: Path) -> None:
    import random

    noise = random.Random(1).randbytes
    patched(good, add={f"xl/media/{n}.bin": noise(900_000) for n in range(4)})
    message = refused(good, limits=Limits(unpacked_bytes=3_000_000))
    assert message.startswith("acme.xlsx: unpacks to 3,6")


def test_a_file_too_large_is_refused_unopened(good: Path) -> None:
    assert refused(good, limits=Limits(file_bytes=100)).endswith(
        "is more than a questionnaire (100)"
    )


def test_members_that_overlap_are_refused(good: Path) -> None:
    data = bytearray(good.read_bytes())
    with zipfile.ZipFile(good) as archive:
        grown = archive.infolist()[0].compress_size + len(data)
    at = data.index(b"PK\x01\x02") + 20
    data[at : at + 4] = grown.to_bytes(4, "little")
    good.write_bytes(bytes(data))
    assert "overlap" in refused(good)


@pytest.mark.parametrize(
    ("member", "words"),
    [
        ("xl/vbaProject.bin", "holds macros or controls (xl/vbaProject.bin)"),
        ("xl/macrosheets/sheet1.xml", "holds macros"),
        ("xl/activeX/activeX1.bin", "holds macros"),
        ("xl/externalLinks/externalLink1.xml", "links to data outside it"),
        ("xl/connections.xml", "links to data outside it"),
        ("xl/embeddings/oleObject1.bin", "has a file embedded"),
        ("../../etc/cron.d/evil", "points outside the file"),
        ("/etc/passwd", "points outside the file"),
        ("xl\\..\\..\\evil", "points outside the file"),
        ("C:/evil", "points outside the file"),
    ],
)
def test_parts_that_do_not_belong_are_refused(good: Path, member: str, words: str) -> None:
    patched(good, add={member: b"<x/>"})
    assert words in refused(good)


def test_a_member_twice_is_refused(good: Path) -> None:
    with zipfile.ZipFile(good, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(SHEET, b"<worksheet/>")
    assert refused(good) == "acme.xlsx: has two members of one name"


def test_a_macro_workbook_without_macros_is_refused_too(good: Path) -> None:
    patched(
        good, change={TYPES: lambda xml: xml.replace(b"sheet.main", b"sheet.macroEnabled.main")}
    )
    assert refused(good) == "acme.xlsx: is a workbook with macros"


def test_what_loads_from_outside_is_refused_and_links_for_people_are_not(good: Path) -> None:
    rel = (
        b'<Relationship Id="rX" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        b'relationships/%s" Target="https://evil.example/x" TargetMode="External"/></Relationships>'
    )

    def with_relation(kind: bytes) -> Callable[[bytes], bytes]:
        return lambda xml: xml.replace(b"</Relationships>", rel % kind)

    linked = good.with_name("linked.xlsx")
    linked.write_bytes(good.read_bytes())
    check_workbook(patched(linked, change={RELS: with_relation(b"hyperlink")}))
    patched(good, change={RELS: with_relation(b"oleObject")})
    assert refused(good) == f"acme.xlsx: {RELS} loads 'https://evil.example/x' from outside it"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_in_any_encoding(good: Path, encoding: str) -> None:
    bomb = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE w [<!ENTITY a "ha">]><w>&a;</w>'
    patched(good, change={SHEET: lambda _: bomb.encode(encoding)})
    assert "declares a document type" in refused(good)


def test_a_million_rows_are_refused_by_the_first_beyond(good: Path) -> None:
    far = b'<row r="1048576"><c r="B1048576"><v>1</v></c></row></sheetData>'
    patched(good, change={SHEET: lambda xml: xml.replace(b"</sheetData>", far)})
    assert refused(good) == (
        f"acme.xlsx: {SHEET} has something in cell B1048576; a questionnaire has at most "
        "10,000 rows and 64 columns"
    )


def test_rows_without_numbers_are_counted(good: Path) -> None:
    rows = b"<row><c><v>1</v></c></row>" * 20 + b"</sheetData>"
    patched(good, change={SHEET: lambda xml: xml.replace(b"</sheetData>", rows)})
    assert "cell A21;" in refused(good, limits=Limits(rows=20))
    assert "more than 5 cells are filled" in refused(good, limits=Limits(filled_cells=5))


def test_empty_formatted_rows_to_the_end_are_nothing(good: Path) -> None:
    empty = b'<row r="1048576"><c r="A1048576"/></row></sheetData>'
    patched(good, change={SHEET: lambda xml: xml.replace(b"</sheetData>", empty)})
    assert read_workbook(good).sheets[0].last_row == 2


def test_an_area_merged_over_everything_is_refused(good: Path) -> None:
    merge = b'</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    patched(good, change={SHEET: lambda xml: xml.replace(b"</sheetData>", merge)})
    assert "merges A1:XFD1048576, larger than a questionnaire" in refused(good)


def test_a_link_over_everything_takes_no_time(good: Path) -> None:
    link = b'</sheetData><hyperlinks><hyperlink ref="A1:XFD1048576" location="A1"/></hyperlinks>'
    patched(good, change={SHEET: lambda xml: xml.replace(b"</sheetData>", link)})
    assert read_workbook(good).sheets[0].last_row == 2


def test_elements_are_bounded_wherever_they_are(good: Path) -> None:
    styles = b"<cellXfs>" + b"<xf/>" * 500
    patched(good, change={"xl/styles.xml": lambda xml: xml.replace(b"<cellXfs>", styles, 1)})
    patched(good, add={"xl/more.xml": b"<a>" + b"<b/>" * 500 + b"</a>"})
    message = refused(good, limits=Limits(elements=400))
    assert message == "acme.xlsx: has more than 400 elements of XML"


def test_a_member_that_is_neither_text_nor_picture_is_refused(good: Path) -> None:
    patched(good, add={"xl/setup.exe": b"MZ"})
    assert refused(good) == "acme.xlsx: xl/setup.exe is nothing a workbook holds"


def test_a_sheet_must_be_where_it_was_looked_at(good: Path) -> None:
    patched(good, add={"xl/hidden.png": b"x"})
    patched(good, change={RELS: lambda xml: xml.replace(b"worksheets/sheet1.xml", b"hidden.png")})
    assert refused(good) == (
        "acme.xlsx: the sheet 'Answers' is not where the workbook says (xl/hidden.png)"
    )


def test_depth_is_bounded(good: Path) -> None:
    patched(good, add={"xl/deep.xml": b"<a>" * 100 + b"</a>" * 100})
    assert "nested deeper" in refused(good)


def test_a_password_and_other_formats_are_named(tmp_path: Path) -> None:
    old = tmp_path / "old.xls"
    old.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100)
    assert refused(old) == "old.xls: is protected by a password or in the old .xls format"
    text = tmp_path / "text.xlsx"
    text.write_text("hello", encoding="utf-8")
    assert "is not a workbook that can be opened" in refused(text)
    other = tmp_path / "other.xlsx"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("a.txt", "hello")
    assert refused(other) == "other.xlsx: is a zip archive, but no workbook"
    calc = tmp_path / "calc.xlsx"
    with zipfile.ZipFile(calc, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    assert refused(calc) == "calc.xlsx: is not xlsx"
    assert "cannot be read" in refused(tmp_path / "missing.xlsx")


def test_truncated_and_broken_files_are_refused(good: Path) -> None:
    whole = good.read_bytes()
    good.write_bytes(whole[: len(whole) // 2])
    assert "is not a workbook that can be opened" in refused(good)
    good.write_bytes(whole)
    patched(good, change={SHEET: lambda xml: xml[:100]})
    assert f"{SHEET} is not sound XML" in refused(good)


def test_values_become_text_and_formulas_nothing(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "My answers"
    values = [
        0.95, 12, True, date(2026, 9, 1), datetime(2026, 9, 1, 8, 30), " padded ", "- a list",  # noqa: DTZ001
        "'=typed", "=1+1", "#REF!",
    ]  # fmt: skip
    for row, value in enumerate(values, start=1):
        sheet.cell(row, 1, value)
    sheet["A10"].data_type = "e"
    book.save(tmp_path / "odd.xlsx")
    read = read_workbook(tmp_path / "odd.xlsx")
    (made,) = read.sheets
    assert [made.at(row, 1) for row in range(1, 11)] == [
        "0.95", "12", "yes", "2026-09-01", "2026-09-01 08:30:00", "padded", "- a list", "=typed",
        "", "",
    ]  # fmt: skip
    assert made.formulas == {Place(9, 1)}
    assert [str(problem) for problem in read.problems] == [
        "odd.xlsx, 'My answers'!A7 = '- a list': begins like a formula: kept as text",
        (
            "odd.xlsx, 'My answers'!A9 = '=1+1': "
            "is a formula, and what it came to is not trusted: type the value itself"
        ),
        "odd.xlsx, 'My answers'!A10 = '#REF!': is an error of the spreadsheet, and no value",
    ]


def test_what_is_merged_and_hidden_is_told_apart(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Answers"
    sheet["A1"], sheet["A2"] = "wide", "tall"
    sheet.merge_cells("A1:B1")
    sheet.merge_cells("A2:A3")
    sheet.row_dimensions[2].hidden = True
    sheet.column_dimensions["C"].hidden = True
    sheet["C1"].protection = Protection(locked=True)
    secret = book.create_sheet("Secret")
    secret.sheet_state = "veryHidden"
    secret["A1"] = "unseen"
    book.save(tmp_path / "odd.xlsx")
    read = read_workbook(tmp_path / "odd.xlsx")
    answers, hidden = read.sheets
    assert (answers.at(1, 2), answers.at(3, 1)) == ("wide", "")
    assert answers.merged == {Place(1, 2): Place(1, 1), Place(3, 1): Place(2, 1)}
    assert answers.hidden_rows == frozenset({2})
    assert answers.hidden_columns == frozenset({3})
    assert hidden.hidden
    assert [str(one) for one in read.problems] == ["odd.xlsx, Secret: is a hidden sheet: not read"]
    assert read.sheet("ANSWERS") == answers
    assert read.sheet("nothing") is None


@pytest.mark.parametrize(
    "name",
    ["../secret", "a/../../b", "/etc/passwd", "C:\\x", "\\\\host\\x", "file:///etc/passwd", "a\0b"],
)
def test_attachments_stay_in_their_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"acme.xlsx, Answers!E7: attachment .* points outside"):
        attached(tmp_path, name, where="acme.xlsx, Answers!E7")


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret").write_text("x", encoding="utf-8")
    (inside / "soc2.pdf").symlink_to(tmp_path / "secret")
    with pytest.raises(InputError, match="points outside"):
        attached(inside, "soc2.pdf", where="x")


def test_attachments_are_found_and_fingerprinted(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "soc2.pdf").write_bytes(b"hello")
    found = attached(tmp_path, "docs\\soc2.pdf", where="x")
    assert found is not None
    assert fingerprint(found) == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    assert attached(tmp_path, "nothing.pdf", where="x") is None
    assert is_web("https://acme.example/soc2")
    assert not is_web("soc2.pdf")


def test_nothing_is_written_while_reading(good: Path) -> None:
    before = io.BytesIO(good.read_bytes()).getvalue()
    read_workbook(good)
    assert good.read_bytes() == before
    assert [path.name for path in good.parent.iterdir()] == ["acme.xlsx"]
