"""Savings of small ledgers: what each lever brings, to the digit, and no money counted twice."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.analysis.derived.findings import savings_table
from finops.analysis.savings.answer import savings
from finops.analysis.savings.saving import Certainty, Effort, Lever, Saving, rank
from finops.model.money import total
from finops.report.savings import savings_report
from tests.analysis.arithmetic import check_table
from tests.analysis.ledgers import (
    OCTOBER,
    PROVIDER,
    Row,
    config,
    cost,
    make_ledger,
    request,
    sample,
)

if TYPE_CHECKING:
    from pathlib import Path

    from finops.analysis.savings.answer import Savings
    from finops.config import Config

MILLION = 1_000_000


def calls(month: str, number: int, **given: object) -> list[Row]:
    return [
        request(f"{month}-{given.get('workflow')}-{i}", f"{month}-05T12:00:00", **given)
        for i in range(number)
    ]


def found_in(
    folder: Path, requests: list[Row], settings: Config | None = None, **given: list[Row]
) -> Savings:
    """Savings in October; the lines that lead to both ends of each are done again."""
    ledger = make_ledger(folder, requests=requests, **given)
    found = savings(ledger, settings or config(), OCTOBER)
    check_table(savings_table(found), savings_report(found))
    return found


def amounts(found: Savings) -> dict[str, tuple[Decimal, Decimal, Certainty]]:
    return {
        each.saving.key: (each.saving.low, each.saving.high, each.saving.certainty)
        for each in found.ranked
    }


def test_a_cache_that_stopped_costs_what_the_earlier_shares_would_have_saved(
    tmp_path: Path,
) -> None:
    """9 of 10 million came from the cache at 0.50; now all 10 cost 2.00: 20 - (1 x 2 + 9 x 0.5) = 13.50."""
    requests = [
        *calls("2026-09", 1, workflow="w", uncached_input_tokens=MILLION, cache_read_tokens=9 * MILLION),
        *calls("2026-10", 1, workflow="w", uncached_input_tokens=10 * MILLION, team="blue"),
    ]  # fmt: skip
    found = found_in(tmp_path, requests)
    saved = Decimal("13.5")
    assert amounts(found) == {"cache/w": (saved, saved, Certainty.MEASURED)}
    (one,) = found.ranked
    assert one.saving.owner == "blue"
    assert "model-a 90.0% → 0.0%" in one.saving.how


def test_a_workflow_moved_to_a_dearer_model_needs_an_evaluation(tmp_path: Path) -> None:
    """2 million in and 1 out cost 14 on model-a, and 6 on model-b, which it ran on before."""
    used = {"workflow": "w", "uncached_input_tokens": 2 * MILLION, "output_tokens": MILLION}
    requests = [
        *calls("2026-09", 1, request_model="model-b", **used),
        *calls("2026-10", 1, request_model="model-a", **used),
    ]
    found = found_in(tmp_path, requests)
    assert amounts(found) == {
        "model/w": (Decimal(8), Decimal(8), Certainty.NEEDS_EVALUATION),
    }


def test_a_model_it_always_used_a_little_of_is_no_switch(tmp_path: Path) -> None:
    used = {"workflow": "w", "uncached_input_tokens": 2 * MILLION}
    requests = [
        *calls("2026-09", 1, request_model="model-b", **used),
        *calls("2026-09", 1, request_model="model-a", call_id="x", **{**used, "feature": "f"}),
        *calls("2026-10", 2, request_model="model-a", **used),
    ]
    requests[1] |= {"request_id": "x"}
    assert amounts(found_in(tmp_path, requests)) == {}


def test_work_that_can_wait_is_worth_its_batch_price(tmp_path: Path) -> None:
    """Half price in batch: 4.00 of tier batch is 2.00 to save, 6.00 of async as much as 3.00."""
    prices = [
        {"provider": PROVIDER, "model": "m", "input": "2"},
        {"provider": PROVIDER, "model": "m", "input": "1", "service_tier": "batch"},
    ]
    model = {"request_model": "m", "uncached_input_tokens": MILLION}
    requests = [
        *calls("2026-10", 2, workflow="nightly", workload_tier="batch", **model),
        *calls("2026-10", 3, workflow="mail", workload_tier="async", **model),
        *calls("2026-10", 3, workflow="chat", workload_tier="interactive", **model),
        *calls("2026-10", 3, workflow="done", workload_tier="batch", batch=True, **model),
    ]
    found = found_in(tmp_path, requests, config(prices=prices))
    assert amounts(found) == {
        "batch/nightly": (Decimal(2), Decimal(2), Certainty.MEASURED),
        "batch/mail": (Decimal(0), Decimal(3), Certainty.ASSUMED),
    }


def test_attempts_that_bring_nothing_are_at_least_what_is_more_than_before(tmp_path: Path) -> None:
    """A tenth of 20.00 was lost before; now 10.00 of 20.00 is: 8.00 more than a tenth, 10.00 at most."""
    model = {"workflow": "w", "uncached_input_tokens": MILLION}
    requests = [
        *calls("2026-09", 9, **model),
        request("bad", "2026-09-05T12:00:00", status="error", **model),
        *calls("2026-10", 5, **model),
        *(
            request(f"bad-{i}", "2026-10-05T12:00:00", status="error", **model)
            for i in range(5)
        ),
    ]  # fmt: skip
    assert amounts(found_in(tmp_path, requests)) == {
        "failures/w": (Decimal(8), Decimal(10), Certainty.ASSUMED)
    }


def test_a_reservation_and_a_plan_nobody_uses_are_the_same_money(tmp_path: Path) -> None:
    plan = {"CommitmentDiscountId": "plan", "CommitmentDiscountStatus": "Unused"}
    reserved = {"CapacityReservationId": "cr", "CapacityReservationStatus": "Unused"}
    costs = [
        cost("30", ServiceName="Compute", **plan),
        cost("50", ServiceName="Compute", ListCost="50", **reserved),
    ]
    found = found_in(tmp_path, [], costs=costs)
    assert amounts(found) == {
        "idle/cr": (Decimal(50), Decimal(50), Certainty.MEASURED),
        "commitment/plan": (Decimal(0), Decimal(30), Certainty.ASSUMED),
    }
    assert [found.low, found.high] == [Decimal(50), Decimal(50)]
    rows = savings_report(found).rows
    assert [(row["counted"], row["excludes"]) for row in rows] == [
        (True, "commitment/plan"),
        (False, "idle/cr"),
    ]
    assert any("No request was logged" in note for note in found.notes)


def test_on_demand_use_beside_a_plan_that_is_used_up(tmp_path: Path) -> None:
    """A plan takes 40 % off; 100 on demand beside it are as much as 40 to save."""
    costs = [
        cost(
            "60", ServiceName="Compute", CommitmentDiscountId="plan",
            CommitmentDiscountStatus="Used", ListCost="100",
        ),
        cost("100", ServiceName="Compute", ListCost="100"),
    ]  # fmt: skip
    found = found_in(tmp_path, [], costs=costs)
    assert amounts(found) == {"commitment/Compute": (Decimal(0), Decimal(40), Certainty.ASSUMED)}


def test_devices_that_nobody_held(tmp_path: Path) -> None:
    """Two device-hours at 5.00, one of them held by nobody, one by a workload that works half of it."""
    pool = {"name": "gpus", "kind": "gpu", "where": "ServiceName = 'GPU'", "gpus_per_unit": 1}
    bill = cost("10", ServiceName="GPU", ConsumedQuantity=2, ConsumedUnit="Hours")
    seen = [
        sample("a", "2026-10-01T00:00:00", pool="gpus", gpu_util=0),
        sample("b", "2026-10-01T00:00:00", pool="gpus", workload="w", gpu_util="0.5"),
    ]
    requests = calls("2026-10", 1, workflow="w")
    found = found_in(tmp_path, requests, config(pool), costs=[bill], samples=seen)
    assert {
        name: (round(low, 12), round(high, 12), certainty)
        for name, (low, high, certainty) in amounts(found).items()
    } == {
        "idle/gpus": (Decimal(5), Decimal(5), Certainty.MEASURED),
        "idle/gpus, held": (Decimal(0), Decimal("2.5"), Certainty.ASSUMED),
    }


SAVINGS = st.lists(
    st.builds(
        Saving,
        st.sampled_from(Lever),
        st.sampled_from(["a", "b", "c", "d"]),
        st.decimals(min_value=0, max_value=100, places=2),
        st.decimals(min_value=100, max_value=200, places=2),
        st.sampled_from(Certainty),
        st.sampled_from(Effort),
        st.just("how"),
        st.just("finops"),
        st.sampled_from(["x", "y", "z"]),
    ),
    max_size=12,
)


@given(SAVINGS)
def test_of_the_same_money_one_is_counted(found: list[Saving]) -> None:
    ranked = rank(found)
    assert sorted(each.saving for each in ranked) == sorted(found)
    counted = [each.saving.money for each in ranked if each.counted]
    assert sorted(counted) == sorted({one.money for one in found})
    middles = [total((each.saving.low, each.saving.high)) for each in ranked]
    assert middles == sorted(middles, reverse=True)
    for each in ranked:
        if not each.counted:
            assert each.excludes


def test_an_earlier_period_that_nobody_logged_is_said(tmp_path: Path) -> None:
    found = found_in(tmp_path, calls("2026-10", 1, workflow="w", uncached_input_tokens=1))
    assert found.notes == (
        "No request was logged in 2026-09: what stopped or changed since is not known.",
    )
    assert savings_report(found).notes[-1] == "Nothing to save was found in the period."
    with pytest.raises(StopIteration):
        next(iter(found.ranked))
