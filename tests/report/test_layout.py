"""Whatever the width: numbers whole, lines inside it, and the same facts."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from finops.report import Report, ReportColumn, Style, render

if TYPE_CHECKING:
    from finops.report.model import Row

NAMES = st.text(min_size=1, max_size=40)
AMOUNTS = st.decimals(min_value=-(10**9), max_value=10**9, places=6)
ROWS = st.lists(st.tuples(NAMES, NAMES, AMOUNTS, st.integers(0, 10**9)), max_size=5)


def report(rows: list[tuple[str, str, Decimal, int]]) -> Report:
    """Two names, an amount and a count."""
    return Report(
        schema="finops.layout/1",
        title="Layout",
        columns=(
            ReportColumn("workflow", "Workflow"),
            ReportColumn("model", "Model name"),
            ReportColumn("cost", "Cost of everything", Style.MONEY),
            ReportColumn("requests", "Requests", Style.COUNT),
        ),
        rows=tuple(
            {"workflow": workflow, "model": model, "cost": cost, "requests": requests}
            for workflow, model, cost, requests in rows
        ),
        notes=("A note that is long enough to be wrapped when the terminal is narrow.",),
    )


@given(ROWS, st.integers(36, 160))
def test_every_line_fits_and_every_number_is_whole(
    rows: list[tuple[str, str, Decimal, int]], width: int
) -> None:
    text = render(report(rows), "table", width=width).decode()
    assert all(cell_len(line) <= width for line in text.splitlines())
    for _, _, cost, requests in rows:
        whole = render(report([("a", "b", cost, requests)]), "table").decode().splitlines()[4]
        for number in whole.split()[-2:]:
            assert number in text


SHEET = Report(
    schema="finops.layout/1",
    title="Sheet",
    columns=(
        ReportColumn("step", "Step", prose=True),
        ReportColumn("amount", "Amount", Style.MONEY),
        ReportColumn("source", "Source", prose=True, below=True),
    ),
    rows=(
        {
            "step": "share of the gateway",
            "amount": Decimal("74.4"),
            "source": "74.4 / 45,190 requests",
        },
        {"step": "sum", "amount": Decimal("74.4"), "source": "x" * 70},
    ),
)


def test_prose_that_may_stand_below_its_row_does_so_where_there_is_little_room_beside_it() -> None:
    assert render(SHEET, "table", width=50).decode().splitlines()[2:] == [
        "Step                  Amount",
        "────────────────────  ──────",
        "share of the gateway   74.40",
        "    74.4 / 45,190 requests",
        "sum                    74.40",
        "    " + "x" * 46,
        "    " + "x" * 24,
    ]
    beside = render(SHEET, "table", width=110).decode().splitlines()
    assert beside[4] == "share of the gateway   74.40  74.4 / 45,190 requests"
    assert beside[5].endswith("  " + "x" * 70)
    assert render(SHEET, "table").decode().splitlines()[2:] == beside[2:]


@given(NAMES, NAMES, AMOUNTS, st.integers(36, 160))
def test_prose_below_its_row_keeps_to_the_width_and_is_whole(
    step: str, source: str, amount: Decimal, width: int
) -> None:
    sheet = replace(SHEET, rows=({"step": step, "amount": amount, "source": source * 3},))
    lines = render(sheet, "table", width=width).decode().splitlines()
    assert all(cell_len(line) <= width for line in lines)


@given(ROWS)
def test_json_reads_back(rows: list[tuple[str, str, Decimal, int]]) -> None:
    read = json.loads(render(report(rows), "json"), parse_float=Decimal)
    assert [
        (row["workflow"], row["model"], Decimal(row["cost"]), row["requests"])
        for row in read["rows"]
    ] == rows


def test_titles_wrap_before_names_are_cut() -> None:
    text = render(report([("rag-answer", "gpt", Decimal(1), 2)]), "table", width=44).decode()
    assert text.splitlines()[2:6] == [
        "                           Cost of",
        "Workflow    Model name  everything  Requests",
        "──────────  ──────────  ──────────  ────────",
        "rag-answer  gpt               1.00         2",
    ]


def test_below_a_width_each_row_is_a_block() -> None:
    lines = render(report([("rag-answer", "gpt-5", Decimal("1234567.5"), 2)]), "table", width=30)
    assert lines.decode().splitlines()[2:6] == [
        "Workflow         rag-answer",
        "Model name       gpt-5",
        "Cost of everyt…  1,234,567.50",
        "Requests         2",
    ]


def test_a_table_without_numbers_wraps_its_last_column() -> None:
    prose = Report(
        schema="finops.prose/1",
        title="Prose",
        columns=(ReportColumn("check", "Check"), ReportColumn("detail", "Detail")),
        rows=({"check": "ledger", "detail": "there is no ledger here, load something"},),
    )
    assert render(prose, "table", width=30).decode().splitlines()[4:] == [
        "ledger  there is no ledger",
        "        here, load something",
    ]


def test_colour_only_repeats_what_is_there() -> None:
    plain = render(report([("a", "b", Decimal(1), 2)]), "table").decode()
    coloured = render(report([("a", "b", Decimal(1), 2)]), "table", color=True).decode()
    assert "\x1b[1m" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == plain


def test_an_extra_cannot_hide_a_report_field() -> None:
    clash = Report(schema="s/1", title="t", columns=(), rows=(), extras={"rows": 1})
    with pytest.raises(ValueError, match="cannot be called 'rows'"):
        render(clash, "json")


def test_an_unknown_format_is_an_error() -> None:
    with pytest.raises(ValueError, match="xml"):
        render(report([]), "xml")


def test_optional_columns_are_left_out_before_a_name_or_a_time_is_cut() -> None:
    """Prose wraps first of all; a text longer than any name gives way down to forty cells at once."""
    columns = (
        ReportColumn("run", "Run"),
        ReportColumn("started", "Started", Style.TIME),
        ReportColumn("cost", "Cost", Style.MONEY),
        ReportColumn("outcome", "Outcome", optional=True),
        ReportColumn("attempts", "Attempts", Style.COUNT, optional=True),
    )
    row: Row = {
        "run": "redact-pii-0913-059",
        "started": "2026-09-13T15:34:25Z",
        "cost": Decimal("1.5"),
        "outcome": "success",
        "attempts": 3,
    }
    shown = [
        render(Report("finops.test/1", "Test", columns, (row,)), "table", width=width).decode()
        for width in (70, 62, 54, 40)
    ]
    whole, no_attempts, no_outcome, cut = (text.splitlines() for text in shown)
    assert whole[4] == "redact-pii-0913-059  2026-09-13T15:34:25Z  1.50  success         3"
    assert no_attempts[4] == "redact-pii-0913-059  2026-09-13T15:34:25Z  1.50  success"
    assert no_outcome[4] == "redact-pii-0913-059  2026-09-13T15:34:25Z  1.50"
    assert no_outcome[6].startswith("Note: No room here for: Outcome, Attempts;")
    assert cut[4] == "redact-pii-0913…  2026-09-13T15:3…  1.50"
    long = Report("finops.test/1", "Test", columns, ({**row, "run": "x" * 80},))
    assert render(long, "table", width=87).decode().splitlines()[4] == (
        f"{'x' * 39}…  2026-09-13T15:34:25Z  1.50  success         3"
    )


def test_prose_wraps_closer_before_a_name_is_cut() -> None:
    columns = (ReportColumn("subject", "Subject"), ReportColumn("what", "What", prose=True))
    row: Row = {"subject": "harbourline-triage", "what": "tokens that have no list price yet"}
    cost = ReportColumn("cost", "Cost", Style.COUNT)
    report = Report("finops.test/1", "Test", (*columns, cost), ({**row, "cost": 5},))
    assert render(report, "table", width=42).decode().splitlines()[4:6] == [
        "harbourline-triage  tokens that have     5",
        "                    no list price",
    ]


def test_optional_columns_give_way_last_first_and_are_named() -> None:
    columns = (
        ReportColumn("workflow", "Workflow"),
        ReportColumn("cost", "Cost", Style.COUNT),
        ReportColumn("runs", "Runs", Style.COUNT, optional=True),
        ReportColumn("errors", "Errors", Style.COUNT, optional=True),
    )
    row: Row = {"workflow": "rag-answer", "cost": 10**9, "runs": 10**9, "errors": 10**9}
    report = Report("finops.test/1", "Test", columns, (row,))

    narrow = render(report, "table", width=40).decode()
    assert "1,000,000,000  1,000,000,000\n" in narrow
    assert "Note: No room here for: Errors;" in narrow
    assert "Errors" not in narrow.split("Note:")[0]
    assert "No room" not in render(report, "table", width=80).decode()
    assert b"errors" in render(report, "csv")
