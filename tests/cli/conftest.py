"""A small ledger, and the command as people run it: a real process."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from finops.model.schema import Kind
from finops.model.tables import COSTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from typer.testing import Result

PLAIN = {
    "BilledCost": "1",
    "EffectiveCost": "1",
    "ListCost": "1",
    "ContractedCost": "1",
    "BillingCurrency": "USD",
    "BillingPeriodStart": "2026-09-01 00:00:00+00",
    "BillingPeriodEnd": "2026-10-01 00:00:00+00",
    "ChargePeriodStart": "2026-09-10 00:00:00+00",
    "ChargePeriodEnd": "2026-09-11 00:00:00+00",
    "ChargeCategory": "Usage",
    "ServiceName": "Service",
    "ProviderName": "Provider",
    "x_SourceId": "bill",
    "x_Scope": "Provider/1",
    "x_BillingMonth": "2026-09",
    "x_LoadId": "load",
    "x_CostOrigin": "bill",
}
"""A cost row with everything required in it."""


def costs_select(rows: Sequence[Mapping[str, str | None]]) -> str:
    """A SELECT of every declared column of `costs`; what a row leaves out is as in `PLAIN`."""
    return " UNION ALL ".join(_one({**PLAIN, **row}) for row in rows)


def _one(row: Mapping[str, str | None]) -> str:
    cells = []
    for column in COSTS.columns:
        value = row.get(column.name)
        literal = "NULL" if value is None else "'" + value.replace("'", "''") + "'"
        kind = column.kind.stored if column.kind is not Kind.TEXT else "VARCHAR"
        cells.append(f'CAST({literal} AS {kind}) AS "{column.name}"')
    return "SELECT " + ", ".join(cells)


@pytest.fixture
def ledger_of(tmp_path: Path) -> Callable[[Sequence[Mapping[str, str | None]]], str]:
    """Call it with cost rows: the location of a ledger that holds them."""
    from finops.ledger.engine import join_engine
    from finops.ledger.loads import Load, new_load_id
    from finops.ledger.store import Ledger
    from finops.ledger.write import store

    def make(rows: Sequence[Mapping[str, str | None]]) -> str:
        ledger = Ledger.open(str(tmp_path / "ledger"), create=True)
        with join_engine() as con:
            load = Load(new_load_id(), "bill", "focus", (), "digest")
            store(ledger, "costs", con, costs_select(rows), load)
        return str(tmp_path / "ledger")

    return make


@pytest.fixture
def finops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """`finops("costs", "--by", "day")`: run in this process, in an empty folder."""
    from finops.cli.app import app

    folder = tmp_path / "cwd"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments))

    return run


@pytest.fixture
def process(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """`process("--help", env={"COLUMNS": "40"})`: run as a process of its own."""

    def run(
        *arguments: str, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-c", "from finops.cli.app import run; run()", *arguments],
            capture_output=True,
            check=False,
            cwd=tmp_path,
            env={**os.environ, **(env or {})},
            timeout=60,
        )

    return run
