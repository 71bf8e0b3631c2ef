"""A closed month is closed: a restatement, late logs, other prices and a vacuum move no byte of it."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from finops.model.tables import TABLES
from tests.analysis.ledgers import add, cost, make_ledger, request, tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer.testing import Result

    from finops.ledger.store import Ledger

PRICES = """
[[prices]]
provider = "fakeai"
model = "{model}"
input = "{input}"
output = "{output}"

[[pools]]
name = "gateway"
kind = "shared"
where = "ServiceName = '{service}'"
"""

COMMANDS = (
    ("unit", "--by", "workflow"),
    ("unit", "--by", "model,day", "--no-rollups"),
    ("unit", "--where", "workflow = 'chat'", "--include", "tax"),
    ("costs", "--by", "pool,InvoiceId"),
    ("costs", "--by", "day", "--basis", "charge"),
    ("explain", "cost_per_1k_requests"),
    ("explain", "cost_per_run", "--where", "workflow = 'chat'"),
)
FORMATS = ("table", "json", "csv", "md", "html", "xlsx")


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return make_ledger(
        tmp_path / "ledger",
        costs=[
            tokens("100.5", "output", 1000, InvoiceId="A-10"),
            cost("12", ServiceName="Gateway", InvoiceId="B-10"),
            cost("3", ChargeCategory="Tax", InvoiceId="B-10"),
            cost("5", ServiceName="Mail", InvoiceId="B-10"),
        ],
        requests=[
            request("r1", output_tokens=500, workflow="chat", workflow_run_id="run"),
            request("r2", "2026-10-31T23:59:00", output_tokens=300, workflow="search"),
            request("r3", request_model="model-b", output_tokens=1_000_000, workflow="chat"),
        ],
    )


@pytest.mark.slow
def test_nothing_that_comes_later_moves_a_byte_and_the_next_month_has_the_difference(
    finops: Callable[..., Result], ledger: Ledger
) -> None:
    at = ("--ledger", ledger.location.url)
    settings = Path("finops.toml")
    settings.write_text(PRICES.format(model="model-b", input="1", output="4", service="Gateway"))
    asked = [
        (*command, "--month", "2026-10", *at, "--format", form)
        for command in COMMANDS
        for form in (FORMATS if command == COMMANDS[0] else ("json",))
    ]
    before = {each: _bytes(finops, each) for each in asked}
    closed = finops("close", "2026-10", "--reason", "nothing is due", *at)
    assert closed.exit_code == 0, closed.stderr
    add(
        ledger,
        "costs",
        [
            tokens("120.25", "output", 1200, InvoiceId="A-10"),
            cost("12", ServiceName="Gateway", InvoiceId="B-10"),
            cost("3", ChargeCategory="Tax", InvoiceId="B-10"),
        ],
    )
    late = [request(f"late{n}", output_tokens=50, workflow="chat") for n in range(9)]
    add(ledger, "requests", [*late, request("r2", "2026-10-31T23:59:00", output_tokens=301)])
    settings.write_text(PRICES.format(model="model-b", input="9", output="9", service="Mail"))
    for table in TABLES:
        delta = ledger.delta(table)
        if delta is not None:
            delta.vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)
    assert [each for each in asked if _bytes(finops, each) != before[each]] == []
    november = finops("unit", "--month", "2026-11", *at, "--format", "json")
    found = json.loads(november.stdout, parse_float=Decimal)
    assert found["reconciliation"]["excluded"] == {"prior_period": Decimal("14.75")}
    assert found["reconciliation"]["difference"] == 0
    assert found["prior_period"] == {"gateway": Decimal(-5), "tokens": Decimal("19.75")}
    listed = json.loads(finops("close", "--list", *at, "--format", "json").stdout)
    assert listed["late"] == [{"month": "2026-10", "table": "requests", "rows": 9}]


def _bytes(finops: Callable[..., Result], asked: tuple[str, ...]) -> bytes:
    """The answer in a file, byte for byte; a workbook goes into no pipe."""
    result = finops(*asked, "--output", "answer")
    assert result.exit_code == 0, result.stderr
    return Path("answer").read_bytes()
