"""What is planted in the samples and touches cost is found, with its dollars."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from finops.model.money import total
from finops.model.period import Period, parse_month
from tests.samples.company import TRUTH

if TYPE_CHECKING:
    from finops.analysis.measures import Group
    from tests.samples.company import Company

pytestmark = pytest.mark.slow

MONTHS = ("2026-08", "2026-09", "2026-10")
NEAR = Decimal("1e-9")
"""A cost is a count times a rate cut at the 24th place: what the cut takes from millions of tokens."""


def days(first: str, last: str) -> Period:
    """From one day to another, both included."""
    return Period(date.fromisoformat(first), date.fromisoformat(last) + timedelta(days=1))


def cost_of(group: Group) -> Decimal:
    return total(group.components.values())


def test_the_retry_storm_costs_what_its_superseded_attempts_were_billed(company: Company) -> None:
    truth = TRUTH["retry_storm"]
    answer = company.ask(
        days("2026-09-22", "2026-09-22"), "hour", where=f"workflow = '{truth['workflow']}'"
    )
    storm = [
        group
        for group in answer.groups
        if truth["from"][:13] <= str(group.keys[0])[:13] < truth["to"][:13]
    ]
    assert sum(group.counts["retries"] for group in storm) == truth["superseded_attempts"]
    retried = total(group.components["retried"] for group in storm)
    assert abs(retried - Decimal(truth["superseded_billed_cost"])) < NEAR


@pytest.mark.parametrize("month", MONTHS)
def test_responses_that_missed_their_objective_cost_what_was_billed_for_them(
    company: Company, month: str
) -> None:
    truth = TRUTH["slo"]
    answer = company.ask(parse_month(month), "workflow")
    judged = {
        str(group.keys[0]): (group.counts["good_responses"], group.counts["slo_missed"])
        for group in answer.groups
        if group.under_slo
    }
    assert judged == {
        name: (truth[f"{name}_good_{month}"], truth[f"{name}_missed_{month}"])
        for name in ("support-chat", "rag-answer", "fraud-score", "code-assist")
    }
    missed = answer.total.components["slo_miss"]
    assert abs(missed - Decimal(truth[f"missed_billed_cost_{month}"])) < NEAR


@pytest.mark.parametrize("month", MONTHS)
def test_runs_that_succeeded_are_counted_by_their_last_outcome(
    company: Company, month: str
) -> None:
    runs = company.ask(parse_month(month)).total.outcomes
    truth = TRUTH["outcomes"]
    assert runs.with_outcome == truth[f"runs_with_outcome_{month}"]
    assert runs.successful == truth[f"successful_runs_{month}"]


def test_the_agent_that_looped_costs_what_its_runs_cost(company: Company) -> None:
    truth = TRUTH["agent_loop"]
    answer = company.ask(
        days(*truth["days"]), "run", where=f"agent = '{truth['agent']}' and operation = 'chat'"
    )
    looping = [group for group in answer.groups if group.counts["requests"] == 60]
    assert len(looping) == truth["runs"]
    assert sum(group.counts["requests"] for group in looping) == truth["calls"]
    cost = total(cost_of(group) for group in looping)
    assert abs(cost - Decimal(truth["list_cost"])) < NEAR


@pytest.mark.parametrize("planted", ["model_switched", "unpriced"])
def test_a_workflow_on_another_model_costs_what_was_billed_for_it(
    company: Company, planted: str
) -> None:
    truth = TRUTH[planted]
    answer = company.ask(parse_month("2026-10"), where=f"workflow = '{truth['workflow']}'")
    once = cost_of(answer.total) - answer.total.components["retried"]
    assert abs(once - Decimal(truth["billed_cost"])) < NEAR


@pytest.mark.parametrize("month", MONTHS)
def test_unused_commitments_and_reservations_are_a_line_of_their_own(
    company: Company, month: str
) -> None:
    plan, reservation = TRUTH["commitment"], TRUTH["idle_reservation"]
    expected = Decimal(plan[f"unused_{month}"])
    if month == "2026-10":
        expected += Decimal(reservation["effective_cost"])
    answer = company.ask(parse_month(month), tokens_only=False)
    assert answer.reconciliation.unallocated["commitment_unused"] == expected
    assert answer.reconciliation.difference == 0


def test_the_credit_is_beside_unit_cost(company: Company) -> None:
    answer = company.ask(parse_month("2026-09"), tokens_only=False)
    assert answer.reconciliation.excluded["credits"] == Decimal(TRUTH["credit"]["amount"])
