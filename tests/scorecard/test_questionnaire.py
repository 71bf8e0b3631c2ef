"""A questionnaire goes out and comes back: nothing is lost, and what is wrong is named by its cell."""

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

from finops.errors import ConfigError, InputError
from scorecard.answers import Says, Subject
from scorecard.catalog import FieldKind, SubjectKind, load_catalog
from scorecard.questionnaire.columns import dump_map, own_map, propose_map, read_map
from scorecard.questionnaire.filled import Filled, Given, dump_filled, read_filled, to_answers
from scorecard.questionnaire.items import Item, condition_text, items_of
from scorecard.questionnaire.returned import Returned, read_returned
from scorecard.questionnaire.sheet import write_questionnaire
from scorecard.questionnaire.values import is_not_applicable, parse_value, value_text
from scorecard.questions import holds
from scorecard.workbook.reading import read_workbook
from tests.scorecard.books import workbook

if TYPE_CHECKING:
    from collections.abc import Callable

    from scorecard.catalog import Catalog

ACME = Subject(SubjectKind.VENDOR, "acme")
CATALOG = load_catalog()
ITEMS = items_of(CATALOG, SubjectKind.VENDOR)
BY_ID = {item.id: item for item in ITEMS}
ROW = {item.id: row for row, item in enumerate(ITEMS, start=2)}


def filled(given: dict[str, Given], **more: Any) -> Filled:  # noqa: ANN401
    return Filled(ACME, f"{CATALOG.id}/{CATALOG.version}", CATALOG.sha256, given, **more)


def back(path: Path, **more: Any) -> Returned:  # noqa: ANN401
    return read_returned(read_workbook(path), CATALOG, ITEMS, ACME, **more)


def sent(path: Path, given: dict[str, Given], **more: Any) -> Path:  # noqa: ANN401
    path.write_bytes(write_questionnaire(CATALOG, ITEMS, "acme", filled(given, **more)))
    return path


@pytest.fixture
def edited(tmp_path: Path) -> Callable[..., Path]:
    """`edited({"E7": "yes"})`: a blank questionnaire with cells of its questions typed over."""

    def make(cells: dict[str, object], change: Callable[[Any], None] | None = None) -> Path:
        path = sent(tmp_path / "acme.xlsx", {})
        book = openpyxl.load_workbook(path)
        for reference, value in cells.items():
            book["Questions"][reference] = value
        if change:
            change(book)
        book.save(path)
        return path

    return make


def answer(field: str) -> str:
    return f"D{ROW[field]}"


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
