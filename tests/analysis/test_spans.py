"""Closed and open months asked about together: runs one by one, what they cost, and doubled traffic."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from finops.analysis.economics import Question, unit_economics
from finops.analysis.marginal import marginal
from finops.analysis.settled import settle
from finops.model.period import Period, parse_month
from tests.analysis.ledgers import (
    OCTOBER,
    add,
    ask,
    config,
    cost,
    make_ledger,
    request,
    sample,
    tokens,
)
from tests.analysis.test_closing import close

if TYPE_CHECKING:
    from pathlib import Path

    from finops.analysis.economics import UnitEconomics
    from finops.analysis.settled_runs import RunList
    from finops.ledger.store import Ledger
    from tests.analysis.ledgers import Row

D = Decimal
NOVEMBER = parse_month("2026-11")
BOTH = Period(OCTOBER.start, NOVEMBER.end)
RENTED: dict[str, Any] = {
    "name": "h100",
    "kind": "gpu",
    "where": "ServiceName = 'GPU'",
    "gpus_per_unit": 1,
    "max_busy": "0.5",
}
MODELS: dict[str, Any] = {"name": "models", "kind": "metered", "where": "x_Model is not null"}
SETTINGS = config(RENTED, MODELS)
ORDERS = ("cost", "newest", "oldest", "requests", "failures")


def call(name: str, when: str, run: str, **given: object) -> Row:
    """A call of a run of the workflow `agent`."""
    return request(name, when, workflow="agent", workflow_run_id=run, **given)


def company(folder: Path) -> Ledger:
    """Two months of a metered model at 1 and at 2 a thousand tokens, and of a device at 10.08 an hour.

    Run a is October's, b and c are of both months, d is November's; the device is half busy in October and
    all of the time in November.
    """
    hours = [
        (f"2026-{month}-05T{hour:02}:00:00", month) for month in ("10", "11") for hour in range(4)
    ]
    return make_ledger(
        folder,
        costs=[
            tokens("10", "output", 10_000),
            tokens("20", "output", 10_000, "2026-11-01", "2026-12-01"),
            *(
                cost("40.32", f"2026-{month}-05", ServiceName="GPU", ConsumedQuantity="4", ConsumedUnit="Hours")
                for month in ("10", "11")
            ),
        ],
        requests=[
            call("a1", "2026-10-05T01:00:00", "a", output_tokens=1000, outcome="won"),
            call("b1", "2026-10-31T23:00:00", "b", output_tokens=2000, outcome="lost"),
            call("b2", "2026-11-01T01:00:00", "b", output_tokens=1000, outcome="success"),
            call("c1", "2026-10-31T22:00:00", "c", output_tokens=3000, status="error"),
            call("c2", "2026-11-02T01:00:00", "c", deployment="chat", pool="h100", output_tokens=100),
            call("d1", "2026-11-05T01:00:00", "d", output_tokens=500),
            request("o1", "2026-10-05T01:00:00", workflow="chat", deployment="chat", pool="h100", output_tokens=100),
            request("n1", "2026-11-05T01:00:00", workflow="chat", deployment="chat", pool="h100", output_tokens=300),
        ],
        samples=[
            sample(
                "gpu-1", when, pool="h100", workload="chat",
                gr_engine_active=0.25 if month == "10" else 1.0,
            )
            for when, month in hours
        ],
    )  # fmt: skip


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ledger, Ledger]:
    """The company twice: all of it open, and with October closed."""
    open_, closed = (company(tmp_path_factory.mktemp(name)) for name in ("open", "closed"))
    close(closed, SETTINGS)
    return open_, closed


@pytest.mark.parametrize(
    ("by", "where"),
    [
        ((), None),
        (("workflow",), None),
        (("month", "model"), None),
        (("day",), "workflow = 'agent'"),
        (("run",), None),
    ],
)
def test_a_span_says_what_it_says_with_nothing_closed(
    both: tuple[Ledger, Ledger], by: tuple[str, ...], where: str | None
) -> None:
    open_, closed = (
        ask(each, SETTINGS, *by, period=BOTH, where=where, run_costs=True, marginal=True)
        for each in both
    )
    assert told(closed) == told(open_)
    assert closed.missing == open_.missing
    assert closed.reconciliation == open_.reconciliation


def told(found: UnitEconomics) -> list[object]:
    """Every group and the total, with all that was measured of them."""
    return [*sorted(found.groups, key=lambda each: str(each.keys)), found.total]


def test_typical_and_dear_runs_of_both_months_by_exact_amounts(both: tuple[Ledger, Ledger]) -> None:
    """Run a is 1, b 2 + 2, c 3 + a quarter of November's device (100 of 400 tokens of 40.32), d 1: 1, 1, 4, 13.08."""
    _, closed = both
    found = ask(closed, SETTINGS, "workflow", period=BOTH, run_costs=True)
    costs = {group.keys: group.run_costs for group in found.groups}
    assert costs[("chat",)] is None
    assert found.total.run_costs == costs[("agent",)] == (D(1), D("13.08"))


def test_doubled_traffic_is_held_against_the_busiest_hour_of_both_months(
    both: tuple[Ledger, Ledger],
) -> None:
    """At most half may be busy: November's hours are full, twice as much needs 2 / 0.5 = 4 devices, 3 more."""
    _, closed = both
    found = marginal(closed, SETTINGS, Question(BOTH))
    (step,) = found.total.steps
    assert (step.units, step.hour is not None and step.hour.month) == (3, 11)
    assert found.total.metered == D(6) + D(3)
    assert found.total.capacity == D("80.64")
    assert found.total.added == add_up(found.total.metered, step.period_cost)


def add_up(metered: Decimal, bought: Decimal | None) -> Decimal:
    assert bought is not None
    return metered + bought


@pytest.mark.parametrize("order", ORDERS)
def test_runs_of_closed_and_open_months_are_listed_as_one(
    both: tuple[Ledger, Ledger], order: str
) -> None:
    open_, closed = (listed(each, order) for each in both)
    assert closed == open_
    assert closed[0].everything == 4
    names = [each.run for each in closed[0].runs]
    assert sorted(names) == ["a", "b", "c", "d"]
    assert [each.run for each in closed[1].runs] == names[1:3]


def listed(ledger: Ledger, order: str) -> tuple[RunList, RunList]:
    """All runs of both months, and the second and third of them."""
    with settle(ledger, SETTINGS, Question(BOTH)) as settled:
        return settled.runs(order=order), settled.runs(order=order, limit=2, offset=1)


def test_a_run_of_both_months_has_the_calls_of_both_and_its_last_outcome(
    both: tuple[Ledger, Ledger],
) -> None:
    _, closed = both
    with settle(closed, SETTINGS, Question(BOTH)) as settled:
        found = {each.run: each for each in settled.runs("workflow = 'agent'").runs}
        asked = settled.ask(("workflow",), marginal=True)
    assert (found["b"].outcome, found["b"].cost, found["b"].counts["requests"]) == (
        "success",
        D(4),
        2,
    )
    assert (found["c"].cost, found["c"].counts["failures"]) == (D("13.08"), 1)
    assert (found["b"].started.month, found["b"].ended.month) == (10, 11)
    wanted = unit_economics(closed, SETTINGS, Question(BOTH, ("workflow",), marginal=True))
    assert told(asked) == told(wanted)


def test_a_restated_month_moves_no_run_of_it(tmp_path: Path) -> None:
    """October's bill comes again at twice the price: its runs cost what they did, the books have the difference."""
    ledger = company(tmp_path)
    close(ledger, SETTINGS)
    before = told(ask(ledger, SETTINGS, "workflow", period=BOTH, run_costs=True))
    again = [
        tokens("20", "output", 10_000),
        cost("40.32", "2026-10-05", ServiceName="GPU", ConsumedQuantity="4", ConsumedUnit="Hours"),
    ]
    add(ledger, "costs", again)
    found = ask(ledger, SETTINGS, "workflow", period=BOTH, run_costs=True)
    assert told(found) == before
    assert found.reconciliation.amounts["EffectiveCost"] == D(10 + 20 + 10) + D("80.64")
