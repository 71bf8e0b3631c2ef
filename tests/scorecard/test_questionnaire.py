"""A questionnaire goes out and comes back: nothing is lost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops.errors import InputError
from scorecard.catalog import FieldKind
from scorecard.questionnaire.filled import Given, dump_filled, read_filled
from scorecard.questionnaire.items import Item, condition_text
from scorecard.questionnaire.returned import read_returned
from scorecard.questionnaire.sheet import write_questionnaire
from scorecard.questionnaire.values import is_not_applicable
from scorecard.questions import holds
from scorecard.workbook.reading import read_workbook
from tests.scorecard.questionnaires import (
    ACME,
    BY_ID,
    CATALOG,
    ITEMS,
    ROW,
    answer,
    back,
    filled,
    sent,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from scorecard.catalog import Catalog

# --- nothing is lost -----------------------------------------------------------------------------

TEXTS = (
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
    .map(str.strip)
    .filter(lambda text: bool(text) and not is_not_applicable(text))
)
NUMBERS = st.decimals(0, 100, places=4)
DOCUMENTS = st.lists(
    st.one_of(st.from_regex(r"[a-z]{1,8}\.pdf", fullmatch=True), st.just("https://acme.example/a")),
    max_size=2,
    unique=True,
).map(tuple)


def value_of(item: Item) -> st.SearchStrategy[Any]:
    return {
        FieldKind.YES_NO: st.booleans(),
        FieldKind.CHOICE: st.sampled_from(item.choices or ("x",)),
        FieldKind.DATE: st.dates(date(1990, 1, 1), date(2100, 1, 1)),
        FieldKind.TEXT: TEXTS,
        FieldKind.NUMBER: NUMBERS,
        FieldKind.PERCENT: NUMBERS,
    }[item.kind]


@st.composite
def everything(draw: st.DrawFn) -> dict[str, Given]:
    """Answers that could be meant: follow-ups only where they are asked."""
    said: dict[str, Given] = {}
    for item in draw(st.lists(st.sampled_from(ITEMS), unique=True, max_size=12)):
        applies = draw(st.integers(0, 5)) > 0
        value = draw(value_of(item)) if applies else None
        note = draw(st.one_of(st.just(""), TEXTS)) if applies else draw(TEXTS)
        said[item.id] = Given(value, draw(DOCUMENTS), note, applies)
    answered = {name: one.value for name, one in said.items() if one.applies}
    kept: dict[str, Given] = {}
    for item in ITEMS:
        if item.id not in said:
            continue
        if item.when is not None and not holds(item.when, answered.get(item.when.field)):
            answered.pop(item.id, None)
            continue
        kept[item.id] = said[item.id]
    return kept


@given(everything(), st.one_of(st.none(), TEXTS), st.one_of(st.none(), st.dates(date(1990, 1, 1))))
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_written_comes_back_from_a_workbook(
    said: dict[str, Given], by: str | None, on: date | None
) -> None:
    with TemporaryDirectory() as folder:
        path = sent(Path(folder) / "q.xlsx", said, answered_by=by, on=on)
        found = back(path)
    assert found.errors == ()
    expected = {name: one for name, one in said.items() if one != Given()}
    assert found.filled == filled(expected, answered_by=by, on=on)


@given(everything(), st.one_of(st.none(), TEXTS), st.one_of(st.none(), st.dates(date(1990, 1, 1))))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_written_comes_back_from_yaml(
    said: dict[str, Given], by: str | None, on: date | None
) -> None:
    original = filled(said, answered_by=by, on=on)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "answers.yaml"
        path.write_text(dump_filled(original), encoding="utf-8", newline="")
        assert read_filled(path, ITEMS) == original


SAMPLE = {
    "training_percent": Given(Decimal("12.5")),
    "latency_promised": Given(True, ("slo.pdf", "https://acme.example/slo"), "annex B"),
    "latency_p95_ms": Given(Decimal(800), (), "=not a formula"),
    "pricing": Given("both"),
    "price_gpu_hour": Given(Decimal("2.135")),
    "price_at_double": Given("- capacity in 6 weeks\n- the same price — „fest“"),
    "lineage": Given(None, (), "we keep none", applies=False),
    "attestation": Given("SOC 2 Type II"),
    "attestation_date": Given(date(2026, 3, 31)),
    "isolation": Given("virtual machines"),
    "local_control": Given(False),
}


@pytest.mark.needs("soffice")
def test_libreoffice_loses_nothing(
    tmp_path: Path, saved_by_libreoffice: Callable[[Path], Path]
) -> None:
    path = sent(tmp_path / "acme.xlsx", SAMPLE, answered_by="Jo Doe", on=date(2026, 11, 2))
    saved = saved_by_libreoffice(path)
    found = back(saved)
    assert found.errors == ()
    assert found.filled == filled(SAMPLE, answered_by="Jo Doe", on=date(2026, 11, 2))
    sheet = openpyxl.load_workbook(saved)["Questions"]
    lists = {
        str(rule.sqref): rule.formula1
        for rule in sheet.data_validations.dataValidation
        if rule.type == "list"
    }
    assert any(answer("latency_promised") in cells.split() for cells in lists)


def test_the_same_questionnaire_gives_the_same_bytes() -> None:
    one, other = (write_questionnaire(CATALOG, ITEMS, "acme", filled(SAMPLE)) for _ in range(2))
    assert one == other


# --- how it looks --------------------------------------------------------------------------------


def test_it_says_what_it_was_made_from_and_helps_to_fill_it(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(sent(tmp_path / "q.xlsx", {}))
    about = {row[0].value: row[1].value for row in book["Instructions"].iter_rows()}
    assert about["Catalog"] == f"{CATALOG.id}/{CATALOG.version}"
    assert about["Fingerprint"] == CATALOG.sha256
    sheet = book["Questions"]
    assert sheet.freeze_panes == "D2"
    rules = {str(one.sqref): one for one in sheet.data_validations.dataValidation}
    yes_no = next(
        rule for cells, rule in rules.items() if answer("latency_promised") in cells.split()
    )
    assert yes_no.formula1 == '"yes,no,n/a"'
    row = ROW["latency_p95_ms"]
    assert sheet.cell(row, 5).value == "ms"
    assert sheet.cell(row, 6).value == "Do you promise p95 and p99 latency in writing: yes"


def test_long_or_comma_choices_move_to_a_list_of_their_own(
    tmp_path: Path, catalog: Catalog
) -> None:
    long = Item("pick", "1 A", "", "Which?", FieldKind.CHOICE, choices=("a, or b", "c"))
    path = tmp_path / "q.xlsx"
    path.write_bytes(write_questionnaire(catalog, [long], "acme"))
    book = openpyxl.load_workbook(path)
    (rule,) = book["Questions"].data_validations.dataValidation
    assert rule.formula1 == "Choices!$A$1:$A$3"
    assert [cell.value for cell in book["Choices"]["A"]] == ["a, or b", "c", "n/a"]
    found = read_returned(read_workbook(path), catalog, [long], ACME)
    assert [str(one) for one in found.remarks] == ["q.xlsx, pick: is blank: Which?"] or [
        one.why for one in found.remarks
    ] == ["is blank: Which?"]


def test_a_text_too_long_for_a_cell_is_refused() -> None:
    with pytest.raises(InputError, match="does not fit into a cell"):
        write_questionnaire(CATALOG, ITEMS, "acme", filled({"lineage": Given("x" * 40_000)}))


def test_conditions_in_words() -> None:
    assert condition_text(BY_ID["pricing"], ITEMS) == ""
    assert condition_text(BY_ID["price_gpu_hour"], ITEMS) == (
        "What do you charge by: GPU-hours or both"
    )
