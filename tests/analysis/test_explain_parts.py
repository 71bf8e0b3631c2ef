"""What stands inside or beside a cost is derived to the digit: components, shares, ranges, seats, calls of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from finops.analysis.derived.calls import calls_table
from finops.analysis.derived.runs import RunsAsked
from finops.analysis.economics import Question
from finops.analysis.explain import explain
from finops.analysis.explain_cost import cost_products, products
from finops.analysis.explain_products import component_lines, product_lines
from finops.analysis.measures import COMPONENTS
from finops.analysis.numbers import numbers_of
from finops.model.money import total
from finops.model.period import Period, parse_month
from tests.analysis.arithmetic import check_number, recompute
from tests.analysis.explained import D
from tests.analysis.ledgers import OCTOBER, ask, config, cost, make_ledger, request, tokens
from tests.analysis.test_capacity import GPUS, hours_of, instance, served

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from finops.analysis.economics import Prepared
    from finops.analysis.explanation import Line
    from finops.analysis.sources import Sources
    from finops.config import Config
    from finops.ledger.store import Ledger

INCLUDED = ("credits", "idle", "unused")


def spread(name: str, driver: str, service: str) -> dict[str, Any]:
    """A shared pool of one service."""
    return {
        "name": name,
        "kind": "shared",
        "driver": driver,
        "where": f"ServiceName = '{service}'",
    }


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ledger, Config]:
    """Metered, rented and seat capacity, shares by every driver, and calls of every fate, over two months."""
    log = [
        request("a1", call_id="a", workflow="rag", workflow_run_id="one", uncached_input_tokens=900,
                cache_write_5m_tokens=80, output_tokens=100, status="error", bytes_in=5),
        request("a2", "2026-10-05T12:00:09", call_id="a", attempt=2, workflow="rag", workflow_run_id="one",
                uncached_input_tokens=900, output_tokens=110),
        request("r", "2026-10-05T12:00:20", workflow="rag", workflow_run_id="one", operation="retrieval"),
        request("b", "2026-10-05T12:01:00", workflow="rag", workflow_run_id="one", uncached_input_tokens=700,
                cache_read_tokens=600, output_tokens=33, latency_ms=900.0),
        request("b2", "2026-10-05T12:02:00", workflow="rag", workflow_run_id="one", uncached_input_tokens=1500,
                cache_read_tokens=40, cache_write_1h_tokens=9, output_tokens=3),
        request("c", "2026-10-31T23:59:59", workflow="chat", workflow_run_id="two", output_tokens=70,
                status="cancelled"),
        request("d", "2026-11-01T00:00:01", workflow="chat", workflow_run_id="two", output_tokens=7,
                status="timeout"),
        request("f", workflow="chat", output_tokens=4, status="error"),
        request("h", workflow="chat", cache_read_tokens=20),
        request("e", workflow="chat", operation="embeddings", uncached_input_tokens=50),
        served("g1", workflow="chat", uncached_input_tokens=1000, output_tokens=300),
        served("g2", cache_read_tokens=70, output_tokens=100),
        request("s", pool="plan", user_id="u", uncached_input_tokens=500, output_tokens=20),
    ]  # fmt: skip
    bill = [
        tokens("0.0071", "uncached_input", 2_900),
        tokens("0.0033", "output", 300),
        cost("1", ServiceName="Gateway"),
        cost("2", ServiceName="Desk"),
        cost("0.9", ServiceName="Even"),
        cost("0.3", ServiceName="Vectors"),
        cost("0.1", ServiceName="Net"),
        cost("0.9", ServiceName="Logs"),
        cost("-0.01", ChargeCategory="Credit"),
        instance("201.6", 10),
        cost("7", ServiceName="GPU", CommitmentDiscountStatus="Unused"),
        cost("30", ServiceName="Plan"),
    ]
    samples = [
        *hours_of("a", 0, 9, workload="chat", gr_engine_active=0.25),
        *hours_of("b", 0, 4, gr_engine_active=0.0),
    ]
    pools = (
        *(spread(*each) for each in (
            ("gateway", "requests", "Gateway"), ("desk", "cost", "Desk"), ("even", "even", "Even"),
            ("vectors", "retrievals", "Vectors"), ("net", "bytes", "Net"), ("logs", "tokens", "Logs"),
        )),
        GPUS,
        {"name": "plan", "kind": "seat", "where": "ServiceName = 'Plan'"},
    )  # fmt: skip
    ledger = make_ledger(
        tmp_path_factory.mktemp("everything"), costs=bill, requests=log, samples=samples
    )
    return ledger, config(*pools, slo=[{"latency_ms": 250}])


@pytest.mark.parametrize(
    ("where", "include"),
    [(None, ()), (None, INCLUDED), ("workflow = 'chat'", INCLUDED), ("run = 'one'", ())],
)
def test_each_component_is_the_sum_of_its_lines(
    everything: tuple[Ledger, Config], where: str | None, include: tuple[str, ...]
) -> None:
    """Their lines are products that come out, sum to the component, and together to the cost."""

    def every(
        con: duckdb.DuckDBPyConnection, prepared: Prepared, sources: Sources
    ) -> tuple[Line, ...]:
        """The lines of every component and of the whole, each step begun with whose it is."""
        of = {name: component_lines(con, prepared, sources, name) for name in COMPONENTS}
        of["cost"] = product_lines(con, prepared, sources)
        return tuple(
            line._replace(step=f"{name}: {line.step}")
            for name, found in of.items()
            for line in found
        )

    ledger, setup = everything
    made = products(ledger, setup, Question(OCTOBER, where=where, include=include), every)
    assert recompute(made.lines) > 9
    for name, value in {**made.group.components, "cost": made.group.cost}.items():
        mine = [line for line in made.lines if line.step.startswith(f"{name}: ")]
        assert total(line.amount for line in mine if line.amount is not None) == value, name
    if where is None and include:
        assert [name for name in COMPONENTS if not made.group.components[name]] == []


def test_a_share_of_every_driver_is_told_at_its_rate(everything: tuple[Ledger, Config]) -> None:
    """Of run one: three calls of nine; half of what goes by workflow; what is by cost, by what its tokens cost."""
    ledger, setup = everything
    made = cost_products(ledger, setup, Question(OCTOBER, where="run = 'one'"))
    lines = {line.step: line for line in made.lines}
    assert {step for step in lines if step.startswith("shared: ")} == {
        "shared: gateway",
        "shared: logs",
        "shared: vectors",
        "shared: net",
        "shared: even, rag",
        "shared: desk",
    }
    assert lines["shared: vectors"].amount == D("0.3")
    assert lines["shared: vectors"].source == "pool vectors: 0.3 / 1 retrievals"
    even = lines["shared: even, rag"]
    assert (even.quantity, even.rate, even.amount) == (D(3), D("0.1"), D("0.3"))
    assert even.source == "pool even: 0.9 / 3 workflows / 3 requests"
    metered = total(line.amount or D(0) for line in made.lines if line.step.startswith("fakeai"))
    assert lines["shared: desk"].quantity == metered
    other = cost_products(ledger, setup, Question(OCTOBER, where="request_id = 'e'"))
    assert [line.step for line in other.lines] == [
        "fakeai model-a uncached input",
        "shared: logs",
        "shared: desk",
    ]


def test_the_least_and_the_most_are_derived_from_each_weight_of_output(
    everything: tuple[Ledger, Config],
) -> None:
    """Of g2, 70 cached and 100 output tokens of a deployment that reads 1,000 and 70 and writes 400.

    The deployment cost 90.72: nine device-hours of 10.08. Its tokens weigh 1 : 0.1 : 4, output 2 or 6 at the ends.
    """
    ledger, setup = everything
    question = Question(OCTOBER, where="request_id = 'g2'")
    low, high = (explain(ledger, setup, question, f"cost_{end}") for end in ("low", "high"))
    numbers = numbers_of(ask(ledger, setup, where="request_id = 'g2'").total)
    assert (low.value, high.value) == (numbers["cost_low"], numbers["cost_high"])
    assert recompute(low.lines) == recompute(high.lines) == 13
    lines = {line.step: line for line in low.lines}
    for case, output, units in (
        ("as_assumed", 4000, 2_607_000),
        ("half", 2000, 1_807_000),
        ("one_and_a_half", 6000, 3_407_000),
    ):
        weighed = lines[f"tokens {case} 2026-10 gpus chat"]
        assert weighed.quantity == units
        assert weighed.source == f"= 1000 x 1000 + 100 x 70 + {output} x 400"
        line = lines[f"{case}: 2026-10 gpus chat output"]
        assert line.quantity == 100
        assert line.source == f"pool gpus: 90.72 / {units:,} weighted tokens x {output}"
        assert float(lines[case].amount or 0) == pytest.approx(
            90.72 * (100 * 70 + output * 100) / units, rel=1e-12
        )
    assert lines["cost_low"].source == "= cost - as_assumed + min(as_assumed, half, one_and_a_half)"
    metered = Question(OCTOBER, where="run = 'one'")
    none = explain(ledger, setup, metered, "cost_low")
    assert (none.value, none.lines[-1].source) == (
        None,
        "nothing in this cost hangs on assumed weights of tokens",
    )


def test_what_a_seat_served_is_told_at_list_price(tmp_path: Path) -> None:
    """500 tokens in at 2 and 20 out at 10 per million."""
    log = [request("s", pool="plan", user_id="u", uncached_input_tokens=500, output_tokens=20)]
    ledger = make_ledger(tmp_path, costs=[cost("30", ServiceName="Plan")], requests=log)
    plan = {"name": "plan", "kind": "seat", "where": "ServiceName = 'Plan'"}
    found = explain(ledger, config(plan), Question(OCTOBER), "list_equivalent")
    assert [(line.step, line.quantity, line.amount) for line in found.lines] == [
        ("fakeai model-a uncached input", D(500), D("0.001")),
        ("fakeai model-a output", D(20), D("0.0002")),
        ("list_equivalent", None, D("0.0012")),
    ]
    assert found.value == D("0.0012")
    assert recompute(found.lines) == 3


def test_a_run_is_derived_call_by_call_to_what_it_cost(
    everything: tuple[Ledger, Config],
) -> None:
    """Every attempt's products, each call's sum and the run's; of run two a call of each of two months."""
    ledger, setup = everything
    span = Period(OCTOBER.start, parse_month("2026-11").end)
    question = Question(span, where="run is not null")
    costs = {str(each.keys[0]): each.cost for each in ask(ledger, setup, "run", period=span).groups}
    rows = {
        str(row.names["run"]): row for row in calls_table(RunsAsked(ledger, setup, question)).rows
    }
    assert sorted(rows) == ["one", "two"]
    for run, row in rows.items():
        check_number("cost", costs[run], row.numbers["cost"]())
    one, two = (
        {line.step: line for line in rows[run].numbers["cost"]().lines} for run in ("one", "two")
    )
    assert [step for step in one if step.startswith("calls: ")] == [
        "calls: a",
        "calls: r",
        "calls: b",
        "calls: b2",
    ]
    retried = one["a: a1, retried, fakeai model-a output"]
    assert (retried.quantity, retried.rate, retried.amount) == (D(100), D("0.000011"), D("0.0011"))
    assert one["a: a2, fakeai model-a output"].quantity == 110
    assert "a: a1, retried, shared: gateway" not in one
    assert one["r: shared: vectors"].amount == D("0.3")
    assert one["b: slo miss, shared: even, rag"].amount == D("0.1")
    assert one["calls: a"].source == "sum of the lines that begin with a"
    assert list(two)[-4:] == [
        "calls: c",
        "d: failed, fakeai model-a output",
        "calls: d",
        "cost",
    ]
    assert (two["calls: d"].amount, two["cost"].source) == (
        D("0.00007"),
        "sum of the lines that begin with calls",
    )
