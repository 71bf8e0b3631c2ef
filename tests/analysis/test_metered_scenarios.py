"""Unit economics as a manual: what goes in, what is asked, and the exact answer, worked out by hand.

Book prices per million tokens: model-a 2 for input, 0.5 for cache reads, 3 for cache writes (4 when kept
for an hour), 10 for output; model-b 1 for input and 4 for output; model-x has none.
"""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from finops.model.period import Period, parse_month
from finops.report.unit import unit_report
from finops.report.unit_row import unit_row
from tests.analysis.ledgers import (
    MODEL,
    ask,
    cost_of,
    costs_by,
    make_ledger,
    parts,
    request,
    tokens,
)

if TYPE_CHECKING:
    from pathlib import Path

D = Decimal
NOVEMBER = parse_month("2026-11")


# --- token kinds, list prices ------------------------------------------------------------------


def test_without_a_bill_each_token_kind_costs_its_list_price(tmp_path: Path) -> None:
    chat = request(
        "r1",
        uncached_input_tokens=1_000_000,
        cache_read_tokens=2_000_000,
        cache_write_5m_tokens=100_000,
        cache_write_1h_tokens=100_000,
        cache_write_unknown_tokens=100_000,
        output_tokens=50_000,
        reasoning_tokens=40_000,
    )
    answer = ask(make_ledger(tmp_path, requests=[chat]))
    assert parts(answer.total) == {
        "tokens_input": D("3.0"),  # 2 of input, 0.3 + 0.4 + 0.3 of cache writes
        "tokens_cached": D("1"),
        "tokens_output": D("0.5"),  # reasoning is in output, not beside it
    }
    row = unit_row(answer.total, ())
    assert row["cost"] == D("4.5")
    assert row["cost_basis"] == "list"
    assert row["total_tokens"] == 3_350_000
    assert row["input_tokens"] == 3_300_000
    assert row["cost_per_1k_requests"] == D(4500)
    assert row["cost_per_response"] == D("4.5")
    assert row["cost_per_million_output_tokens"] == D(90)
    assert row["cost_per_million_tokens"] == D("1.343283582089552238805970")
    assert row["cache_hit_rate"] == pytest.approx(2 / 3.3)
    assert row["good_responses"] is None
    assert row["cost_per_good_response"] is None
    assert row["cost_per_run"] is None
    assert answer.reconciliation.estimated == D("4.5")
    assert answer.reconciliation.allocated == 0
    assert answer.reconciliation.difference == 0


def test_the_model_that_answered_is_the_one_that_is_priced(tmp_path: Path) -> None:
    chat = request("r1", response_model="model-b", uncached_input_tokens=1_000_000)
    assert costs_by(ask(make_ledger(tmp_path, requests=[chat]), None, "model")) == {"model-b": D(1)}


# --- rate and volume variance ------------------------------------------------------------------


def test_a_discount_is_rate_variance_and_goes_to_the_requests(tmp_path: Path) -> None:
    """10 % off the list: 10 million tokens for 18 instead of 20; the log shows 6 + 4 million."""
    ledger = make_ledger(
        tmp_path,
        costs=[tokens("18", "uncached_input", 10_000_000)],
        requests=[
            request("r1", workflow="rag", uncached_input_tokens=6_000_000),
            request("r2", workflow="chat", uncached_input_tokens=4_000_000),
        ],
    )
    answer = ask(ledger, None, "workflow")
    assert costs_by(answer) == {"rag": D("10.8"), "chat": D("7.2")}
    assert not any(answer.reconciliation.unallocated.values())
    assert unit_row(answer.total, ())["cost_basis"] == "billed"
    (line,) = answer.allocation.metered.settlements
    assert line.requests_cost - line.book_cost == D(-2)  # type: ignore[operator]


def test_tokens_billed_and_not_logged_stay_unallocated_at_the_billed_rate(tmp_path: Path) -> None:
    ledger = make_ledger(
        tmp_path,
        costs=[tokens("18", "uncached_input", "10", ConsumedUnit="1M tokens")],
        requests=[request("r1", uncached_input_tokens=7_500_000)],
    )
    answer = ask(ledger)
    assert cost_of(answer.total) == D("13.5")
    assert answer.reconciliation.unallocated["unlogged"] == D("4.5")


def test_tokens_logged_twice_over_leave_a_negative_remainder(tmp_path: Path) -> None:
    ledger = make_ledger(
        tmp_path,
        costs=[tokens("2", "uncached_input", 1_000_000)],
        requests=[request("r1", uncached_input_tokens=1_500_000)],
    )
    answer = ask(ledger)
    assert cost_of(answer.total) == D(3)
    assert answer.reconciliation.unallocated["unlogged"] == D(-1)
    assert answer.reconciliation.difference == 0


def test_a_kind_the_bill_does_not_name_stays_at_book_rate_and_shows_as_over_logged(
    tmp_path: Path,
) -> None:
    ledger = make_ledger(
        tmp_path,
        costs=[tokens("1", "uncached_input", 1_000_000)],
        requests=[request("r1", uncached_input_tokens=1_000_000, output_tokens=100_000)],
    )
    answer = ask(ledger)
    assert parts(answer.total) == {"tokens_input": D(1), "tokens_output": D(1)}
    assert answer.reconciliation.unallocated["unlogged"] == D(-1)


def test_what_a_rate_cannot_hold_below_the_24th_place_is_rounding(tmp_path: Path) -> None:
    """1 for 3 tokens: 0.333333333333333333333333 each, and 1e-24 left over."""
    ledger = make_ledger(
        tmp_path,
        costs=[tokens("1", "output", 3)],
        requests=[request("r1", output_tokens=3)],
    )
    answer = ask(ledger)
    assert cost_of(answer.total) == D("0.999999999999999999999999")
    assert answer.reconciliation.unallocated["rounding"] == D("1e-24")
    assert answer.reconciliation.unallocated["unlogged"] == 0
    assert answer.reconciliation.difference == 0


@pytest.mark.parametrize("seed", range(3))
def test_losing_a_fifth_of_the_log_changes_no_other_request(tmp_path: Path, seed: int) -> None:
    """The cost of every request left is the same to the digit; what was lost becomes unlogged."""
    dice = random.Random(seed)
    log = [
        request(
            f"r{i}",
            f"2026-10-{dice.randrange(1, 4):02}T{dice.randrange(24):02}:00:00",
            trace_id=f"r{i}",
            uncached_input_tokens=dice.randrange(1, 10**6),
            output_tokens=dice.randrange(1, 10**5),
        )
        for i in range(25)
    ]
    bill = [
        tokens("17.123456789", "uncached_input", 14_000_001),
        tokens("11.000000000000000000000007", "output", 1_300_000),
    ]
    lost = {row["request_id"] for row in dice.sample(log, 5)}
    left = [row for row in log if row["request_id"] not in lost]
    before = ask(make_ledger(tmp_path / "all", costs=bill, requests=log), None, "trace_id")
    after = ask(make_ledger(tmp_path / "some", costs=bill, requests=left), None, "trace_id")
    old, new = costs_by(before), costs_by(after)
    assert new == {name: amount for name, amount in old.items() if name not in lost}
    risen = (
        after.reconciliation.unallocated["unlogged"] - before.reconciliation.unallocated["unlogged"]
    )
    assert risen == sum(old[name] for name in lost)
    assert after.reconciliation.difference == before.reconciliation.difference == 0


def test_projects_have_their_own_rates_where_both_sides_name_them(tmp_path: Path) -> None:
    bill = [
        tokens("3", "output", 100_000, SubAccountId="prod"),
        tokens("1", "output", 100_000, SubAccountId="test"),
    ]
    log = [
        request("r1", project="prod", output_tokens=100_000),
        request("r2", project="test", output_tokens=100_000),
    ]
    answer = ask(make_ledger(tmp_path / "named", costs=bill, requests=log), None, "project")
    assert costs_by(answer) == {"prod": D(3), "test": D(1)}
    log.append(request("r3", project=None, output_tokens=1))
    answer = ask(make_ledger(tmp_path / "unnamed", costs=bill, requests=log), None, "project")
    assert costs_by(answer) == {"prod": D(2), "test": D(2), None: D("0.00002")}


def test_an_attempt_without_tokens_has_no_say_in_how_finely_bill_and_log_meet(
    tmp_path: Path,
) -> None:
    """Refused before the project was known: it must not merge the rates of the others."""
    ledger = make_ledger(
        tmp_path,
        costs=[
            tokens("3", "output", 100_000, SubAccountId="prod"),
            tokens("1", "output", 100_000, SubAccountId="test"),
        ],
        requests=[
            request("r1", project="prod", output_tokens=100_000),
            request("r2", project="test", output_tokens=100_000),
            request("r3", project=None, status="error"),
        ],
    )
    assert costs_by(ask(ledger, None, "project")) == {"prod": D(3), "test": D(1), None: D(0)}


def test_a_bill_by_day_has_a_rate_for_each_day(tmp_path: Path) -> None:
    ledger = make_ledger(
        tmp_path,
        costs=[
            tokens("1", "output", 100_000, "2026-10-01", "2026-10-02"),
            tokens("2", "output", 100_000, "2026-10-02", "2026-10-03"),
        ],
        requests=[
            request("r1", "2026-10-01T23:59:59", output_tokens=50_000),
            request("r2", "2026-10-02T00:00:00", output_tokens=50_000),
        ],
    )
    assert costs_by(ask(ledger, None, "day")) == {
        "2026-10-01": D("0.5"),
        "2026-10-02": D(1),
    }


def test_a_kind_the_bill_only_knows_widely_takes_the_wide_rate(tmp_path: Path) -> None:
    """`total` tokens at 1 for 200,000: input and output cost the same."""
    ledger = make_ledger(
        tmp_path,
        costs=[tokens("1", "total", 200_000)],
        requests=[request("r1", uncached_input_tokens=150_000, output_tokens=50_000)],
    )
    assert parts(ask(ledger).total) == {"tokens_input": D("0.75"), "tokens_output": D("0.25")}


def test_a_kind_billed_widely_in_one_month_and_apart_in_the_next_is_met_in_each(
    tmp_path: Path,
) -> None:
    """October bills all input as one at 1, November uncached input at 2 and cache reads at 0.5 a million."""
    november = ("2026-11-01", "2026-12-01")
    ledger = make_ledger(
        tmp_path,
        costs=[
            tokens("2", "input", 2_000_000),
            tokens("2", "uncached_input", 1_000_000, *november),
            tokens("0.5", "cache_read", 1_000_000, *november),
        ],
        requests=[
            request(f"r{month}", f"2026-{month}-05T12:00:00", uncached_input_tokens=1_000_000,
                    cache_read_tokens=1_000_000)
            for month in (10, 11)
        ],
    )  # fmt: skip
    both = ask(ledger, None, "month", period=Period(date(2026, 10, 1), date(2026, 12, 1)))
    assert costs_by(both) == {"2026-10": D(2), "2026-11": D("2.5")}
    assert both.reconciliation.unallocated["unlogged"] == 0
    assert both.reconciliation.difference == 0


# --- bills without quantities ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("billed", "to_requests", "unlogged"),
    [
        ("10.50", "10.50", "0"),  # factor 1.05: on the edge, inside
        ("9.50", "9.50", "0"),
        ("10.51", "10", "0.51"),  # outside: book rates, and the rest stays
        ("9.49", "10", "-0.51"),
        ("-1", "10", "-11"),
    ],
)
def test_without_quantities_one_factor_closes_the_gap_inside_the_tolerance(
    tmp_path: Path, billed: str, to_requests: str, unlogged: str
) -> None:
    ledger = make_ledger(
        tmp_path,
        costs=[tokens(billed, "output")],
        requests=[request("r1", output_tokens=1_000_000)],
    )
    answer = ask(ledger)
    assert cost_of(answer.total) == D(to_requests)
    assert answer.reconciliation.unallocated["unlogged"] == D(unlogged)
    assert answer.reconciliation.difference == 0
    assert unit_row(answer.total, ())["cost_basis"] == "billed"


# --- models without a price --------------------------------------------------------------------


def test_a_model_without_price_takes_the_billed_rate(tmp_path: Path) -> None:
    ledger = make_ledger(
        tmp_path,
        costs=[tokens("6", "output", 100_000, x_Model="model-x")],
        requests=[request("r1", request_model="model-x", output_tokens=50_000)],
    )
    answer = ask(ledger)
    assert cost_of(answer.total) == D(3)
    assert answer.total.unpriced_tokens == 0


def test_a_model_without_price_and_bill_has_no_cost_rather_than_none(tmp_path: Path) -> None:
    ledger = make_ledger(
        tmp_path,
        requests=[
            request("r1", request_model="model-x", output_tokens=50_000),
            request("r2", output_tokens=100_000),
        ],
    )
    answer = ask(ledger, None, "model")
    rows = {row["model"]: row for row in unit_report(answer).rows}
    assert rows["model-x"]["cost"] is None
    assert rows["model-x"]["components"] is None
    assert rows["model-x"]["cost_per_1k_requests"] is None
    assert rows["model-x"]["cost_basis"] is None
    assert rows["model-x"]["unpriced_tokens"] == 50_000
    assert rows[MODEL]["cost"] == D(1)
    assert unit_report(answer).extras["unpriced"] == [
        {
            "provider": "fakeai",
            "model": "model-x",
            "tokens": 50_000,
            "reason": "no known price for fakeai/model-x",
        }
    ]


def test_a_service_tier_nobody_priced_is_unpriced_never_standard(tmp_path: Path) -> None:
    ledger = make_ledger(
        tmp_path, requests=[request("r1", service_tier="priority", output_tokens=1000)]
    )
    assert ask(ledger).total.unpriced_tokens == 1000


def test_a_day_no_bill_covers_is_at_list_beside_the_bill(tmp_path: Path) -> None:
    """The bill reaches to the 10th: what comes after is estimated and in no line of the bill."""
    ledger = make_ledger(
        tmp_path,
        costs=[tokens("5", "output", 1_000_000, "2026-10-01", "2026-10-11")],
        requests=[
            request("r1", "2026-10-10T23:00:00", output_tokens=1_000_000),
            request("r2", "2026-10-11T00:00:00", output_tokens=1_000_000),
        ],
    )
    answer = ask(ledger, None, "day")
    assert costs_by(answer) == {"2026-10-10": D(5), "2026-10-11": D(10)}
    assert answer.reconciliation.allocated == D(5)
    assert answer.reconciliation.estimated == D(10)
    assert answer.reconciliation.difference == 0
    bases = {row["day"]: row["cost_basis"] for row in unit_report(answer).rows}
    assert bases == {"2026-10-10": "billed", "2026-10-11": "list"}
    assert unit_row(answer.total, ())["cost_basis"] == "mixed"


def test_a_tier_is_one_tier_under_all_its_names(tmp_path: Path) -> None:
    """The log says `default` where the bill says `Standard`; batch keeps its own rate beside it."""
    ledger = make_ledger(
        tmp_path,
        costs=[
            tokens("9", "output", 1_000_000, x_ServiceTier="Standard"),
            tokens("4", "output", 1_000_000, x_ServiceTier="Batch"),
        ],
        requests=[
            request("r1", service_tier="default", output_tokens=1_000_000),
            request("r2", batch=True, output_tokens=500_000),
            request("r3", service_tier="batch", output_tokens=500_000),
        ],
    )
    answer = ask(ledger, None, "service_tier")
    assert costs_by(answer) == {"default": D(9), None: D(2), "batch": D(2)}


def test_without_any_bill_the_basis_is_list_even_of_nothing(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path, requests=[request("r1", operation="retrieval")])
    report = unit_report(ask(ledger, None, "operation"))
    assert [row["cost_basis"] for row in report.rows] == ["list"]
    assert report.totals is not None
    assert report.totals["cost_basis"] == "list"
