"""`finops vendor new|import|export|score|compare` as people run them, on vendors that ship as samples."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from typing import TYPE_CHECKING

import openpyxl
import pytest

from finops.errors import ExitCode
from scorecard.catalog import SubjectKind, load_catalog
from scorecard.questionnaire.filled import Given, read_filled
from scorecard.questionnaire.items import items_of
from scorecard.questionnaire.sheet import HEADERS
from tests.analysis.ledgers import add, cost, make_ledger, request
from tests.scorecard.books import patched, workbook

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from typer.testing import Result

ITEMS = items_of(load_catalog(), SubjectKind.VENDOR)
ROW = {item.id: row for row, item in enumerate(ITEMS, start=2)}


@pytest.fixture
def vendors(repository: Path, tmp_path: Path) -> Path:
    """The sample vendors, to be changed."""
    return shutil.copytree(repository / "samples" / "vendors", tmp_path / "vendors")


@pytest.fixture
def ledger(tmp_path: Path) -> str:
    """What the two vendors the samples' ledger knows did in October, in a few rows."""
    calls = [
        request(
            f"k{n}",
            provider="self-hosted",
            latency_ms=2500,
            ttft_ms=500,
            output_tokens=200,
            region="us-east-1",
        )
        for n in range(20)
    ]
    other = [
        request(
            f"m{n}",
            provider="anthropic",
            latency_ms=9000,
            ttft_ms=1000,
            output_tokens=900,
            region="eu-central-1",
        )
        for n in range(20)
    ]
    bill = cost(
        "72", ProviderName="AWS", ChargeDescription="g6.12xlarge covered by a savings plan",
        PricingUnit="Hours", PricingQuantity=24,
    )  # fmt: skip
    make_ledger(tmp_path / "ledger", requests=[*calls, *other], costs=[bill])
    return str(tmp_path / "ledger")


def test_a_vendor_starts_with_files_to_send(finops: Callable[..., Result], tmp_path: Path) -> None:
    result = finops("vendor", "new", "Acme & Söhne", "--vendors", str(tmp_path / "v"))
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    folder = tmp_path / "v" / "acme-sohne"
    assert {path.name for path in folder.iterdir()} == {
        "questionnaire.xlsx", "quote.yaml", "telemetry.yaml",
    }  # fmt: skip
    priced = finops(
        "vendor", "quote", "acme-sohne", "--vendors", str(tmp_path / "v"), "--format", "json"
    )
    assert json.loads(priced.stdout)["rows"][0]["rank"] == 1
    (folder / "quote.yaml").write_text("mine", encoding="utf-8")
    again = finops("vendor", "new", "acme söhne", "--vendors", str(tmp_path / "v"))
    assert f"kept {folder / 'quote.yaml'}" in again.stderr
    assert (folder / "quote.yaml").read_text(encoding="utf-8") == "mine"
    finops("vendor", "new", "acme söhne", "--vendors", str(tmp_path / "v"), "--force")
    assert (folder / "quote.yaml").read_text(encoding="utf-8") != "mine"


def test_a_name_needs_a_letter(finops: Callable[..., Result]) -> None:
    result = finops("vendor", "new", "///")
    assert result.exit_code == ExitCode.USAGE
    assert "has no letter or digit" in result.stderr


def test_bad_answers_are_refused_by_cell_or_left_out(
    finops: Callable[..., Result], vendors: Path
) -> None:
    kept = vendors / "tidewater" / "answers.yaml"
    before = read_filled(kept, ITEMS)
    kept.unlink()
    returned = str(vendors / "tidewater" / "returned.xlsx")
    asked = (
        "vendor",
        "import",
        "tidewater",
        returned,
        "--vendors",
        str(vendors),
        "--format",
        "json",
    )
    refused = finops(*asked)
    assert refused.exit_code == ExitCode.INPUT
    assert "3 answers cannot be taken; nothing was kept" in refused.stderr
    assert not kept.exists()
    report = json.loads(refused.stdout)
    assert report["schema"] == "finops.vendor.import/1"
    wrong = [(row["cell"], row["value"]) for row in report["rows"] if row["kind"] == "error"]
    assert wrong == [
        (f"Questions!D{ROW['availability_percent']}", "=99.9+0.09"),
        (f"Questions!D{ROW['ttft_p95_ms']}", "1,250"),
        (f"Questions!D{len(ITEMS) + 2}", "1.4"),
    ]
    remarks = {row["cell"] for row in report["rows"] if row["kind"] == "remark"}
    assert {"Margins", "Questions!K1"} <= remarks
    taken = finops(*asked, "--keep-good")
    assert taken.exit_code == 0
    assert read_filled(kept, ITEMS).given == before.given


def test_a_questionnaire_comes_back_with_its_documents(
    finops: Callable[..., Result], vendors: Path, tmp_path: Path
) -> None:
    sent = tmp_path / "mail" / "kestrel.xlsx"
    sent.parent.mkdir()
    out = finops("vendor", "export", "kestrel", "--vendors", str(vendors), "-o", str(sent))
    assert out.exit_code == 0, out.stderr
    for name in ("service-levels.txt", "soc2-letter.txt", "network-test.txt", "fact-sheet.txt"):
        shutil.copy(vendors / "kestrel" / name, sent.parent)
    back = finops("vendor", "import", "Kestrel", str(sent), "--vendors", str(tmp_path / "mine"))
    assert back.exit_code == 0, back.stderr
    folder = tmp_path / "mine" / "kestrel"
    assert (folder / "soc2-letter.txt").read_bytes() == (
        vendors / "kestrel" / "soc2-letter.txt"
    ).read_bytes()
    ours, theirs = (
        read_filled(path / "answers.yaml", ITEMS) for path in (vendors / "kestrel", folder)
    )
    assert theirs.given == ours.given
    assert (theirs.answered_by, theirs.on) == (ours.answered_by, ours.on)


def test_every_format_of_a_questionnaire_holds_the_same_answers(
    finops: Callable[..., Result], vendors: Path, tmp_path: Path
) -> None:
    def written(kind: str, *more: str) -> Path:
        path = tmp_path / f"out.{kind}"
        result = finops(
            "vendor",
            "export",
            "meridian",
            "--vendors",
            str(vendors),
            "--format",
            kind,
            "-o",
            str(path),
            *more,
        )
        assert result.exit_code == 0, result.stderr
        return path

    rows = json.loads(written("json").read_text(encoding="utf-8"))["rows"]
    in_json = {row["field"]: row["answer"] for row in rows if row["answer"] is not None}
    sheet = openpyxl.load_workbook(written("xlsx"))["Questions"]
    heads = [cell.value for cell in sheet[1]]
    at = heads.index(HEADERS["answer"])
    in_book = {
        row[0].value: row[at].value
        for row in sheet.iter_rows(min_row=2)
        if row[at].value is not None
    }
    assert in_book.keys() == in_json.keys()
    assert in_book["latency_p95_ms"] == 15000
    assert in_json["latency_p95_ms"] == "15000"
    assert written("yaml").read_bytes() == (vendors / "meridian" / "answers.yaml").read_bytes()
    for kind in ("md", "html", "csv"):
        assert "eu-central-1 and eu-west-1" in written(kind).read_text(encoding="utf-8")
    blank = json.loads(written("json", "--blank").read_text(encoding="utf-8"))["rows"]
    assert {row["answer"] for row in blank} == {None}


def test_somebody_elses_questionnaire_through_a_map(
    finops: Callable[..., Result], tmp_path: Path
) -> None:
    theirs = workbook(
        tmp_path / "theirs.xlsx",
        {"RFI": [["Ref", "Question", "Response"], ["1", "Can model versions be pinned?", "yes"]]},
    )
    where = ("--vendors", str(tmp_path / "v"))
    assert finops("vendor", "import", "acme", str(theirs), *where).exit_code == ExitCode.INPUT
    file = tmp_path / "map.yaml"
    proposed = finops("vendor", "import", "acme", str(theirs), "--save-map", str(file))
    assert proposed.exit_code == 0
    assert "1 of 1 questions matched" in proposed.stderr
    used = finops("vendor", "import", "acme", str(theirs), "--map", str(file), *where)
    assert used.exit_code == 0, used.stderr
    filled = read_filled(tmp_path / "v" / "acme" / "answers.yaml", ITEMS)
    assert {name: one.value for name, one in filled.given.items()} == {"pinned": True}


def test_a_hostile_questionnaire_is_refused(finops: Callable[..., Result], vendors: Path) -> None:
    path = vendors / "tidewater" / "returned.xlsx"
    patched(path, add={"xl/vbaProject.bin": b"x"})
    result = finops("vendor", "import", "tidewater", str(path), "--vendors", str(vendors))
    assert result.exit_code == ExitCode.INPUT
    assert "returned.xlsx: holds macros or controls (xl/vbaProject.bin)" in result.stderr


def test_vendors_side_by_side(finops: Callable[..., Result], vendors: Path, ledger: str) -> None:
    asked = (
        "vendor",
        "compare",
        "--vendors",
        str(vendors),
        "--ledger",
        ledger,
        "--month",
        "2026-10",
    )
    result = finops(*asked, "--format", "json")
    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    assert answer["schema"] == "finops.vendor.compare/1"
    by_name = {one["name"]: one for one in answer["vendors"]}
    assert list(by_name) == [column["name"] for column in answer["columns"][1:-1]][1:]
    kestrel, tidewater = by_name["kestrel"], by_name["tidewater"]
    assert {one["field"] for one in kestrel["contradictions"]} == {
        "latency_p95_ms",
        "price_gpu_hour",
    }
    price = next(one for one in kestrel["contradictions"] if one["field"] == "price_gpu_hour")
    assert (price["claimed"], price["measured"], price["counted"]) == ("0.70", "0.7500", 1)
    assert (kestrel["vetoed"], kestrel["vetoes"]) == (True, ["S1"])
    assert (tidewater["verified"], tidewater["claimed"]) == (0, 12)
    rows = {row["item"]: row for row in answer["rows"]}
    assert rows["Verified"]["kestrel"] == f"{kestrel['verified']}/16"
    assert rows["Claims contradicted"]["kestrel"] == "2"
    assert rows["Place"]["kestrel"].endswith(" veto")
    assert rows["Per usable GPU-hour, USD"]["tidewater"] == "n/a"
    levels = {one["id"]: one for one in kestrel["categories"]}
    assert levels["workload_clarity"]["mark"] == "M"
    lifted = json.loads(finops(*asked, "--ignore-sovereignty", "--format", "json").stdout)
    assert lifted["vendors"][0]["name"] == "kestrel"
    assert lifted["turning_points"]


def test_weights_decide(finops: Callable[..., Result], vendors: Path, ledger: str) -> None:
    def first(*weights: str) -> str:
        options = [part for weight in weights for part in ("--weight", weight)]
        result = finops(
            "vendor",
            "compare",
            "--vendors",
            str(vendors),
            "--ledger",
            ledger,
            "--month",
            "2026-10",
            "--ignore-sovereignty",
            "--format",
            "json",
            *options,
        )
        name: str = json.loads(result.stdout)["vendors"][0]["name"]
        return name

    assert first() == "kestrel"
    assert first("workload_clarity=1000") == "meridian"


def test_claims_and_the_rows_behind_one(
    finops: Callable[..., Result], vendors: Path, ledger: str
) -> None:
    where = (
        "--vendors",
        str(vendors),
        "--ledger",
        ledger,
        "--month",
        "2026-10",
        "--format",
        "json",
    )
    claims = json.loads(finops("vendor", "compare", "--claims", *where).stdout)
    verdicts = {(row["vendor"], row["field"]): row["verdict"] for row in claims["rows"]}
    assert verdicts["kestrel", "latency_p95_ms"] == "contradicted"
    assert verdicts["meridian", "latency_p95_ms"] == "holds"
    assert any(note.startswith("tidewater: nothing measured") for note in claims["notes"])
    rows = json.loads(
        finops(
            "vendor", "score", "kestrel", "--rows", "latency_p95_ms", "--limit", "3", *where
        ).stdout
    )
    assert [row["latency_ms"] for row in rows["rows"]] == [2500, 2500, 2500]
    unknown = finops("vendor", "score", "kestrel", "--rows", "nothing", *where)
    assert unknown.exit_code == ExitCode.USAGE
    assert "latency_p95_ms" in unknown.stderr


def test_one_vendor_scored_as_the_scorecard_does(
    finops: Callable[..., Result], vendors: Path, ledger: str
) -> None:
    result = finops(
        "vendor",
        "score",
        "meridian",
        "--vendors",
        str(vendors),
        "--ledger",
        ledger,
        "--month",
        "2026-10",
        "--format",
        "json",
    )
    card = json.loads(result.stdout)
    assert card["schema"] == "finops.scorecard/1"
    assert card["subject"] == "vendor:meridian"
    assert (card["claimed"], card["max"]) == (9, 16)
    assert {one["metric"] for one in card["measured"] if one["value"] is not None} >= {
        "latency_p95_ms",
        "regions",
    }
    two = finops(
        "vendor",
        "score",
        "meridian",
        "--vendors",
        str(vendors),
        "--ledger",
        ledger,
        "--month",
        "2026-10",
        "--format",
        "json",
    )
    assert two.stdout == result.stdout


def test_without_a_ledger_nothing_is_measured_and_it_says_so(
    finops: Callable[..., Result], vendors: Path
) -> None:
    result = finops("vendor", "score", "kestrel", "--vendors", str(vendors))
    assert result.exit_code == 0
    assert "Nothing is measured: there is no ledger at" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("compare", "--vendors", "nowhere"), ExitCode.USAGE, "no vendor in nowhere has answered"),
        (("compare", "kestrel", "kestrel"), ExitCode.USAGE, "kestrel is named twice"),
        (("compare", "--weight", "beauty=2"), ExitCode.USAGE, "there is no category 'beauty'"),
        (("compare", "--weight", "cost_model=x"), ExitCode.USAGE, "'x' is no number"),
        (("compare", "--weight", "cost_model=-1"), ExitCode.USAGE, "a weight is not negative"),
        (("compare", "--as-of", "soon"), ExitCode.USAGE, "--as-of 'soon' is not a day"),
        (("score", "nobody"), ExitCode.USAGE, "there is no vendor 'nobody'"),
        (("export", "kestrel"), ExitCode.USAGE, "a workbook is a file: name it"),
        (
            ("export", "kestrel", "--blank", "--format", "yaml"),
            ExitCode.USAGE,
            "a blank questionnaire",
        ),
        (("import", "x", "nowhere.xlsx"), ExitCode.INPUT, "cannot be read"),
    ],
)
def test_what_cannot_be_answered(
    finops: Callable[..., Result],
    vendors: Path,
    arguments: tuple[str, ...],
    code: ExitCode,
    words: str,
) -> None:
    where = () if "--vendors" in arguments else ("--vendors", str(vendors))
    result = finops("vendor", *arguments, *where)
    assert result.exit_code == code
    assert words in result.stderr


def test_a_vendor_just_started_is_scored_without_measurements(
    finops: Callable[..., Result], vendors: Path, ledger: str
) -> None:
    finops("vendor", "new", "tidewater", "--vendors", str(vendors))
    result = finops("vendor", "score", "tidewater", "--vendors", str(vendors), "--ledger", ledger)
    assert result.exit_code == 0, result.stderr
    assert "claimed 12/16" in result.stdout


def test_a_vendors_scores_are_one_history_with_the_scorecards(
    finops: Callable[..., Result], vendors: Path, ledger: str
) -> None:
    where = ("--vendors", str(vendors), "--ledger", ledger)
    subject = ("--subject", "vendor:Kestrel", *where)
    scored = finops("vendor", "score", "kestrel", *where, "--format", "json")
    assert scored.exit_code == 0, scored.stderr
    assert "Written down." in scored.stderr
    run = finops("scorecard", "run", *subject, "--format", "json")
    assert "The same as the last time" in run.stderr
    points = ("subject", "claimed", "verified", "categories", "as_of")
    mine, theirs = json.loads(run.stdout), json.loads(scored.stdout)
    assert {name: mine[name] for name in points} == {name: theirs[name] for name in points}
    assert mine["subject"] == "vendor:kestrel"

    from finops.ledger.store import Ledger

    fast = [
        request(f"n{n}", provider="self-hosted", latency_ms=100, region="us-east-1")
        for n in range(2000)
    ]
    add(Ledger.open(ledger), "requests", fast)
    finops("vendor", "score", "kestrel", *where)
    history = json.loads(finops("scorecard", "history", *subject, "--format", "json").stdout)
    assert [row["verified"] for row in history["rows"]] == [9, 10]
    moved = json.loads(finops("scorecard", "diff", *subject, "--format", "json").stdout)
    (latency,) = [row for row in moved["rows"] if row["check"] == "vendor_targets"]
    assert (latency["before"], latency["after"]) == ("fail", "pass")
    assert (latency["value_before"], latency["value_after"]) == (2500, 100)


def test_answers_typed_about_a_vendor_are_those_of_its_folder(
    finops: Callable[..., Result], vendors: Path, ledger: str, tmp_path: Path
) -> None:
    where = ("--vendors", str(vendors), "--ledger", ledger)
    kept = vendors / "tidewater" / "answers.yaml"
    before = read_filled(kept, ITEMS)
    said = tmp_path / "said.yaml"
    said.write_text(
        "subject: vendor:Tidewater\n"
        "answers:\n- {check: vendor_targets, says: no, owner: ada, date: 2026-11-02}\n"
        "responses: {training_percent: 45}\nclaims: {cost_model: 2}\n",
        encoding="utf-8",
    )
    subject = ("--subject", "vendor:tidewater", *where)
    taken = finops("scorecard", "answer", "--from", str(said), *subject)
    assert taken.exit_code == 0, taken.stderr
    after = read_filled(kept, ITEMS)
    assert after.given["training_percent"] == Given(Decimal(45))
    others = {name: one for name, one in after.given.items() if name != "training_percent"}
    assert others == {n: one for n, one in before.given.items() if n != "training_percent"}
    assert [(one.check, str(one.says), one.owner) for one in after.checks] == [
        ("vendor_targets", "no", "ada")
    ]
    assert after.claims == {"cost_model": 2}
    for command in (("vendor", "score", "tidewater", *where), ("scorecard", "run", *subject)):
        found = json.loads(finops(*command, "--format", "json").stdout)
        checks = {c["id"]: c for category in found["categories"] for c in category["checks"]}
        assert checks["vendor_targets"]["status"] == "fail"
        assert checks["vendor_targets"]["evidence"][0]["owner"] == "ada"
    again = str(vendors / "tidewater" / "returned.xlsx")
    finops("vendor", "import", "tidewater", again, "--keep-good", "--vendors", str(vendors))
    back = read_filled(kept, ITEMS)
    assert (back.given, back.checks, back.claims) == (before.given, after.checks, after.claims)
    refused = finops("scorecard", "answer", "--from", again, *subject)
    assert refused.exit_code == ExitCode.USAGE
    assert "finops vendor import tidewater" in refused.stderr


def test_without_a_place_for_a_history_a_score_is_shown_all_the_same(
    finops: Callable[..., Result], vendors: Path, tmp_path: Path
) -> None:
    asked = ("vendor", "score", "kestrel", "--vendors", str(vendors))
    nowhere = finops(*asked)
    assert nowhere.exit_code == 0
    assert "Not written down: there is no ledger" in nowhere.stderr
    stored = finops(*asked, "--store", str(tmp_path / "store"))
    assert "Written down." in stored.stderr
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["vendor-kestrel.jsonl"]
    assert "rote" not in finops(*asked, "--no-history").stderr
