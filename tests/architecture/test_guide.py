"""The worked examples of CONTRIBUTING.md, run as they stand there, one on top of the other."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
import tomllib
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import typer
from typer.testing import CliRunner

from finops.api.session import Session
from finops.cli.app import CommandEntry
from finops.model import tables
from finops.model.schema import Column, Kind
from finops.prices.book import Book, PriceKey
from tests.tui.driving import driven, play
from tui.views import VIEWS

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


class Block(NamedTuple):
    """A fenced block of the guide."""

    language: str
    text: str


BLOCKS = tuple(
    Block(found["language"], found["text"])
    for found in re.finditer(
        r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL
    )
)


def block(language: str, *, holding: str) -> Block:
    """The one block of `language` with `holding` in it."""
    (found,) = [item for item in BLOCKS if item.language == language and holding in item.text]
    return found


def module(name: str, source: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """`source` as the module `name`, for as long as the test runs."""
    made = ModuleType(name)
    monkeypatch.setitem(sys.modules, name, made)
    exec(compile(source, name, "exec"), made.__dict__)  # noqa: S102  (our own guide)
    return made


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A ledger filled by the guide's format, which is installed the way a stranger's would be."""
    package = tmp_path / "installed"
    info = package / "acme-1.0.dist-info"
    info.mkdir(parents=True)
    (package / "acme.py").write_text(block("python", holding="acme-gateway").text, encoding="utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[finops.formats]\nacme-gateway = acme:FORMAT\n")
    log = tmp_path / "gateway.csv"
    log.write_text(block("csv", holding="call,ts").text, encoding="utf-8")
    finops(package, "load", "requests", str(log), "--ledger", str(tmp_path / "ledger"))
    return tmp_path / "ledger"


def finops(package: Path, *arguments: str) -> str:
    """What the real command prints with `package` installed beside it."""
    done = subprocess.run(
        [Path(sys.executable).with_name("finops"), *arguments],
        env={**os.environ, "PYTHONPATH": str(package)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_format_takes_cached_tokens_out_of_the_input(ledger: Path) -> None:
    answer = finops(
        ledger.parent,
        *("sql", "--ledger", str(ledger), "--format", "csv"),
        "select request_id, uncached_input_tokens, cache_read_tokens, output_tokens, source_id "
        "from requests order by request_id",
    )
    assert list(csv.reader(io.StringIO(answer)))[1:] == [
        ["a1", "20", "100", "40", "acme-gateway"],
        ["a2", "80", "0", "25", "acme-gateway"],
    ]


def test_the_entry_point_is_written_as_ours_are() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    ours = declared["project"]["entry-points"]["finops.formats"]
    (shown,) = tomllib.loads(block("toml", holding="acme-gateway =").text).values()
    assert shown.rpartition(".")[0] in {value.rpartition(".")[0] for value in ours.values()}


def test_the_price_holds_on_its_days_only() -> None:
    entries: list[Mapping[str, object]] = tomllib.loads(block("toml", holding="[[prices]]").text)[
        "prices"
    ]
    cards = Book.load(entries).cards([PriceKey("openai", "gpt-4o-mini")])
    (own,) = [card for card in cards if card.price_source == "contract 2026-17, annex B"]
    assert own.rates is not None
    assert own.rates[0] == Decimal("0.12") / 1_000_000
    assert own.rates[-1] == Decimal("0.48") / 1_000_000
    assert (str(own.valid_from), str(own.valid_to)) == (
        "2026-10-01 00:00:00+00:00",
        "2027-01-01 00:00:00+00:00",
    )


def test_the_column_is_declared_in_one_line() -> None:
    shown = eval(block("python", holding="image_tokens").text, vars(tables))  # noqa: S307  (our guide)
    about = "Part of the input that was images."
    assert shown == Column("image_tokens", Kind.INTEGER, about, minimum=0, unit="tokens")


def test_the_command_answers_from_the_analysis(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module("finops.analysis.retries", block("python", holding="SQL = ").text, monkeypatch)
    asked = module("finops.api.retries", block("python", holding="-> Answer[").text, monkeypatch)
    line = block("python", holding="retries = ").text
    bound: dict[str, Any] = {"retries": asked}
    exec(line, bound)  # noqa: S102  (our own guide)
    monkeypatch.setattr(Session, "retries", bound["retries"], raising=False)
    command = module(
        "finops.cli.retries", block("python", holding="def register").text, monkeypatch
    )
    app = typer.Typer()
    app.callback()(lambda: None)
    command.register(app)
    result = CliRunner().invoke(app, ["retries", "--ledger", str(ledger), "--format", "json"])
    assert result.exit_code == 0, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    assert answer["schema"] == "finops.retries/1"
    assert answer["rows"] == [{"workflow": None, "calls": 2, "attempts": 2}]


def test_the_view_shows_what_the_command_answers_and_drills(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module("finops.analysis.retries", block("python", holding="SQL = ").text, monkeypatch)
    asked = module("finops.api.retries", block("python", holding="-> Answer[").text, monkeypatch)
    monkeypatch.setattr(Session, "retries", asked.retries, raising=False)
    shown = module("tui.views.retries", block("python", holding="= View(").text, monkeypatch)
    monkeypatch.setattr("tui.views.VIEWS", (*VIEWS, shown.RETRIES))

    async def scenario() -> None:
        async with driven(ledger, view="retries") as it:
            assert it.command == "finops retries"
            assert it.shown == [("(none)", "2", "2")]
            await it.press("enter")
            assert (it.pane.view.name, it.where) == ("unit", ["workflow is null"])

    play(scenario)


def test_the_command_is_listed_with_the_first_line_of_its_help(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    command = module(
        "finops.cli.retries", block("python", holding="def register").text, monkeypatch
    )
    entry = eval(  # noqa: S307  (our own guide)
        block("python", holding="CommandEntry(").text, {"CommandEntry": CommandEntry}
    )
    assert entry.module == "finops.cli.retries"
    assert entry.summary == (command.retries.__doc__ or "").partition("\n")[0]


def test_the_probe_answers_for_a_catalog_that_extends_ours(ledger: Path) -> None:
    package = ledger.parent / "installed"
    info = package / "acme_probes-1.0.dist-info"
    (package / "acme_probes").mkdir()
    info.mkdir()
    probe = block("python", holding="PROBE = Probe").text
    (package / "acme_probes" / "cancelled_share.py").write_text(probe, encoding="utf-8")
    registered = tomllib.loads(block("toml", holding="finops.probes").text)["project"]
    lines = registered["entry-points"]["finops.probes"].items()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-probes\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[finops.probes]\n" + "".join(f"{name} = {value}\n" for name, value in lines)
    )
    catalog = ledger.parent / "acme.yaml"
    catalog.write_text(block("yaml", holding="extends: finops").text, encoding="utf-8")
    asked = ("--ledger", str(ledger), "--catalog", str(catalog), "--format", "json")
    answer = json.loads(finops(package, "scorecard", "run", *asked))
    assert answer["catalog"]["id"] == "acme/1.0"
    checks = {c["id"]: c for category in answer["categories"] for c in category["checks"]}
    assert (checks["people_wait"]["status"], checks["people_wait"]["reason"]) == (
        "pass",
        "0 % of requests are cancelled (at most 5 % is asked)",
    )


@pytest.mark.parametrize("shown", [item for item in BLOCKS if item.text.startswith('"""')])
def test_a_module_in_the_guide_is_formatted_and_linted_like_ours(shown: Block) -> None:
    for check in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [
                Path(sys.executable).with_name("ruff"),
                *check,
                "--stdin-filename",
                "tests/x.py" if "suite(" in shown.text else "finops/x.py",
                "-",
            ],
            cwd=ROOT,
            input=shown.text,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


SEARCH = """
from connectors.detection import detected
print([each.settings for each in detected() if each.connector.name == "acme"])
"""

CONNECTOR_OF_THE_GUIDE = """
import importlib.util, os, sys
from pathlib import Path

spec = importlib.util.spec_from_file_location("connectors.sources.acme", Path(__file__).with_name("acme.py"))
sys.modules[spec.name] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
"""
"""A conftest.py that puts the guide's module where the guide says it is."""


def test_the_connector_passes_the_suite_it_is_tested_with(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONNECTOR_OF_THE_GUIDE)
    (tmp_path / "acme.py").write_text(block("python", holding='name="acme"').text)
    (tmp_path / "test_acme.py").write_text(block("python", holding="suite(AcmeRig)").text)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0", str(tmp_path)],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "15 passed" in done.stdout


def test_the_connector_is_registered_and_found_by_its_sign(tmp_path: Path) -> None:
    info = tmp_path / "acme-2.0.dist-info"
    info.mkdir()
    (tmp_path / "acme_gateway.py").write_text(block("python", holding='name="acme"').text)
    registered = tomllib.loads(block("toml", holding="finops.connectors").text)["project"]
    (place,) = registered["entry-points"]["finops.connectors"].values()
    assert place == "connectors.sources.acme:CONNECTOR"
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 2.0\n")
    (info / "entry_points.txt").write_text("[finops.connectors]\nacme = acme_gateway:CONNECTOR\n")
    listed = json.loads(finops(tmp_path, "connectors", "list", "--format", "json"))["rows"]
    (acme,) = [row for row in listed if row["connector"] == "acme"]
    assert (acme["about"], acme["tables"]) == ("calls of the Acme gateway", "requests")
    found = subprocess.run(
        [sys.executable, "-c", SEARCH],
        env={**os.environ, "PYTHONPATH": str(tmp_path), "ACME_URL": "http://gateway"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert found.stdout.strip() == "[{'url': 'http://gateway', 'token': 'env:ACME_TOKEN'}]"
