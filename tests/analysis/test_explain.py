"""An explanation leads to the number it explains: its lines add up, its quotient is the report's."""

from __future__ import annotations

import json
from decimal import Decimal
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
from finops.analysis.explain_marginal import DOUBLED, explain_doubled
from finops.analysis.explain_measures import BY, explain_measure
from finops.analysis.explain_owners import UNOWNED, explain_unowned
from finops.analysis.explain_pools import POOLED, explain_pools
from finops.analysis.invoices import invoices
from finops.analysis.marginal import marginal
from finops.analysis.owners.check import check_owners
from finops.errors import UsageError
from finops.model.money import total
from finops.report.capacity import capacity_report
from finops.report.close import accruals_report, adjustments_report, invoices_report
from finops.report.marginal import marginal_report
from finops.report.model import Style
from finops.report.owners import check_report
from finops.report.spend import spend_report
from finops.report.unit import unit_report
from finops.report.unit_row import unit_row
from tests.analysis.ledgers import OCTOBER, ask, config, cost, make_ledger, request, tokens
from tests.analysis.test_capacity import GPUS, hours_of, instance, served

if TYPE_CHECKING:
    from pathlib import Path

    from finops.analysis.explanation import Explanation
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.report.model import Report, Row

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


NUMERIC = {style for style in Style if style not in {Style.TEXT, Style.TIME}}


def rich(folder: Path) -> tuple[Ledger, Config]:
    """A company with something in every column."""
    log = [
        request(
            f"r{number}",
            f"2026-10-0{1 + number % 2}T12:00:00",
            workflow="rag",
            workflow_run_id=f"run{number // 2}",
            uncached_input_tokens=1_000 * (number + 1),
            cache_read_tokens=50,
            output_tokens=100,
            reasoning_tokens=7,
            status="ok" if number else "error",
            latency_ms=100.0 * number,
            ttft_ms=10.0 * number,
            outcome="success" if number % 2 else None,
            work_unit_kind="image",
            work_units=0.5,
        )
        for number in range(6)
    ]
    log += [
        request("e", operation="embeddings", uncached_input_tokens=5),
        request("a1", call_id="a", output_tokens=3, status="timeout"),
        request("a2", call_id="a", attempt=2, output_tokens=3, latency_ms=1.0),
        request("x", request_model="unheard-of", provider="nobody", output_tokens=7),
    ]
    bill = [
        tokens("0.0162", "uncached_input", 9_000),
        tokens("0.0027", "output", 300),
        tokens("5", "images", 300),
        cost("1", ServiceName="Gateway"),
        cost("2", ServiceName="Desk"),
        cost("3", ServiceName="Coffee"),
        cost("4", ServiceName="Iron"),
        cost("-1", ChargeCategory="Credit"),
        cost("6", CommitmentDiscountStatus="Unused", ServiceName="Models"),
    ]
    iron = {"name": "iron", "kind": "gpu", "where": "ServiceName = 'Iron'"}
    models = {"name": "models", "kind": "metered", "where": "ServiceName = 'Models'"}
    setup = config(*POOLS, iron, models, slo=[{"latency_ms": 250}])
    return make_ledger(folder, costs=bill, requests=log), setup


def numbers(report: Report, row: Row) -> dict[str, object]:
    """Every number of a report's row by the name it is explained under: parts by `column.part`."""
    found: dict[str, object] = {}
    for column in report.columns:
        if column.style in NUMERIC:
            found[column.name] = row[column.name]
            found |= nested(column.name, row[column.name])
    return found


def nested(name: str, value: object) -> dict[str, object]:
    found: dict[str, object] = {}
    if isinstance(value, dict):
        for part, inner in value.items():
            found[f"{name}.{part}"] = inner
            found |= nested(f"{name}.{part}", inner)
    return found


def test_every_number_of_unit_and_of_its_reconciliation_is_explained(tmp_path: Path) -> None:
    """A column without an explanation fails here; what is explained is what is shown."""
    ledger, setup = rich(tmp_path)
    answer = ask(ledger, setup, run_costs=True, marginal=True)
    report = unit_report(answer)
    (row,) = report.rows
    shown = numbers(report, row)
    assert len(shown) > 60
    asked = Question(OCTOBER)
    by_model = ask(ledger, setup, *BY, run_costs=True)
    for number, value in (shown | line_names(answer)).items():
        is_cost = number in NUMBERS
        made = (
            explain(ledger, setup, asked, number) if is_cost else explain_measure(by_model, number)
        )
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


def test_every_amount_of_costs_is_explained(tmp_path: Path) -> None:
    ledger, setup = rich(tmp_path)
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


def test_a_count_is_told_by_provider_and_model(tmp_path: Path) -> None:
    ledger, setup = rich(tmp_path)
    found = explain(ledger, setup, Question(OCTOBER, where="workflow = 'rag'"), "responses")
    assert [(line.step, line.quantity) for line in found.lines] == [
        ("fakeai model-a", D(5)),
        ("responses", D(5)),
    ]


def test_a_typing_error_is_answered_with_what_is_near(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        explained(company(tmp_path), "cost_per_rnu")
    assert "cost_per_run" in str(caught.value.hint)


def test_device_time_is_told_as_tokens_at_the_rate_it_gives(tmp_path: Path) -> None:
    """Ten device-hours at 10.08 on a deployment of 400 output tokens, a quarter of them busy."""
    ledger = make_ledger(
        tmp_path,
        costs=[instance("201.6", 10)],
        requests=[served("r1", output_tokens=300), served("r2", output_tokens=100)],
        samples=hours_of("a", 0, 10, workload="chat", gr_engine_active=0.25),
    )
    found = explain(ledger, config(GPUS), Question(OCTOBER, where="request_id = 'r2'"), "cost")
    assert found.value == D("25.2")
    told = [(line.step, line.quantity, line.amount) for line in found.lines if line.rate]
    assert told == [
        ("gpus chat idle: output", D(100), D("18.9")),
        ("gpus chat busy: output", D(100), D("6.3")),
    ]
    assert found.lines[0].source == (
        "pool gpus 2026-10: 100.8 for 1,600,000 weighted tokens (thousandths); "
        "weights 1000 : 100 : 4000, assumed; blended rate 201.6 / 20.00 device-hours billed"
    )
    idle = explain(ledger, config(GPUS), Question(OCTOBER), "unobserved")
    assert [(line.step, line.amount) for line in idle.lines] == [
        ("gpus", D("100.8")),
        ("unallocated.unobserved", D("100.8")),
    ]


def test_every_number_of_marginal_is_explained(tmp_path: Path) -> None:
    ledger, setup = rich(tmp_path)
    report = marginal_report(marginal(ledger, setup, Question(OCTOBER)))
    (row,) = report.rows
    shown = numbers(report, row)
    assert {*DOUBLED, "cost", "requests"} == set(shown)
    answer = ask(ledger, setup, marginal=True)
    for number in DOUBLED:
        found = explain_doubled(answer, number)
        assert found is not None
        assert found.value == shown[number], number
        assert all(line.source for line in found.lines)
    assert explain(ledger, setup, Question(OCTOBER), "marginal.cost").value == shown["cost"]


def test_the_factor_is_told_by_what_grows_and_what_is_bought(tmp_path: Path) -> None:
    """Two devices of which 1.6 may be busy; one is, so 2.0 need a third, for the rest of the month."""
    ledger = make_ledger(
        tmp_path,
        costs=[instance("201.6", 10)],
        requests=[served("r1", output_tokens=300)],
        samples=[
            *hours_of("a", 0, 10, workload="chat", gr_engine_active=1),
            *hours_of("b", 0, 10),
        ],
    )
    found = explain(ledger, config(GPUS), Question(OCTOBER), "marginal_cost_factor")
    price = D("10.08") * 24 * 31
    told = [(line.step, line.quantity, line.amount) for line in found.lines]
    assert told[3] == ("gpus: units to buy", D(1), price)
    assert told[4] == ("added_cost", None, price)
    assert told[5] == ("cost", None, D("100.8"))
    assert found.value == pytest.approx(float(price / D("100.8")))
    assert "100.0% busy at 2026-10-01 00h" in found.lines[3].source


def cluster(folder: Path) -> tuple[Ledger, Config]:
    """A node of two devices used, held and idle, a plan of seats, and capacity billed by its throughput."""
    details = {"GpuCount": "2", "CoreCount": "10", "MemorySize": "20 GiB"}
    ledger = make_ledger(
        folder,
        costs=[
            instance("201.6", 10, SkuPriceDetails=json.dumps(details)),
            cost("30", ServiceName="Plan"),
            cost("5", "2026-10-01", "2026-11-01", ServiceName="PTU"),
            cost("7", CommitmentDiscountStatus="Unused", ServiceName="GPU"),
        ],
        requests=[
            served("r1", output_tokens=300),
            served("r2", pool="plan", output_tokens=100),
            served("r3", pool="ptu", output_tokens=100),
        ],
        samples=[
            *hours_of("a", 0, 9, workload="chat", gr_engine_active=0.25),
            *hours_of("b", 0, 4, job_id="17", gr_engine_active=1),
            *hours_of("b", 4, 1, workload="notebook", gr_engine_active=0.5),
            *hours_of("b", 5, 4, gr_engine_active=0.0),
        ],
    )
    ptu = {"name": "ptu", "kind": "provisioned", "where": "ServiceName = 'PTU'"}
    plan = {"name": "plan", "kind": "seat", "where": "ServiceName = 'Plan'"}
    return ledger, config(GPUS, ptu, plan)


def test_every_number_of_capacity_is_explained(tmp_path: Path) -> None:
    """By pool and of all of them; the lines add up."""
    ledger, setup = cluster(tmp_path)
    answer = ask(ledger, setup)
    report = capacity_report(answer)
    assert [row["pool"] for row in report.rows] == ["gpus", "plan", "ptu"]
    assert report.totals is not None
    asked = [(f"pool = '{row['pool']}'", row) for row in report.rows]
    for where, row in [(None, report.totals), *asked]:
        shown = numbers(report, row)
        assert set(shown) <= set(POOLED)
        for number, value in shown.items():
            found = explain_pools(answer, number, where)
            assert found is not None
            assert found.value == value, (number, where)
            assert all(line.source for line in found.lines)
            *parts, summed = found.lines
            if number.endswith("_hours") and value is not None:
                assert total(line.quantity for line in parts if line.quantity is not None) == value
                assert summed.quantity == value
            elif not number.startswith(("price", "host")):
                assert total(line.amount for line in parts if line.amount is not None) == (
                    value or 0
                ), number
    assert POOLED[-1] in numbers(report, report.rows[0])


def test_a_number_of_capacity_is_told_by_who_held_it_and_at_which_rate(tmp_path: Path) -> None:
    ledger, setup = cluster(tmp_path)
    question = Question(OCTOBER, where="kind = 'gpu'")
    busy = explain(ledger, setup, question, "capacity.busy_hours")
    assert busy.number == "capacity.busy_hours"
    assert [(line.step, line.quantity) for line in busy.lines] == [
        ("gpus 2026-10 job 17", D(4)),
        ("gpus 2026-10 deployment chat", D("2.25")),
        ("gpus 2026-10 workload notebook", D("0.5")),
        ("busy_hours", D("6.75")),
    ]
    answer = ask(ledger, setup)
    jobs = explain_pools(answer, "jobs", "kind = 'gpu'")
    assert jobs is not None
    assert [(line.step, line.quantity, line.amount) for line in jobs.lines[:1]] == [
        ("gpus 2026-10 job 17", D(4), D("40.32"))
    ]
    assert jobs.lines[0].source == (
        "4.00 busy + 0.00 idle; blended rate 201.6 / 20.00 device-hours billed"
    )
    for number, hours, amount in (("gpu_idle", 4, "40.32"), ("unobserved", 2, "20.16")):
        of_state = explain_pools(answer, number)
        assert of_state is not None
        line = of_state.lines[0]
        assert (line.quantity, line.amount) == (D(hours), D(amount))
    price = explain(ledger, setup, question, "capacity.price_by_basis.all-to-gpu")
    assert price.value == D("10.08")
    assert [(line.quantity, line.amount) for line in price.lines] == [
        (None, D("201.6")),
        (D(20), D("10.08")),
    ]
    every = explain_pools(answer, "price_per_gpu_hour")
    assert every is not None
    assert every.value is None
    assert "of one pool" in every.lines[0].source


def test_what_capacity_does_not_have_is_refused_with_what_is_near(tmp_path: Path) -> None:
    ledger, setup = cluster(tmp_path)
    with pytest.raises(UsageError) as caught:
        explain(ledger, setup, Question(OCTOBER), "capacity.idel_hours")
    assert "capacity.idle_hours" in str(caught.value.hint)
    with pytest.raises(UsageError, match="no column 'workflow'"):
        explain(ledger, setup, Question(OCTOBER, where="workflow = 'x'"), "capacity.jobs")


def test_every_number_of_the_owners_check_is_explained(tmp_path: Path) -> None:
    ledger, setup = rich(tmp_path)
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


def test_every_number_of_a_close_is_explained(tmp_path: Path) -> None:
    ledger, setup = rich(tmp_path)
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
