"""An explanation leads to the number it explains: its lines add up, its quotient is the report's."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from finops.analysis.economics import Question
from finops.analysis.explain import NUMBERS, Explanation, explain
from finops.errors import UsageError
from finops.model.money import total
from finops.report.unit_row import unit_row
from tests.analysis.ledgers import OCTOBER, ask, config, cost, make_ledger, request, tokens

if TYPE_CHECKING:
    from pathlib import Path

    from finops.ledger.store import Ledger

D = Decimal
POOLS = (
    {"name": "gateway", "kind": "shared", "where": "ServiceName = 'Gateway'", "driver": "requests"},
    {"name": "desk", "kind": "shared", "where": "ServiceName = 'Desk'", "driver": "cost"},
)


def company(folder: Path) -> Ledger:
    """Two days billed by the token at 10 % off, a model without a bill, two shared services, runs."""
    log = [
        request(
            f"r{number}",
            f"2026-10-0{1 + number % 2}T12:00:00",
            workflow="rag" if number % 3 else "chat",
            workflow_run_id=f"run{number // 2}",
            uncached_input_tokens=1_000 * (number + 1),
            output_tokens=100,
            status="ok" if number else "error",
        )
        for number in range(6)
    ]
    log.append(request("x", request_model="unheard-of", provider="nobody", output_tokens=7))
    bill = [
        tokens("0.0162", "uncached_input", 9_000, "2026-10-01", "2026-10-02"),
        tokens("0.0216", "uncached_input", 12_000, "2026-10-02", "2026-10-03"),
        tokens("0.0027", "output", 300, "2026-10-01", "2026-10-02"),
        tokens("0.0027", "output", 300, "2026-10-02", "2026-10-03"),
        cost("1", ServiceName="Gateway"),
        cost("2", ServiceName="Desk"),
    ]
    return make_ledger(folder, costs=bill, requests=log)


def explained(ledger: Ledger, number: str, where: str | None = None) -> Explanation:
    """October's `number`."""
    return explain(ledger, config(*POOLS), Question(OCTOBER, where=where), number)


@pytest.mark.parametrize("where", [None, "workflow = 'rag'", "output_tokens > 50"])
def test_the_lines_add_up_to_the_cost_of_the_report(tmp_path: Path, where: str | None) -> None:
    ledger = company(tmp_path)
    row = unit_row(ask(ledger, config(*POOLS), where=where).total, ())
    for number in NUMBERS:
        found = explained(ledger, number, where)
        assert found.value == row[number], number
        steps = [line.step for line in found.lines]
        products = found.lines[: steps.index("cost")]
        assert total(line.amount for line in products if line.amount is not None) == row["cost"]
        for line in products:
            if line.rate is not None and line.quantity is not None:
                assert line.amount == line.rate * line.quantity


def test_days_of_one_rate_are_told_as_one_line_with_the_bill_behind_it(tmp_path: Path) -> None:
    lines = {line.step: line for line in explained(company(tmp_path), "cost").lines}
    line = lines["fakeai model-a uncached input"]
    assert (line.quantity, line.rate) == (D(21_000), D("0.0000018"))
    assert line.source.startswith(
        "bill 2026-10-01 to 2026-10-02, 2 bills (fakeai model-a uncached_input): "
        "billed rate = 0.0378 / 21,000 tokens; -10.00% against the book ("
    )
    assert lines["shared: gateway"].source == "pool gateway: 1 / 7 requests"


def test_tokens_without_a_price_have_the_reason_and_no_amount(tmp_path: Path) -> None:
    lines = {line.step: line for line in explained(company(tmp_path), "cost").lines}
    line = lines["nobody unheard-of output"]
    assert (line.quantity, line.rate, line.amount) == (D(7), None, None)
    assert "no known price" in line.source


def test_a_number_nobody_can_explain_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no explanation of 'happiness'"):
        explained(company(tmp_path), "happiness")
