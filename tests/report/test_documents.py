"""Reports as documents: the page is sound and inert, and the workbook holds the same numbers as JSON."""

from __future__ import annotations

import io
import json
import runpy
from datetime import datetime
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.cli.output import emit
from finops.errors import UsageError
from finops.model.spreadsheet import neutral, restored, runs
from finops.report import Report, ReportColumn, Style, render
from finops.report import workbook as workbooks

if TYPE_CHECKING:
    from finops.report import Cell

FULL: Report = runpy.run_path(str(Path(__file__).parent / "hard_values.py"))["FULL"]

VOID = {"meta"}


class Outline(HTMLParser):
    """Every element opened is closed, in order; what it saw."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.data: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.data.append((self.open[-1] if self.open else "", data))


def outline(report: Report) -> Outline:
    parser = Outline()
    parser.feed(render(report, "html").decode())
    parser.close()
    assert parser.open == []
    return parser


def one_column(style: Style, *cells: Cell) -> Report:
    column = ReportColumn("a", "A", style)
    return Report("finops.one/1", "One", (column,), tuple({"a": cell} for cell in cells))


def book(report: Report) -> Any:  # noqa: ANN401  (openpyxl is untyped)
    return openpyxl.load_workbook(io.BytesIO(render(report, "xlsx")))


def test_the_page_names_its_headers_and_loads_nothing() -> None:
    found = outline(FULL)
    assert {tag for tag, _ in found.seen} & {"script", "link", "img", "iframe", "a"} == set()
    assert all(attrs["scope"] in {"col", "row"} for tag, attrs in found.seen if tag == "th")
    assert [attrs for tag, attrs in found.seen if tag == "html"] == [{"lang": "en"}]
    policy = [attrs["content"] for tag, attrs in found.seen if "http-equiv" in attrs]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'"]


@given(st.text(max_size=60))
def test_no_name_becomes_markup(name: str) -> None:
    plain, hostile = outline(one_column(Style.TEXT, "x")), outline(one_column(Style.TEXT, name))
    assert [tag for tag, _ in hostile.seen] == [tag for tag, _ in plain.seen]


def test_the_page_carries_every_digit() -> None:
    digits = Decimal("0.123456789012345678901234")
    values = [
        attrs["value"]
        for tag, attrs in outline(one_column(Style.MONEY, digits)).seen
        if tag == "data"
    ]
    assert values == ["0.123456789012345678901234"]


@given(
    st.text(max_size=20), st.sampled_from(["", "=", "+", "-", "@", "\t", "\r", "'", "''=", "'-"])
)
def test_a_mark_comes_off_as_it_went_on(text: str, before: str) -> None:
    assert restored(neutral(before + text)) == before + text


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1"])
def test_what_runs_is_marked(text: str) -> None:
    assert runs(text)
    assert neutral(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-5", "+1.5e3", "-", "a=b", "", "'quoted'"])
def test_what_does_not_run_is_left_alone(text: str) -> None:
    assert neutral(text) == text


def test_numbers_are_numbers_and_formulas_are_text() -> None:
    report = book(FULL)["Report"]
    rows = list(report.iter_rows(min_row=4, values_only=True))
    assert rows[0][:5] == ("24 decimal places", 0.1234567890123457, 1e-24, 1, 0.125)
    assert rows[8][1] == "n/a"
    assert rows[9][4] == "n/a"
    names = [row[0] for row in rows]
    assert '\'=HYPERLINK("http://evil","click")' in names
    assert "'@SUM(1+1)" in names
    assert "-5" in names
    kinds = {cell.data_type for sheet in book(FULL) for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds


def test_headers_stay_in_sight() -> None:
    made = book(FULL)
    assert made["Report"].freeze_panes == "A4"
    assert made["Data"].freeze_panes == "A2"


def test_digits_a_cell_cannot_hold_are_counted() -> None:
    long = one_column(Style.MONEY, Decimal("0.1234567890123456789"), Decimal("0.1"))
    texts = [row[0] for row in book(long)["Report"].iter_rows(values_only=True)]
    assert texts[-1] == (
        "Note: Numbers with more digits than a cell holds: 1; JSON and CSV have all of them."
    )


def test_times_are_times() -> None:
    report = one_column(
        Style.TIME, "2026-10-01", "2026-10-01T12:30:00+02:00", "yesterday", "1850-01-01", None
    )
    cells = [row[0].value for row in book(report)["Data"].iter_rows(min_row=2, max_row=6)]
    assert cells == [
        datetime(2026, 10, 1),  # noqa: DTZ001  (sheets have no time zones)
        datetime(2026, 10, 1, 10, 30),  # noqa: DTZ001
        "yesterday",
        "1850-01-01",
        None,
    ]


def test_data_has_every_column_under_its_own_name() -> None:
    header = [cell.value for cell in next(book(FULL)["Data"].iter_rows())]
    named = render(FULL, "csv").decode().splitlines()[0].split(",")
    assert header == named


@given(
    st.lists(
        st.one_of(
            st.decimals(-(10**9), 10**9, places=6),
            st.integers(-(10**12), 10**12),
            st.floats(-1e9, 1e9, allow_subnormal=False),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_a_workbook_holds_the_numbers_of_json(numbers: list[Cell]) -> None:
    report = one_column(Style.NUMBER, *numbers)
    in_json = [row["a"] for row in json.loads(render(report, "json"))["rows"]]
    in_book = [row[0] for row in book(report)["Data"].iter_rows(min_row=2, values_only=True)]
    assert in_book == [pytest.approx(float(one), rel=1e-15) for one in in_json]


def test_the_same_report_gives_the_same_bytes() -> None:
    assert render(FULL, "xlsx") == render(FULL, "xlsx")


def test_long_text_is_cut_and_says_so() -> None:
    cell = book(one_column(Style.TEXT, "x" * 40_000))["Data"]["A2"].value
    assert len(cell) == workbooks.MOST_CHARACTERS
    assert cell.endswith("(cut: a cell holds no more; JSON has all of it)")


def test_a_workbook_wants_a_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a workbook is a file"):
        emit(FULL, "xlsx")
    emit(FULL, "xlsx", tmp_path / "full.xlsx")
    assert (tmp_path / "full.xlsx").read_bytes() == render(FULL, "xlsx")


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MOST_ROWS", 1)
    with pytest.raises(UsageError, match="2 rows of One do not fit into a sheet"):
        render(one_column(Style.COUNT, 1, 2), "xlsx")
