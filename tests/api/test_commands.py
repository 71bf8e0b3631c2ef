"""Every command that answers a question prints what the method of its name returns, byte for byte."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, Protocol

import pytest
from typer.testing import CliRunner

import finops
from finops.api.breakeven import audit
from finops.api.doctor import doctor
from finops.api.route import Choosing, How, Prices, route_scores
from finops.cli.app import COMMANDS, app, load_command
from tests.api.small import VENDORS, small_company

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from finops.api.session import Session


class Printed(Protocol):
    """An answer, or a document."""

    def to(self, format: str) -> bytes:  # noqa: A002  (named as the option)
        """The bytes of a format."""


class Asked(NamedTuple):
    """A command with options, and the same question asked in Python."""

    command: str
    ask: Callable[[Session], Printed]
    exit_code: int = 0


QUESTIONS = (
    Asked("status", lambda s: s.status()),
    Asked("costs --by provider,ServiceName --month 2026-10", lambda s: s.costs("provider,ServiceName", month="2026-10")),
    Asked("costs --by day --from 2026-10-01 --to 2026-10-08 --limit 3",
          lambda s: s.costs(["day"], since="2026-10-01", until="2026-10-08", limit=3)),
    Asked("unit --by team --where \"model = 'gpt-4o-mini'\"", lambda s: s.unit("team", where="model = 'gpt-4o-mini'")),
    Asked("runs --where \"model = 'gpt-4o-mini'\" --order newest --limit 3 --offset 1 --month 2026-10",
          lambda s: s.runs("model = 'gpt-4o-mini'", order="newest", limit=3, offset=1, month="2026-10")),
    Asked("compare --month 2026-10", lambda s: s.compare(month="2026-10")),
    Asked("quality --month 2026-10", lambda s: s.quality(month="2026-10")),
    Asked("budget --month 2026-10", lambda s: s.budget(month="2026-10")),
    Asked(
        "forecast --by provider --months 1 --as-of 2026-11-01",
        lambda s: s.forecast("provider", months=1, as_of="2026-11-01"),
    ),
    Asked("savings --month 2026-10", lambda s: s.savings(month="2026-10")),
    Asked("actions list --month 2026-10", lambda s: s.actions.list(month="2026-10")),
    Asked("actions show A-1", lambda s: s.actions.show("A-1")),
    Asked("chargeback --month 2026-10", lambda s: s.chargeback(month="2026-10")),
    Asked("commitments --month 2026-10", lambda s: s.commitments(month="2026-10")),
    Asked("review 2026-10", lambda s: s.review("2026-10")),
    Asked("capacity --by holder", lambda s: s.capacity("holder")),
    Asked("marginal --by model", lambda s: s.marginal("model")),
    Asked("explain cost_per_run", lambda s: s.explain("cost_per_run")),
    Asked("owners check --limit 5", lambda s: s.owners.check(limit=5)),
    Asked("owners check --propose --month 2026-09", lambda s: s.owners.check(month="2026-09").propose()),
    Asked("owners list --on 2026-10-01", lambda s: s.owners.list(on="2026-10-01")),
    Asked("close --list", lambda s: s.close.list()),
    Asked("close 2026-10 --check --show invoices", lambda s: s.close.check("2026-10", show="invoices"), 4),
    Asked("sql 'select count(*) as n from requests'", lambda s: s.sql("select count(*) as n from requests")),
    Asked("breakeven --capex 250141.80 --opex-per-hour 6.37 --cloud-per-hour 98.32 --draws 100",
          lambda _: finops.breakeven(capex=250141.80, opex_per_hour=6.37, cloud_per_hour=98.32, draws=100)),
    Asked("breakeven --from-ledger pool=h100 --month 2026-10 --capex 9 --opex-per-hour 1 "
          "--cloud-per-hour 9 --draws 100",
          lambda s: s.breakeven("h100", month="2026-10", capex=9, opex_per_hour=1, cloud_per_hour=9, draws=100)),
    Asked("breakeven audit lp2368", lambda _: audit("lp2368")),
    Asked("route --scores scores.csv --cost-ratio 0.1 --thresholds 0.5",
          lambda _: route_scores("scores.csv", How(Prices(Decimal("0.1")), Choosing((Decimal("0.5"),))))),
    Asked("vendor score kestrel --vendors vendors --no-history",
          lambda s: s.vendor.score("kestrel", vendors="vendors", no_history=True)),
    Asked("vendor compare --vendors vendors --claims", lambda s: s.vendor.compare(vendors="vendors").claims()),
    Asked("vendor quote --vendors vendors --explain", lambda s: s.vendor.quote(vendors="vendors").steps()),
    Asked("vendor sheet --by provider", lambda s: s.vendor.sheet(by="provider")),
    Asked("vendor export kestrel --vendors vendors", lambda s: s.vendor.export("kestrel", vendors="vendors")),
    Asked("scorecard run --no-history", lambda s: s.scorecard.run(no_history=True)),
    Asked("scorecard show --unknown", lambda s: s.scorecard.show(unknown=True)),
    Asked("scorecard history", lambda s: s.scorecard.history()),
    Asked("scorecard diff", lambda s: s.scorecard.diff()),
    Asked("scorecard gate --min 99", lambda s: s.scorecard.gate(minimum=99), 4),
    Asked("scorecard roadmap", lambda s: s.scorecard.roadmap()),
    Asked("scorecard checklist", lambda s: s.scorecard.checklist()),
    Asked("scorecard catalog --subject vendor", lambda s: s.scorecard.catalog("vendor")),
    Asked("connectors list", lambda s: s.connectors.list()),
    Asked("connectors check", lambda s: s.connectors.check(), 3),
    Asked("connectors describe prometheus", lambda s: s.connectors.describe("prometheus")),
)  # fmt: skip

ACTIONS = {
    "actions add": "writes to the list; see tests/cli",
    "actions change": "as actions add",
    "actions done": "as actions add",
    "actions drop": "as actions add",
    "collect gpu": "samples until it is stopped",
    "demo": "shows one screen of its own",
    "doctor": "its report tells of the terminal too; see below",
    "export focus": "writes files, in formats of their own: tests/cli/test_exports_guide.py",
    "export metrics": "as export focus",
    "export opencost": "as export focus",
    "export grafana": "as export focus",
    "init": "writes a file to edit",
    "tui": "runs until it is left",
    "receive": "serves until it is stopped",
    "load costs": "see below",
    "load requests": "as load costs",
    "load usage": "as load costs",
    "load gpu": "as load costs",
    "load jobs": "as load costs",
    "load changes": "as load costs",
    "pull": "tests/connectors/pull, against servers",
    "scorecard answer": "asks people",
    "vendor import": "see below",
    "vendor new": "writes files to edit and send",
}
"""Commands that change something or never end, and where their Python is held to them, where there is one."""


def every_command() -> Iterator[str]:
    """The name of every command, `owners check` for one of a group."""
    for entry in COMMANDS:
        command = load_command(entry)
        parts = getattr(command, "commands", {})
        if not parts or getattr(command, "invoke_without_command", False):
            yield entry.name
        yield from (f"{entry.name} {name}" for name in parts)


def test_every_command_is_held_to_the_python_of_its_name() -> None:
    known = {*ACTIONS}
    for asked in QUESTIONS:
        words = asked.command.split()
        known |= {words[0], " ".join(words[:2])}
    assert set(every_command()) <= known


class World(NamedTuple):
    """The sample company in a folder one may write to, and its session."""

    folder: Path
    session: Session

    def run(self, command: str) -> tuple[int, bytes]:
        """Exit code and stdout of a command."""
        import shlex

        result = CliRunner().invoke(app, shlex.split(command))
        return result.exit_code, result.stdout_bytes


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("asked")
    small_company(here)
    return here


@pytest.fixture
def world(folder: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.chdir(folder)
    return World(folder, finops.open())


@pytest.fixture
def scored(world: World) -> World:
    """Two scores are written down, and an action."""
    if len(list((world.folder / "ledger" / "_scorecard").glob("*.jsonl"))) == 0:
        world.session.scorecard.run(as_of="2026-10-15")
        world.session.scorecard.run()
        world.session.actions.add("Cache the prompts", by="dana", owner="search", expected="3")
    return world


@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda asked: asked.command)
def test_the_command_prints_what_the_method_returns(scored: World, asked: Asked) -> None:
    code, printed = scored.run(f"{asked.command} --format json")
    assert (code, printed) == (asked.exit_code, asked.ask(scored.session).to("json"))


def test_load_prints_what_loading_returns(world: World, tmp_path: Path) -> None:
    bill = next((VENDORS.parent / "bills").glob("openai-2026-08*"))
    code, printed = world.run(f"load costs {bill} --ledger {tmp_path / 'cli'} --format csv")
    found = finops.open(tmp_path / "python", create=True).load_costs(bill)
    assert (code, printed) == (0, found.to("csv"))
    assert found.value[0].stored.rows_stored > 0
    assert found.warnings == ()
    again = finops.open(tmp_path / "python").load_costs([bill], source=found.value[0].source)
    assert again.value[0].stored.unchanged


def test_doctor_prints_what_looking_returns(world: World) -> None:
    from finops.cli.doctor import _terminal

    code, printed = world.run("doctor --format json")
    found = doctor(more=(_terminal(),))
    assert [row["check"] for row in found.rows] == [
        row["check"] for row in json.loads(printed)["rows"]
    ]
    assert (code, found.healthy) == (0, True)


def test_what_came_back_is_imported_as_the_command_does(world: World, tmp_path: Path) -> None:
    book = tmp_path / "kestrel.xlsx"
    book.write_bytes(world.session.vendor.export("kestrel", vendors="vendors").workbook())
    shutil.copytree(VENDORS / "kestrel", tmp_path, dirs_exist_ok=True)
    code, printed = world.run(f"vendor import acme {book} --vendors {tmp_path / 'a'} --format csv")
    found = world.session.vendor.import_("acme", book, vendors=tmp_path / "b")
    assert (code, printed) == (0, found.to("csv"))
    assert found.kept == tmp_path / "b" / "acme" / "answers.yaml"
    assert found.kept.read_bytes() == (tmp_path / "a" / "acme" / "answers.yaml").read_bytes()
