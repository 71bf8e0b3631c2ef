"""`finops vendor quote` as people run it: files of offers in, one comparable price out."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import openpyxl
import pytest

from finops.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from typer.testing import Result

OFFERS = """
need: { gpus: 64, hours: 500 }
quotes:
  - { vendor: Acme, currency: USD, price: 2, billing: reserved, availability: 99%,
      tokens_per_second: 1000, benchmark: own run }
  - { vendor: Bolt, currency: EUR, price: 2.5, billing: used, availability: 1, valid_until: 2020-01-31 }
"""


@pytest.fixture
def offers(tmp_path: Path) -> str:
    path = tmp_path / "offers.yaml"
    path.write_text(OFFERS, encoding="utf-8")
    return str(path)


def test_offers_in_one_currency(finops: Callable[..., Result], offers: str) -> None:
    result = finops("vendor", "quote", offers, "--rate", "EUR=1.10", "--format", "json")
    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    assert answer["schema"] == "finops.vendor.quote/1"
    assert answer["currency"] == "USD"
    first, second = answer["rows"]
    assert (first["offer"], first["cost_per_usable_hour"], first["price_per_gpu_hour"]) == (
        "Bolt",
        2.75,
        2.75,
    )
    assert second["cost_per_usable_hour"] == pytest.approx(64 * 730 * 2 / (64 * 500 * 0.99))
    assert second["cost_per_million_tokens"] == pytest.approx(second["cost_per_usable_hour"] / 3.6)
    assert first["cost_per_million_tokens"] is None
    assert first["reasons"]["cost_per_million_tokens"].startswith("no benchmarked throughput")
    turning = {(one["subject"], one["field"]): one["winner"] for one in answer["turning_points"]}
    assert turning == {("need", "hours"): "Acme", ("Acme", "price"): "Acme"}
    assert "Bolt was valid until 2020-01-31: ask whether it still is." in answer["notes"]


def test_without_a_rate_an_offer_is_not_ranked(finops: Callable[..., Result], offers: str) -> None:
    answer = json.loads(finops("vendor", "quote", offers, "--format", "json").stdout)
    assert [(row["offer"], row["rank"]) for row in answer["rows"]] == [("Acme", 1), ("Bolt", None)]
    assert (
        "Bolt is in EUR: 2.500 per usable GPU-hour, not ranked; --rate EUR=… says what one is worth in USD."
        in answer["notes"]
    )


def test_every_step_and_what_moves_it(finops: Callable[..., Result], offers: str) -> None:
    steps = json.loads(finops("vendor", "quote", offers, "--explain", "--format", "json").stdout)
    acme = {
        row["step"]: (row["source"], row["quantity"])
        for row in steps["rows"]
        if row["row"] == "Acme"
    }
    billed = "= max(max(gpus, offer.minimum_gpus) x 730, offer.minimum_gpu_hours)"
    assert acme["billed_hours"] == (billed, 46_720)
    assert acme["usable_hours"] == ("= gpus x need.hours x availability", 31_680)
    moves = json.loads(
        finops(
            "vendor", "quote", offers, "--sensitivity", "--step", "0.1", "--format", "json"
        ).stdout
    )
    assert (moves["rows"][0]["field"], moves["rows"][0]["low"]) == ("need.hours", 450)


def test_the_command_line_wins_over_files(finops: Callable[..., Result], offers: str) -> None:
    answer = json.loads(
        finops("vendor", "quote", offers, "--need", "hours=730", "--format", "json").stdout
    )
    assert answer["need"]["hours"] == 730
    assert answer["rows"][0]["cost_per_usable_hour"] == pytest.approx(2 / 0.99)


def test_the_same_numbers_in_every_format(
    finops: Callable[..., Result], offers: str, tmp_path: Path
) -> None:
    made = {
        kind: tmp_path / f"quote.{kind}" for kind in ("json", "csv", "xlsx", "html", "md", "table")
    }
    for kind, path in made.items():
        result = finops("vendor", "quote", offers, "--format", kind, "-o", str(path))
        assert result.exit_code == 0, result.stderr
    in_json = [row["cost_per_usable_hour"] for row in json.loads(made["json"].read_text())["rows"]]
    rows = csv.DictReader(io.StringIO(made["csv"].read_text()))
    assert float(next(rows)["cost_per_usable_hour"]) == in_json[0]
    sheet = openpyxl.load_workbook(made["xlsx"])["Data"]
    header = [cell.value for cell in sheet[1]]
    column = header.index("cost_per_usable_hour") + 1
    assert sheet.cell(2, column).value == pytest.approx(in_json[0], rel=1e-14)
    shown = f"{in_json[0]:.3f}"
    assert all(shown in made[kind].read_text() for kind in ("html", "md", "table"))


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], ExitCode.USAGE, "no vendor in vendors has a quote"),
        (["nobody"], ExitCode.USAGE, "there is no vendor 'nobody' in vendors"),
        (["nowhere.yaml"], ExitCode.INPUT, "nowhere.yaml: no such file"),
        (["OFFERS", "--need", "gpus"], ExitCode.USAGE, "'gpus' is not NAME=VALUE"),
        (["OFFERS", "--need", "gpu=8"], ExitCode.INPUT, "gpu: is no field; did you mean gpus?"),
        (["OFFERS", "--rate", "EUR=x"], ExitCode.USAGE, "'x' is no rate"),
        (["OFFERS", "--explain", "--sensitivity"], ExitCode.USAGE, "ask for one"),
        (["OFFERS", "--format", "xlsx"], ExitCode.USAGE, "a workbook is a file: name it"),
    ],
)
def test_what_cannot_be_answered(
    finops: Callable[..., Result], offers: str, arguments: list[str], code: ExitCode, words: str
) -> None:
    result = finops("vendor", "quote", *(offers if one == "OFFERS" else one for one in arguments))
    assert result.exit_code == code
    assert words in result.stderr
    assert result.stdout == ""


def test_quotes_of_vendors_by_name(
    finops: Callable[..., Result], offers: str, tmp_path: Path
) -> None:
    folder = tmp_path / "kept" / "acme-cloud"
    folder.mkdir(parents=True)
    (folder / "quote.yaml").write_text(OFFERS, encoding="utf-8")
    for arguments in ([], ["Acme Cloud"]):
        result = finops(
            "vendor", "quote", *arguments, "--vendors", str(folder.parent), "--format", "json"
        )
        assert len(json.loads(result.stdout)["rows"]) == 2
