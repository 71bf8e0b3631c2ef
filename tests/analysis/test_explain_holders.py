"""What `finops capacity --by holder` shows, explained by node and month to the digit."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from finops.analysis.capacity.holders import holders
from finops.analysis.capacity.units import device_hours
from finops.analysis.economics import Question
from finops.analysis.explain import explain
from finops.analysis.explain_holders import explain_holders
from finops.errors import UsageError
from tests.analysis.ledgers import OCTOBER, ask, config, make_ledger
from tests.analysis.test_capacity import GPUS, hours_of, instance, served

if TYPE_CHECKING:
    from finops.ledger.store import Ledger

SETUP = config(GPUS)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """Eight device-hours at 5.04: chat half busy for two, a job for three, nobody for two, one unseen."""
    return make_ledger(
        tmp_path_factory.mktemp("held"),
        costs=[instance("40.32", 4)],
        requests=[served("r1", output_tokens=1)],
        samples=[
            *hours_of("a", 0, 2, workload="chat", gr_engine_active=0.5),
            *hours_of("a", 2, 3, job_id="17", gr_engine_active=1),
            *hours_of("b", 0, 2),
        ],
    )


def test_each_number_of_each_holder_is_that_of_its_row(ledger: Ledger) -> None:
    answer = ask(ledger, SETUP)
    found = holders(answer.allocation.capacity.months, {})
    assert [(row.kind, row.cost) for row in found] == [
        ("job", Decimal("15.12")),
        ("deployment", Decimal("10.08")),
        ("nobody", Decimal("10.08")),
    ]
    for row in found:
        where = f"kind = '{row.kind}'"
        shown = {
            "busy_hours": device_hours(row.busy),
            "idle_hours": device_hours(row.idle),
            "cost": row.cost,
        }
        for name, value in shown.items():
            told = explain_holders(answer, {}, name, where)
            assert told is not None
            assert told.value == value
    asked = Question(OCTOBER, where="kind = 'job'")
    told = explain(ledger, SETUP, asked, "capacity.holder.cost")
    assert told.value == found[0].cost
    assert told == explain(ledger, SETUP, asked, "capacity.team.cost")._replace(number=told.number)


def test_the_lines_are_hours_times_rates(ledger: Ledger) -> None:
    told = explain(ledger, SETUP, Question(OCTOBER, where="name = 'chat'"), "capacity.holder.cost")
    line, whole = told.lines
    assert (line.quantity, line.rate, line.amount) == (
        Decimal(2),
        Decimal("5.04"),
        Decimal("10.08"),
    )
    assert line.source == "the month's rate; 2026-10, every node"
    assert whole.amount == told.value


def test_without_a_holder_it_is_nothing_and_another_column_is_refused(ledger: Ledger) -> None:
    nobody = Question(OCTOBER, where="name = 'nobody''s'")
    assert explain(ledger, SETUP, nobody, "capacity.holder.cost").value == 0
    with pytest.raises(UsageError, match="no explanation"):
        explain(ledger, SETUP, Question(OCTOBER), "capacity.holder.colour")
