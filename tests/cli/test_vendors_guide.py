"""The guide to vendors works as written, line by line, on the sample vendors and a few measured calls."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scorecard.telemetry import read_filters
from tests.analysis.ledgers import make_ledger, request
from tests.scorecard.books import workbook

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer.testing import Result

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "howto" / "compare-vendors.md"
OFFERS = "vendor,currency,price,billing,availability\nAcme,USD,2,used,0.99\nBolt,EUR,2,used,0.999\n"


def blocks(language: str) -> list[str]:
    parts = GUIDE.read_text(encoding="utf-8").split(f"```{language}\n")[1:]
    return [part.partition("```")[0] for part in parts]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, finops: Callable[..., Result]) -> Path:
    """A folder in which every file of the guide is there."""
    calls = [
        request(f"{provider}{n}", provider=provider, latency_ms=2500, ttft_ms=400, output_tokens=90)
        for provider in ("self-hosted", "anthropic")
        for n in range(3)
    ]
    make_ledger(tmp_path / "ledger", requests=calls)
    monkeypatch.setenv("FINOPS_LEDGER", str(tmp_path / "ledger"))
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "samples" / "vendors", tmp_path / "samples" / "vendors")
    shutil.copytree(ROOT / "samples" / "vendors" / "meridian", tmp_path / "vendors" / "bolt")
    kestrel = shutil.copytree(ROOT / "samples" / "vendors" / "kestrel", tmp_path / "mail")
    shutil.copytree(kestrel, tmp_path / "known" / "kestrel")
    sent = finops("vendor", "export", "kestrel", "--vendors", "known", "-o", "mail/acme.xlsx")
    assert sent.exit_code == 0, sent.stderr
    theirs = [["Question", "Answer"], ["Can model versions be pinned?", "yes"]]
    workbook(tmp_path / "rfi.xlsx", {"RFI": theirs})
    (tmp_path / "offers.csv").write_text(OFFERS, encoding="utf-8")
    (tmp_path / "offers.yaml").write_text(
        "quotes: [{vendor: A, currency: USD, price: 2, availability: 1}]", encoding="utf-8"
    )
    return tmp_path


def test_the_filters_shown_are_filters(tmp_path: Path) -> None:
    (block,) = blocks("yaml")
    (tmp_path / "telemetry.yaml").write_text(block, encoding="utf-8")
    found = read_filters(tmp_path / "telemetry.yaml")
    assert found is not None
    assert set(found.tables) == {"requests", "costs", "gpu_samples"}


def test_every_command_does_what_the_guide_says(world: Path, finops: Callable[..., Result]) -> None:
    for line in "".join(blocks("sh")).splitlines():
        command = shlex.split(line, comments=True)[1:]
        if command == ["demo"]:
            continue
        if "rfi-map.yaml" in command and "--map" in command:
            shutil.copytree(world / "vendors" / "acme-cloud", world / "kept")
        result = finops(*command)
        assert result.exit_code == 0, f"{line}\n{result.output}{result.stderr}"
        if "--map" in command:
            shutil.rmtree(world / "vendors" / "acme-cloud")
            shutil.copytree(world / "kept", world / "vendors" / "acme-cloud")
            shutil.copy(
                world / "known" / "kestrel" / "telemetry.yaml", world / "vendors" / "acme-cloud"
            )
            for file in (world / "vendors").glob("*/quote.yaml"):
                file.write_text(
                    "need: {gpus: 8}\nquotes: [{vendor: A, currency: USD, price: 2, availability: 1}]",
                    encoding="utf-8",
                )
    assert (world / "sheet.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_python_shown_runs(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = blocks("python")
    exec(compile(block, "compare-vendors.md", "exec"), {})  # noqa: S102  (the guide's own words)
    assert "GPU offers, by an hour that can be used" in capsys.readouterr().out
