"""What is planted in the samples shows in what changed, in savings, commitments and data quality, in dollars."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from finops.analysis.book_spend import SpendQuestion
from finops.analysis.budgets.daily import Asked, daily
from finops.analysis.budgets.projection import Projection, project
from finops.analysis.commitments import commitments
from finops.analysis.compare.comparison import Versus, compare
from finops.analysis.quality.answer import quality
from finops.analysis.savings.answer import savings
from finops.model.basis import Of
from finops.model.period import Period, parse_month
from tests.samples.company import TRUTH

if TYPE_CHECKING:
    from finops.analysis.compare.comparison import Comparison, Moved
    from tests.samples.company import Company

pytestmark = pytest.mark.slow

SEPTEMBER, OCTOBER = parse_month("2026-09"), parse_month("2026-10")


@pytest.fixture(scope="module")
def workflows(company: Company) -> Comparison:
    """October against September by workflow, at token prices alone."""
    return compare(company.ledger, company.tokens_only, Versus(SEPTEMBER, OCTOBER, ("workflow",)))


def group(found: Comparison, name: str) -> Moved:
    return next(each for each in found.groups if each.group == (name,))


def test_the_bill_is_told_to_the_digit(company: Company) -> None:
    found = compare(company.ledger, company.config, Versus(SEPTEMBER, OCTOBER, ("provider",)))
    (whole,) = found.totals
    plan, reservation = TRUTH["commitment"], TRUTH["idle_reservation"]
    unused = Decimal(plan["unused_2026-10"]) - Decimal(plan["unused_2026-09"])
    assert whole.effects["commitment_unused"] == unused + Decimal(reservation["effective_cost"])
    assert whole.effects["credits"] == -Decimal(TRUTH["credit"]["amount"])
    for name in ("aws", "openai", "anthropic"):
        provider = next(each for each in found.groups if str(each.group[0]).lower() == name)
        assert provider.before == Decimal(TRUTH["months"]["2026-09"][f"{name}_effective"])
        assert provider.after == Decimal(TRUTH["months"]["2026-10"][f"{name}_effective"])
        assert sum(provider.effects.values()) == provider.change


def test_the_model_somebody_switched_is_mix_of_its_workflow(workflows: Comparison) -> None:
    """Calls asked again cost a little on top of what the truth counts: 0.44 of them."""
    truth = TRUTH["model_switched"]
    found = group(workflows, truth["workflow"])
    expected = Decimal(truth["billed_cost"]) - Decimal(truth["billed_cost_at_the_model_before"])
    assert expected <= found.effects["mix"] < expected + Decimal("0.44")
    (change,) = found.recorded
    assert (change.changed_to, change.approved_by) == (truth["model_after"], None)


def test_the_cache_that_stopped_is_mix_of_input_tokens(workflows: Comparison) -> None:
    truth = TRUTH["cache_stopped"]
    found = group(workflows, truth["workflow"])
    assert abs(found.effects["mix"] / Decimal(truth["extra_billed_cost"]) - 1) < Decimal("0.01")


def test_the_pilot_that_began_is_new(workflows: Comparison) -> None:
    truth = TRUTH["unpriced"]
    found = group(workflows, truth["workflow"])
    assert set(found.effects) == {"new"}
    assert abs(found.effects["new"] / Decimal(truth["billed_cost"]) - 1) < Decimal("0.01")


@pytest.mark.parametrize("month", ["2026-08", "2026-09", "2026-10"])
def test_the_plan_half_of_which_nobody_uses_any_more(company: Company, month: str) -> None:
    truth = TRUTH["commitment"]
    question = SpendQuestion(period=parse_month(month))
    found = commitments(company.ledger, company.config, question)
    (plan,) = (each for each in found.held if each.id == truth["id"])
    assert plan.sums.purchased == Decimal(truth[f"billed_{month}"])
    assert plan.sums.used == Decimal(truth[f"used_{month}"])
    assert plan.sums.unused == Decimal(truth[f"unused_{month}"])


def test_the_reservation_nobody_uses(company: Company) -> None:
    truth = TRUTH["idle_reservation"]
    found = commitments(company.ledger, company.config, SpendQuestion(period=OCTOBER))
    (held,) = (each for each in found.held if each.id == truth["id"])
    assert (held.utilization, held.sums.unused) == (0, Decimal(truth["effective_cost"]))


def held(series: list[float], origins: range, ahead: int | None = None) -> int:
    """Of forecasts from each of `origins`, `ahead` days or all that is left, those whose range held what came."""
    found = 0
    for known in origins:
        days = ahead or len(series) - known
        foreseen = project(series[:known], days)
        assert isinstance(foreseen, Projection)
        found += foreseen.low <= sum(series[known : known + days]) <= foreseen.high
    return found


def test_how_often_the_range_of_a_forecast_held(company: Company) -> None:
    """The rest of October from each of its 30 days, and 31 days ahead from each of the 27 days before.

    A reservation that begins, a plan half of which is no longer used and a cache that stops are planted: no day
    before can know of them, and alone, providers they are planted in hold less often than four times in five.
    """
    months = Period(parse_month("2026-08").start, OCTOBER.end)
    asked = Asked(months, Of.BILL, "USD", ("provider",))
    found = daily(company.ledger, company.config, asked)
    groups = {str(key[0]): days.series(months) for key, days in found.groups.items()}
    groups["all"] = found.whole.series(months)
    counts = {
        name: (held(series, range(61, 91)), held(series, range(35, 62), 31))
        for name, series in groups.items()
    }
    assert counts == {
        "all": (29, 27),
        "AWS": (29, 15),
        "Anthropic": (17, 13),
        "OpenAI": (21, 9),
        "owned": (24, 13),
    }


def test_what_is_planted_could_be_saved(company: Company) -> None:
    """Each trouble with its dollars; the plan half unused and the reservation are one provider's money."""
    found = {
        each.saving.key: each for each in savings(company.ledger, company.config, OCTOBER).ranked
    }
    reservation = found[f"idle/{TRUTH['idle_reservation']['id']}"]
    assert reservation.saving.low == Decimal(TRUTH["idle_reservation"]["effective_cost"])
    plan = found["commitment/serving-1y"]
    assert plan.saving.high == Decimal(TRUTH["commitment"]["unused_2026-10"])
    assert (reservation.counted, plan.counted) == (True, False)
    cache = found[f"cache/{TRUTH['cache_stopped']['workflow']}"].saving
    extra = Decimal(TRUTH["cache_stopped"]["extra_billed_cost"])
    assert abs(cache.low / extra - 1) < Decimal("0.01")
    truth = TRUTH["model_switched"]
    switched = found[f"model/{truth['workflow']}"].saving
    expected = Decimal(truth["billed_cost"]) - Decimal(truth["billed_cost_at_the_model_before"])
    assert expected <= switched.low < expected + Decimal("0.44")
    assert switched.certainty == "needs evaluation"


def test_what_is_not_known_of_the_data_has_its_dollars(company: Company) -> None:
    found = {
        (str(each.check), each.subject): each.at_stake
        for each in quality(company.ledger, company.config, OCTOBER, "USD").findings
        if not each.is_ok
    }
    unowned, unlogged = TRUTH["unowned"], TRUTH["unlogged"]
    nobody = [
        Decimal(unowned[f"{name}_2026-10"])
        for name in ("proj-playground", "wrk-growth", "aws-data-transfer")
    ]
    assert found["owners", "no team"] == sum(nobody)
    calls = [Decimal(unlogged[f"{name}_billed_2026-10"]) for name in ("openai", "anthropic")]
    assert found["allocation", "unlogged"] is not None
    assert round(found["allocation", "unlogged"], 9) == round(nobody[0] + sum(calls), 9)
    assert ("prices", TRUTH["unpriced"]["model"]) in found
