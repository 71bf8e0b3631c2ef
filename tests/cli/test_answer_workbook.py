"""`finops scorecard answer` by workbook: out with --to, back with --from, scored from then on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import openpyxl
import pytest

from finops.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from typer.testing import Result


@pytest.fixture
def place(tmp_path: Path) -> tuple[str, ...]:
    return ("--store", str(tmp_path / "store"))


def typed(path: Path, cells: dict[str, dict[str, str]]) -> None:
    """Type into a questionnaire: by field, the text under each header."""
    book = openpyxl.load_workbook(path)
    sheet = book["Questions"]
    columns = {cell.value: cell.column for cell in sheet[1]}
    rows = {sheet.cell(row, 1).value: row for row in range(2, sheet.max_row + 1)}
    for field, texts in cells.items():
        for header, text in texts.items():
            sheet.cell(rows[field], columns[header], text)
    book.save(path)


def test_our_own_answers_go_out_and_come_back(
    finops: Callable[..., Result], tmp_path: Path, place: tuple[str, ...]
) -> None:
    file = tmp_path / "ours.xlsx"
    sent = finops("scorecard", "answer", "--to", str(file), *place)
    assert sent.exit_code == 0, sent.stderr
    (tmp_path / "slo.md").write_text("p95 and p99", encoding="utf-8")
    typed(file, {
        "slo_written": {"Answer": "yes", "Evidence": "slo.md"},
        "local_control": {"Answer": "n/a", "Note": "everything runs at vendors"},
    })  # fmt: skip
    taken = finops("scorecard", "answer", "--from", str(file), *place)
    assert taken.exit_code == 0, taken.stderr
    assert "2 answers are stored" in taken.stderr
    assert "is blank" in taken.stderr
    card = json.loads(finops("scorecard", "run", "--no-history", *place, "--format", "json").stdout)
    checks = {check["id"]: check for category in card["categories"] for check in category["checks"]}
    assert checks["slo_written"]["mark"] == "attested"


def test_a_vendor_answers_the_same_way(
    finops: Callable[..., Result], tmp_path: Path, place: tuple[str, ...]
) -> None:
    file = tmp_path / "acme.xlsx"
    about = ("--subject", "vendor:acme", *place)
    finops("scorecard", "answer", "--to", str(file), *about)
    typed(file, {"batching": {"Answer": "yes"}, "prefix_cache": {"Answer": "yes"}, "precision": {"Answer": "fp8"}})  # fmt: skip
    assert finops("scorecard", "answer", "--from", str(file), *about).exit_code == 0
    card = json.loads(finops("scorecard", "run", "--no-history", *about, "--format", "json").stdout)
    levels = {each["id"]: (each["claimed"], each["verified"]) for each in card["categories"]}
    assert levels["serving_maturity"] == (1, 0)


def test_a_cell_that_cannot_be_read_stores_nothing(
    finops: Callable[..., Result], tmp_path: Path, place: tuple[str, ...]
) -> None:
    file = tmp_path / "ours.xlsx"
    finops("scorecard", "answer", "--to", str(file), *place)
    typed(file, {"slo_written": {"Answer": "=TRUE()"}})
    refused = finops("scorecard", "answer", "--from", str(file), *place)
    assert refused.exit_code == ExitCode.INPUT
    assert "is a formula, and what it came to is not trusted" in refused.stderr
    assert not list((tmp_path / "store").glob("*.yaml")) if (tmp_path / "store").exists() else True
