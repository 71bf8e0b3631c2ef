"""A unit cost is led to by its rates: the lines add up to it, its quotient is the report's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from finops.analysis.derived.runs import RunsAsked, runs_table
from finops.analysis.economics import Question
from finops.analysis.explain import NUMBERS
from finops.analysis.explain_cost import cost_products, explain_products
from finops.errors import UsageError
from finops.model.money import total
from finops.report.unit_row import unit_row
from tests.analysis.ledgers import OCTOBER, ask, config

if TYPE_CHECKING:
    from finops.ledger.store import Ledger

from tests.analysis.arithmetic import check_number
from tests.analysis.explained import POOLS, D, company, explained


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    return company(tmp_path_factory.mktemp("company"))


@pytest.mark.parametrize("where", [None, "workflow = 'rag'", "output_tokens > 50"])
def test_the_lines_add_up_to_the_cost_of_the_report(ledger: Ledger, where: str | None) -> None:
    made = cost_products(ledger, config(*POOLS), Question(OCTOBER, where=where))
    row = unit_row(ask(ledger, config(*POOLS), where=where).total, ())
    for number in NUMBERS:
        found = explain_products(made, number)
        assert found.value == row[number], number
        steps = [line.step for line in found.lines]
        products = found.lines[: steps.index("cost")]
        assert total(line.amount for line in products if line.amount is not None) == row["cost"]
        for line in products:
            if line.rate is not None and line.quantity is not None:
                cut = D("1e-20") if line.unit == "USD metered" else 0
                assert line.amount is not None
                assert abs(line.amount - line.rate * line.quantity) <= cut
    for number in ("cost", "cost_per_1k_requests"):
        assert explained(ledger, number, where).value == row[number]


def test_days_of_one_rate_are_told_as_one_line_with_the_bill_behind_it(ledger: Ledger) -> None:
    lines = {line.step: line for line in explained(ledger, "cost").lines}
    line = lines["fakeai model-a uncached input"]
    assert (line.quantity, line.rate) == (D(21_000), D("0.0000018"))
    assert line.source.startswith(
        "bill 2026-10-01 to 2026-10-02, 2 bills (fakeai model-a uncached_input): "
        "billed rate = 0.0378 / 21,000 tokens; -10.00% against the book ("
    )
    assert lines["shared: gateway"].source == "pool gateway: 1 / 7 requests"


def test_tokens_without_a_price_have_the_reason_and_no_amount(ledger: Ledger) -> None:
    lines = {line.step: line for line in explained(ledger, "cost").lines}
    line = lines["nobody unheard-of output"]
    assert (line.quantity, line.rate, line.amount) == (D(7), None, None)
    assert "no known price" in line.source


def test_a_number_nobody_can_explain_is_refused(ledger: Ledger) -> None:
    with pytest.raises(UsageError, match="no explanation of 'happiness'"):
        explained(ledger, "happiness")


def test_a_typing_error_is_answered_with_what_is_near(ledger: Ledger) -> None:
    with pytest.raises(UsageError) as caught:
        explained(ledger, "cost_per_rnu")
    assert "cost_per_run" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("number", "hint"),
    [
        ("breakevn.npv", "did you mean breakeven.npv"),
        ("commitments.happiness", "commitments has "),
        ("unit", "unit has cost, "),
        ("xyzzy.plugh", "finops explain COMMAND.NUMBER, of actions, breakeven, "),
    ],
)
def test_what_there_is_is_named(ledger: Ledger, number: str, hint: str) -> None:
    """The nearest numbers, else those of the command, else the commands."""
    with pytest.raises(UsageError, match="there is no explanation of") as caught:
        explained(ledger, number)
    assert str(caught.value.hint).startswith(hint)


def test_a_run_is_derived_to_what_it_costs_by_run(ledger: Ledger) -> None:
    """Every number of three runs, each from its own calls; of more than are allowed one has to be named."""
    asked = RunsAsked(ledger, config(*POOLS), Question(OCTOBER, where="run is not null"))
    rows = {str(row.names["run"]): row for row in runs_table(asked, 3).rows}
    groups = {str(each.keys[0]): each for each in ask(ledger, config(*POOLS), "run").groups}
    assert sorted(rows) == ["run0", "run1", "run2"]
    for name, row in rows.items():
        counts = groups[name].counts
        shown = {"cost": groups[name].cost, "requests": counts["requests"]}
        shown["failures"] = counts["requests"] - counts["responses"]
        for number, value in shown.items():
            check_number(number, value, row.numbers[number]())
    assert rows["run0"].numbers["failures"]().value == 1
    with pytest.raises(UsageError, match="a number is of one run, and there are 3"):
        runs_table(asked, 2)
