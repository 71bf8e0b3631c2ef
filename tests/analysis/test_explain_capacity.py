"""Capacity is told as device time at rates, by who held it, and by what doubled traffic would buy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from finops.analysis.economics import Question
from finops.analysis.explain import explain
from finops.analysis.explain_pools import POOLED, explain_pools
from finops.errors import UsageError
from finops.model.money import total
from finops.report.capacity import capacity_report
from tests.analysis.ledgers import OCTOBER, ask, config, cost, make_ledger
from tests.analysis.test_capacity import GPUS, hours_of, instance, served

if TYPE_CHECKING:
    from pathlib import Path

    from finops.config import Config
    from finops.ledger.store import Ledger

from tests.analysis.arithmetic import recompute
from tests.analysis.explained import D, numbers


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
        ("gpus 2026-10", D("100.8")),
        ("unallocated.unobserved", D("100.8")),
    ]


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
    assert recompute(found.lines) == 4
    lines = {line.step: line for line in found.lines}
    assert lines["gpus: units to buy"].quantity == D(1)
    assert lines["gpus: units to buy"].source == "= max(0, ceil(2 / 0.8 - 2))"
    assert lines["gpus: price of a month x the part asked about"].amount == price
    assert lines["added_cost"].amount == price
    assert lines["cost"].amount == D("100.8")
    assert found.value == pytest.approx(float(price / D("100.8")))
    assert lines["gpus: busy"].source.startswith("busy at 2026-10-01 00h")
    assert lines["gpus: busy"].source.endswith("100.0%")


def cluster_in(folder: Path) -> tuple[Ledger, Config]:
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


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ledger, Config]:
    return cluster_in(tmp_path_factory.mktemp("cluster"))


def test_every_number_of_capacity_is_explained(cluster: tuple[Ledger, Config]) -> None:
    """By pool and of all of them; the lines add up."""
    ledger, setup = cluster
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


def test_a_number_of_capacity_is_told_by_who_held_it_and_at_which_rate(
    cluster: tuple[Ledger, Config],
) -> None:
    ledger, setup = cluster
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


def test_what_capacity_does_not_have_is_refused_with_what_is_near(
    cluster: tuple[Ledger, Config],
) -> None:
    ledger, setup = cluster
    with pytest.raises(UsageError) as caught:
        explain(ledger, setup, Question(OCTOBER), "capacity.idel_hours")
    assert "capacity.idle_hours" in str(caught.value.hint)
    with pytest.raises(UsageError, match="no column 'workflow'"):
        explain(ledger, setup, Question(OCTOBER, where="workflow = 'x'"), "capacity.jobs")
