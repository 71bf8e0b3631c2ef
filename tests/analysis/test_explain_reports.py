"""What is explained is what the reports of unit, costs, marginal, owners check and close show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from finops.analysis.accruals import accruals
from finops.analysis.adjustments import Adjustment
from finops.analysis.book_spend import SpendQuestion, book_spend
from finops.analysis.books import books
from finops.analysis.economics import Question
from finops.analysis.explain import NUMBERS, explain
from finops.analysis.explain_books import explain_line, line_names
from finops.analysis.explain_close import (
    CLOSING,
    explain_accruals,
    explain_adjustments,
    explain_invoices,
)
from finops.analysis.explain_cost import cost_products, explain_products
from finops.analysis.explain_marginal import DOUBLED, explain_doubled
from finops.analysis.explain_measures import BY, explain_measure
from finops.analysis.explain_owners import UNOWNED, explain_unowned
from finops.analysis.explain_parts import explain_part
from finops.analysis.invoices import invoices
from finops.analysis.marginal import marginal
from finops.analysis.owners.check import check_owners
from finops.errors import UsageError
from finops.model.money import total
from finops.report.close import accruals_report, adjustments_report, invoices_report
from finops.report.marginal import marginal_report
from finops.report.owners import check_report
from finops.report.spend import spend_report
from finops.report.unit import unit_report
from tests.analysis.ledgers import OCTOBER, ask, config, make_ledger, request

if TYPE_CHECKING:
    from pathlib import Path

    from finops.config import Config
    from finops.ledger.store import Ledger

from tests.analysis.arithmetic import recompute
from tests.analysis.explained import NUMERIC, D, numbers, rich


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ledger, Config]:
    return rich(tmp_path_factory.mktemp("rich"))


def test_every_number_of_unit_and_of_its_reconciliation_is_explained(
    world: tuple[Ledger, Config],
) -> None:
    """A column without an explanation fails here; what is explained is what is shown."""
    ledger, setup = world
    answer = ask(ledger, setup, run_costs=True, marginal=True)
    report = unit_report(answer)
    (row,) = report.rows
    shown = numbers(report, row)
    assert len(shown) > 60
    asked = Question(OCTOBER)
    by_model = ask(ledger, setup, *BY, run_costs=True)
    made_of = cost_products(ledger, setup, asked)
    for number, value in (shown | line_names(answer)).items():
        is_cost = number in NUMBERS
        made = explain_products(made_of, number) if is_cost else explain_measure(by_model, number)
        made = made or explain_part(ledger, setup, asked, number)
        found = made or explain_line(answer, number) or explain_doubled(answer, number)
        assert found is not None, number
        assert found.value == value, number
        assert found.formula
        assert found.lines, number
        assert all(line.source for line in found.lines), number
    for number in line_names(answer):
        told = explain_line(answer, number)
        assert told is not None
        *parts, summed = told.lines
        assert total(line.amount for line in parts if line.amount is not None) == summed.amount
    for number in (
        "unit.error_rate",
        "costs.EffectiveCost",
        "marginal_cost_factor",
        "latency_ms.p95",
        "work.image.cost_per_unit",
        "unlogged",
        "allocated",
    ):
        assert explain(ledger, setup, asked, number).number == number


def test_every_amount_of_costs_is_explained(world: tuple[Ledger, Config]) -> None:
    ledger, setup = world
    question = SpendQuestion((), OCTOBER)
    spend = book_spend(ledger, setup, question)
    report = spend_report(spend, period=OCTOBER, basis=question.basis)
    assert report.totals is not None
    for number, value in numbers(report, report.totals).items():
        found = explain(ledger, setup, Question(OCTOBER), number)
        assert found.value == value, number
        *parts, summed = found.lines
        assert total(line.amount for line in parts if line.amount is not None) == (value or 0)
        assert summed.amount == value


def test_a_number_that_is_missing_is_explained_by_its_reason(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path, requests=[request("r", output_tokens=1)])
    for number, said in (
        ("good_responses", "add [[slo]]"),
        ("cost_per_good_response", "add [[slo]]"),
        ("successful_runs", "no run that ended logged an outcome"),
        ("cost_per_run", "there are no runs"),
        ("cost_per_work_unit", "no work of exactly one kind"),
    ):
        found = explain(ledger, config(), Question(OCTOBER), number)
        assert found.value is None
        assert said in found.lines[-1].source


def test_a_count_is_told_by_provider_and_model(world: tuple[Ledger, Config]) -> None:
    ledger, setup = world
    found = explain(ledger, setup, Question(OCTOBER, where="workflow = 'rag'"), "responses")
    assert [(line.step, line.quantity) for line in found.lines] == [
        ("fakeai model-a", D(5)),
        ("responses", D(5)),
    ]


def test_every_number_of_marginal_is_explained(world: tuple[Ledger, Config]) -> None:
    ledger, setup = world
    report = marginal_report(marginal(ledger, setup, Question(OCTOBER)))
    (row,) = report.rows
    shown = numbers(report, row)
    assert {*DOUBLED, "cost", "requests"} == set(shown)
    answer = ask(ledger, setup, marginal=True)
    for number in DOUBLED:
        found = explain_doubled(answer, number)
        assert found is not None
        assert found.value == shown[number], number
        assert recompute(found.lines) or not shown[number], number
        assert all(line.source for line in found.lines)
    assert explain(ledger, setup, Question(OCTOBER), "marginal.cost").value == shown["cost"]


def test_every_number_of_the_owners_check_is_explained(world: tuple[Ledger, Config]) -> None:
    ledger, setup = world
    check = check_owners(ledger, setup, OCTOBER)
    report = check_report(check, period=OCTOBER)
    assert len(report.rows) > 1
    for row in report.rows:
        match = "match is null" if row["match"] is None else f"match = '{row['match']}'"
        where = f"side = '{row['side']}' and {match}"
        shown = numbers(report, row)
        assert set(shown) == set(UNOWNED)
        for number, value in shown.items():
            found = explain_unowned(check, number, OCTOBER, where)
            assert found is not None
            assert found.value == value, number
    bill = explain(ledger, setup, Question(OCTOBER, where="side = 'bill'"), "owners.cost")
    *parts, summed = bill.lines
    assert total(line.amount for line in parts if line.amount is not None) == summed.amount
    assert bill.value == check.left("bill", "USD")
    both = explain_unowned(check, "cost", OCTOBER)
    assert both is not None
    assert both.value is None
    assert "not added" in both.lines[-1].source


def test_every_number_of_a_close_is_explained(world: tuple[Ledger, Config]) -> None:
    ledger, setup = world
    (part,) = books(ledger, setup, OCTOBER)
    found, used = invoices(part), accruals(part)
    report = invoices_report(found.invoices, OCTOBER, found.currency)
    assert report.totals is not None
    explained_names = set()
    for number, value in numbers(report, report.totals).items():
        told = explain_invoices(found, number, OCTOBER)
        assert told.value == value, number
        *parts, summed = told.lines
        assert total(line.amount for line in parts if line.amount is not None) == summed.amount
        explained_names.add(f"invoices.{number}")
    accrued = accruals_report(used, OCTOBER)
    assert accrued.totals is not None
    assert explain_accruals(used, "amount", OCTOBER).value == accrued.totals["amount"]
    for table, made in (("accruals", accrued), ("adjustments", adjustments_report(()))):
        names = {column.name for column in made.columns if column.style in NUMERIC}
        explained_names |= {f"{table}.{name}" for name in names}
    assert explained_names == {name for name in CLOSING if not name.startswith("list.")}
    changed = [
        Adjustment("2026-09", "2026-10", True, "prior_period", pool, "A", "USD", D(1), D(amount))
        for pool, amount in (("models", 2), ("gateway", -3))
    ]
    told = explain_adjustments(changed, "EffectiveCost", OCTOBER)
    assert (told.value, told.lines[0].source) == (
        D(-1),
        "prior_period of invoice A, to be booked in 2026-10",
    )
    assert explain_adjustments(changed, "EffectiveCost", OCTOBER, "pool = 'models'").value == 2
    tie = explain(ledger, setup, Question(OCTOBER), "close.invoices.difference")
    assert tie.value == 0
    with pytest.raises(UsageError, match="of one month"):
        explain(ledger, setup, Question(None), "close.invoices.difference")
