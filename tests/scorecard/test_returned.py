"""What is wrong in a questionnaire that came back is named by its cell, and so is what is odd."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from finops.errors import ConfigError, InputError
from scorecard.questionnaire.columns import dump_map, own_map, propose_map, read_map
from scorecard.questionnaire.filled import Given
from scorecard.workbook.reading import read_workbook
from tests.scorecard.books import workbook
from tests.scorecard.questionnaires import (
    CATALOG,
    ITEMS,
    ROW,
    answer,
    back,
    sent,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scorecard.questionnaire.returned import Returned


# --- what comes back wrong -----------------------------------------------------------------------


def errors(found: Returned) -> list[str]:
    return [str(one) for one in found.errors]


def test_every_wrong_answer_is_named_by_its_cell(edited: Callable[..., Path]) -> None:
    found = back(
        edited(
            {
                answer("training_percent"): 130,
                answer("latency_promised"): "perhaps",
                answer("pricing"): "by the word",
                answer("storage_gbps"): "1,250",
                answer("egress_price"): "0.08 EUR/GB",
                answer("attestation"): "n/a",
                answer("notice_days"): "=30+0",
            }
        )
    )
    assert errors(found) == [
        (
            f"acme.xlsx, Questions!{answer('notice_days')} = '=30+0': "
            "is a formula, and what it came to is not trusted: type the value itself"
        ),
        (
            f"acme.xlsx, Questions!{answer('training_percent')} = '130': "
            "is no percentage: 0 to 100 (Training and fine-tuning)"
        ),
        (
            f"acme.xlsx, Questions!{answer('latency_promised')} = 'perhaps': "
            "is neither yes nor no (Do you promise p95 and p99 latency in writing?)"
        ),
        (
            f"acme.xlsx, Questions!{answer('pricing')} = 'by the word': "
            "is none of: GPU-hours, tokens, both (What do you charge by?)"
        ),
        (
            f"acme.xlsx, Questions!{answer('storage_gbps')} = '1,250': "
            "can be read in two ways: write it with a decimal point and nothing else "
            "(Sustained read throughput per node)"
        ),
        (
            f"acme.xlsx, Questions!{answer('egress_price')} = '0.08 EUR/GB': "
            "is in 'eur/gb', and asked in USD/GB (Price of egress)"
        ),
        f"acme.xlsx, Questions!{answer('attestation')} = 'n/a': needs its reason under Note",
    ]
    assert found.filled.given == {}
    blank = {one.column for one in found.remarks}
    assert f"Questions!{answer('training_percent')}" not in blank
    assert f"Questions!{answer('batch_percent')}" in blank


def test_answers_that_contradict_each_other(edited: Callable[..., Path]) -> None:
    last = len(ITEMS) + 2
    found = back(
        edited(
            {
                answer("latency_promised"): "no",
                answer("latency_p95_ms"): 800,
                answer("pue"): 1.2,
                answer("pinned"): "yes",
                f"A{last}": "pinned",
                f"D{last}": "no",
            }
        )
    )
    assert errors(found) == [
        f"acme.xlsx, Questions!D{last} = 'no': contradicts Questions!{answer('pinned')} (yes); neither is taken",
        (
            f"acme.xlsx, Questions!{answer('latency_p95_ms')} = '800': is answered, though latency_promised "
            f"(Questions!{answer('latency_promised')}) is no: not taken"
        ),
        (
            f"acme.xlsx, Questions!{answer('pue')} = '1.2': is answered, though own_facility "
            f"(Questions!{answer('own_facility')}) is blank: not taken"
        ),
    ]
    assert found.filled.given == {"latency_promised": Given(False)}


def test_merged_hidden_and_extra_are_remarked(edited: Callable[..., Path]) -> None:
    first, second = ROW["batching"], ROW["prefix_cache"]
    last = len(ITEMS) + 2

    def change(book: Any) -> None:  # noqa: ANN401
        sheet = book["Questions"]
        sheet.merge_cells(f"D{first}:D{second}")
        sheet.row_dimensions[ROW["precision"]].hidden = True
        sheet.column_dimensions["I"].hidden = True
        book.create_sheet("Prices").sheet_state = "hidden"
        book["Prices"]["A1"] = "secret"

    found = back(
        edited(
            {
                f"D{first}": "yes",
                answer("precision"): "fp8",
                "K1": "Internal remarks",
                f"A{last}": "no_such_field",
                f"D{last}": "yes",
            },
            change,
        )
    )
    assert found.errors == ()
    assert found.filled.given == {"batching": Given(True), "precision": Given("fp8")}
    remarks = {str(one) for one in found.remarks}
    assert {
        "acme.xlsx, Prices: is a hidden sheet: not read",
        f"acme.xlsx, Questions!{answer('precision')}: stands in a hidden row; it is read",
        "acme.xlsx, Questions!I1: heads a hidden column; it is read",
        "acme.xlsx, Questions!K1 = 'Internal remarks': heads a column that is not read",
        f"acme.xlsx, Questions!D{last} = 'yes': answers 'no_such_field', which is not asked",
        f"acme.xlsx, Questions!D{second}: is merged with Questions!D{first}, whose answer counts there only",
        f"acme.xlsx, Questions!D{second}: is blank: Are prefixes cached?",
    } <= remarks


def test_columns_may_move_and_rows_be_sorted(edited: Callable[..., Path]) -> None:
    def change(book: Any) -> None:  # noqa: ANN401
        sheet = book["Questions"]
        sheet.insert_cols(1)
        sheet.insert_rows(1, 3)
        sheet["A1"] = "Filled in by our sales team"

    found = back(edited({answer("pinned"): "Ja"}, change))
    assert found.filled.given == {"pinned": Given(True)}
    assert found.cells["pinned"] == f"Questions!E{ROW['pinned'] + 3}"


def test_another_catalog_is_remarked(edited: Callable[..., Path]) -> None:
    def change(book: Any) -> None:  # noqa: ANN401
        sheet = book["Instructions"]
        sheet["B6"], sheet["B7"] = "finops/0.9", "abc"

    (first, *_) = [one for one in back(edited({}, change)).remarks if one.column == "Instructions"]
    assert str(first) == (
        "acme.xlsx, Instructions = 'abc': was made from finops/0.9, not from this "
        f"{CATALOG.id}/{CATALOG.version}: fields are matched by name"
    )


def test_documents_lie_beside_the_questionnaire(tmp_path: Path) -> None:
    (tmp_path / "slo.pdf").write_bytes(b"signed")
    names = ("slo.pdf", "missing.pdf", "https://acme.example/slo", "../../etc/passwd")
    path = sent(tmp_path / "acme.xlsx", {"latency_promised": Given(True, names)})
    found = back(path, folder=tmp_path)
    cell = f"Questions!H{ROW['latency_promised']}"
    assert errors(found) == [
        f"acme.xlsx, {cell} = '../../etc/passwd': points outside the folder of the questionnaire"
    ]
    assert (
        f"acme.xlsx, {cell} = 'missing.pdf': is not beside the questionnaire: the answer is only claimed"
        in {str(one) for one in found.remarks}
    )
    assert found.filled.given["latency_promised"].documents == names[:3]


# --- somebody else's questionnaire -----------------------------------------------------------------

THEIRS: list[list[object]] = [
    ["Anbieterfragebogen 2026"],
    [],
    ["Nr.", "Anforderung (English)", "Antwort", "Nachweis", "Bemerkung", "Preis"],
    ["A1", "Do you promise p95 and p99 latency in writing?", "Ja", "slo.pdf", "", 1],
    ["A2", "Promised p99 latency", "1.200,5 ms", "", "", 2],
    ["A3", "What is your favourite colour?", "blue", "", "", 3],
    ["A4", "Can model versions be pinned?", "auf Wunsch", "", "", 4],
]  # fmt: skip


def test_a_map_is_proposed_checked_and_used(tmp_path: Path) -> None:
    path = workbook(tmp_path / "theirs.xlsx", {"Deckblatt": [["Hallo"]], "Fragen": THEIRS})
    book = read_workbook(path)
    assert own_map(book, ITEMS) is None
    with pytest.raises(InputError, match="is no questionnaire of ours") as caught:
        back(path)
    assert "--save-map" in str(caught.value.hint)
    proposal = propose_map(book, ITEMS)
    assert proposal.map.sheet == "Fragen"
    assert proposal.map.header_row == 3
    assert proposal.map.columns == {"id": 1, "question": 2, "answer": 3, "evidence": 4, "note": 5}
    assert proposal.map.rows == {
        "A1": "latency_promised",
        "A2": "latency_p99_ms",
        "A3": "",
        "A4": "pinned",
    }
    file = tmp_path / "map.yaml"
    file.write_text(dump_map(proposal), encoding="utf-8")
    assert read_map(file, ITEMS) == proposal.map
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("words: {}", 'words: {"auf wunsch": "yes"}'), encoding="utf-8")
    found = back(path, columns=read_map(file, ITEMS))
    assert found.errors == ()
    assert found.filled.given == {
        "latency_promised": Given(True, ("slo.pdf",)),
        "latency_p99_ms": Given(Decimal("1200.5")),
        "pinned": Given(True),
    }
    assert {str(one) for one in found.remarks} >= {
        "theirs.xlsx, Fragen!F3 = 'Preis': heads a column that is not read",
        "theirs.xlsx, Fragen!C6 = 'blue': answers 'A3', which is not asked",
    }


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("schema: x", "is no column map"),
        ("schema: finops.vendor.map/1\nsheet: a\nheader_row: x", "needs sheet, header_row"),
        (
            "schema: finops.vendor.map/1\nsheet: a\nheader_row: 1\ncolumns: {colour: A}",
            "'colour' is no part",
        ),
        (
            "schema: finops.vendor.map/1\nsheet: a\nheader_row: 1\ncolumns: {id: '7'}",
            "'7' is no column",
        ),
        (
            "schema: finops.vendor.map/1\nsheet: a\nheader_row: 1\nrows: {x: nope}",
            "no such field: x: nope",
        ),
    ],
)
def test_a_map_that_is_wrong_says_so(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "map.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_map(tmp_path / "map.yaml", ITEMS)
    assert why in caught.value.message


def test_no_headers_no_map(tmp_path: Path) -> None:
    path = workbook(tmp_path / "theirs.xlsx", {"A": [["x", "y"], ["1", "2"]]})
    with pytest.raises(InputError, match="no row has headers for questions and answers"):
        propose_map(read_workbook(path), ITEMS)
