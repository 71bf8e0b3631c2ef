"""Answers as people write them, as they are kept, and what they say about checks."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from finops.errors import InputError
from scorecard.answers import Says
from scorecard.questionnaire.filled import Given, read_filled, to_answers
from scorecard.questionnaire.values import parse_value, value_text
from tests.scorecard.questionnaires import (
    BY_ID,
    CATALOG,
    ITEMS,
    answer,
    back,
    filled,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


# --- values --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("latency_p95_ms", "1250", "1250"),
        ("latency_p95_ms", "1 250 ms", "1250"),
        ("latency_p95_ms", "1'250.5", "1250.5"),
        ("latency_p95_ms", "1.250,5", "1250.5"),
        ("latency_p95_ms", "1,250.5", "1250.5"),
        ("latency_p95_ms", "1.250.000", "1250000"),
        ("latency_p95_ms", "12,5", "12.5"),
        ("training_percent", "12,5 %", "12.5"),
        ("training_percent", "12.5 percent", "12.5"),
    ],
)
def test_numbers_as_people_write_them(field: str, text: str, value: str) -> None:
    assert parse_value(BY_ID[field], text) == Decimal(value)


@pytest.mark.parametrize("text", ["1,250", "twelve", "1.2.3", "12 s", "1" * 40, "1e5", "-"])
def test_numbers_nobody_should_guess(text: str) -> None:
    with pytest.raises(ValueError, match=r"two ways|not a number|asked in|more digits"):
        parse_value(BY_ID["latency_p95_ms"], text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("Yes", True), ("NEIN", False), ("oui", True), ("はい", True), ("não", False)],
)
def test_yes_and_no_in_other_languages(text: str, value: bool) -> None:
    assert parse_value(BY_ID["pinned"], text) is value


def test_a_percent_cell_means_what_it_shows(edited: Callable[..., Path]) -> None:
    def change(book: Any) -> None:  # noqa: ANN401
        book["Questions"][answer("training_percent")].number_format = "0.0%"

    found = back(edited({answer("training_percent"): 0.125}, change))
    assert found.filled.given == {"training_percent": Given(Decimal("12.5"))}


def test_values_are_typed_as_they_are_read() -> None:
    assert [value_text(one) for one in (True, Decimal("1.50"), date(2026, 1, 2), "a")] == [
        "yes", "1.50", "2026-01-02", "a",
    ]  # fmt: skip


# --- answers about checks ------------------------------------------------------------------------


def test_answers_speak_to_checks(tmp_path: Path) -> None:
    (tmp_path / "slo.pdf").write_bytes(b"signed")
    given = {
        "latency_promised": Given(True, ("slo.pdf",)),
        "latency_p95_ms": Given(Decimal(800)),
        "latency_p99_ms": Given(Decimal(2000)),
        "own_facility": Given(None, (), "resells a cloud", applies=False),
        "local_control": Given(True, (), "console in Lisbon"),
        "invoice_itemized": Given(False),
    }
    answers = to_answers(CATALOG, filled(given, answered_by="Jo", on=date(2026, 11, 2)), tmp_path)
    said = {one.check: one for one in answers.answers}
    assert {name: one.says for name, one in said.items()} == {
        "local_control": Says.YES,
        "vendor_facility": Says.NOT_APPLICABLE,
        "vendor_targets": Says.YES,
        "vendor_invoice": Says.NO,
    }
    (document,) = said["vendor_targets"].documents
    assert document.sha256 is not None
    assert said["vendor_facility"].note == "resells a cloud"
    assert {one.owner for one in said.values()} == {"Jo"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("- 1", "holds no answers"),
        ("answers: 1", "holds no answers"),
        ("answers: {nope: 1}", "holds answers that cannot be read"),
        ("answers: {pinned: perhaps}", "holds answers that cannot be read"),
        ("answers: {pinned: {valu: 1}}", "holds answers that cannot be read"),
        ("other: 1", "holds answers that cannot be read"),
        ("on: soon", "holds answers that cannot be read"),
        ("a: [", "line 1"),
    ],
)
def test_kept_answers_that_are_wrong(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "answers.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_filled(tmp_path / "answers.yaml", ITEMS)
    assert why in caught.value.message
