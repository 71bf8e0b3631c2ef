"""Unit economics as a manual: what goes in, what is asked, and the exact answer, worked out by hand.

Book prices per million tokens: model-a 2 for input, 0.5 for cache reads, 3 for cache writes (4 when kept
for an hour), 10 for output; model-b 1 for input and 4 for output; model-x has none.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from finops.analysis.sharing import Share, SharedPool
from finops.errors import UsageError
from finops.model.money import ZERO
from finops.model.period import Period, parse_month
from finops.report.unit import unit_report
from tests.analysis.ledgers import (
    MODEL,
    OCTOBER,
    PRICES,
    ask,
    config,
    cost,
    cost_of,
    costs_by,
    make_ledger,
    parts,
    request,
    tokens,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.analysis.ledgers import Row

D = Decimal
NOVEMBER = parse_month("2026-11")


# --- retrieval and shared pools ----------------------------------------------------------------


def store_pool(driver: str | None, kind: str = "shared") -> Row:
    given = {"name": "store", "kind": kind, "where": "ServiceName = 'Vectors'"}
    return {**given, "driver": driver} if driver else given


def test_embeddings_and_retrievals_are_cost_of_the_run_and_no_requests(tmp_path: Path) -> None:
    """2 for the embedding's tokens, 6 of the vector store by retrieval."""
    ledger = make_ledger(
        tmp_path,
        costs=[cost("6", ServiceName="Vectors")],
        requests=[
            request("r1", workflow="rag", output_tokens=100_000),
            request("e1", workflow="rag", operation="embeddings", uncached_input_tokens=1_000_000),
            request("q1", workflow="rag", operation="retrieval"),
            request("q2", workflow="search", operation="retrieval"),
        ],
    )
    answer = ask(ledger, config(store_pool("retrievals")), "workflow")
    assert {g.keys[0]: parts(g) for g in answer.groups} == {
        "rag": {"tokens_output": D(1), "retrieval": D(5)},
        "search": {"retrieval": D(3)},
    }
    assert answer.total.counts["requests"] == 1
    assert answer.total.counts["retrievals"] == 2


@pytest.mark.parametrize(
    ("driver", "rag", "chat", "idle"),
    [
        ("requests", "3", "9", "0"),  # 1 : 3 requests
        ("tokens", "9", "3", "0"),  # 300k : 100k tokens
        ("bytes", "4", "8", "0"),
        ("cost", "10", "2", "0"),  # 0.5 : 0.1 of metered cost
        ("even", "6", "6", "0"),
        (None, "3", "9", "0"),  # requests, where nothing is said
    ],
)
def test_each_driver_splits_a_shared_pool_its_way(
    tmp_path: Path, driver: str | None, rag: str, chat: str, idle: str
) -> None:
    ledger = make_ledger(
        tmp_path,
        costs=[cost("12", ServiceName="Vectors")],
        requests=[
            request("r1", workflow="rag", uncached_input_tokens=250_000, bytes_in=100),
            request("e1", workflow="rag", operation="embeddings", cache_read_tokens=50_000),
            *(request(f"c{i}", workflow="chat", bytes_out=100 * i) for i in (0, 2)),
            request("c3", workflow="chat", request_model="model-b", uncached_input_tokens=100_000),
            request("t1", workflow="idle", operation="execute_tool"),
        ],
    )
    answer = ask(ledger, config(store_pool(driver)), "workflow")
    shared = {g.keys[0]: g.components["shared"] for g in answer.groups}
    wanted = {"rag": D(rag), "chat": D(chat), "idle": D(idle)}
    if driver == "cost":  # 0.525 : 0.1
        wanted = {"rag": D("10.08"), "chat": D("1.92"), "idle": D(0)}
    assert shared == wanted
    assert answer.reconciliation.difference == 0


@pytest.mark.parametrize("driver", ["requests", "tokens", "retrievals", "bytes", "cost", "even"])
def test_a_pool_whose_driver_counts_nothing_stays_unallocated(tmp_path: Path, driver: str) -> None:
    ledger = make_ledger(
        tmp_path,
        costs=[cost("12", ServiceName="Vectors")],
        requests=[request("t1", operation="execute_tool")],
    )
    answer = ask(ledger, config(store_pool(driver)))
    assert cost_of(answer.total) == 0
    assert answer.reconciliation.unallocated["unmapped"] == D(12)
    assert answer.reconciliation.difference == 0


def test_retries_and_failures_bear_their_share_of_a_pool(tmp_path: Path) -> None:
    """4 by token: the failed half carries 2 beside its own 1 of output."""
    ledger = make_ledger(
        tmp_path,
        costs=[cost("4", ServiceName="Vectors")],
        requests=[
            request("r1", output_tokens=100_000),
            request("r2", status="error", output_tokens=100_000),
        ],
    )
    assert parts(ask(ledger, config(store_pool("tokens"))).total) == {
        "tokens_output": D(1),
        "shared": D(2),
        "failed": D(3),
    }


@pytest.mark.parametrize(
    ("kind", "line"), [("gpu", "unobserved"), ("provisioned", "unobserved"), ("seat", "seat")]
)
def test_capacity_that_nobody_was_seen_to_use_stays_where_it_is(
    tmp_path: Path, kind: str, line: str
) -> None:
    ledger = make_ledger(
        tmp_path,
        costs=[
            cost("12", ServiceName="Vectors"),
            cost("3", ServiceName="Vectors", CommitmentDiscountStatus="Unused"),
        ],
        requests=[request("r1")],
    )
    answer = ask(ledger, config(store_pool(None, kind)))
    assert cost_of(answer.total) == 0
    left = {name: amount for name, amount in answer.reconciliation.unallocated.items() if amount}
    assert left == {line: D(12), "commitment_unused": D(3)}


def test_a_pool_is_what_the_first_rule_of_its_name_says(tmp_path: Path) -> None:
    """A pool named like one of ours and of another kind: nothing is counted as both."""
    pool = {"name": "tokens", "kind": "shared", "where": "ServiceName = 'Vectors'"}
    ledger = make_ledger(
        tmp_path,
        costs=[cost("12", ServiceName="Vectors"), tokens("5", "output", 1_000_000)],
        requests=[request("r1", output_tokens=1_000_000)],
    )
    assert ask(ledger, config(pool)).reconciliation.difference == 0


# --- the rest of the bill ----------------------------------------------------------------------


def whole_bill() -> list[Row]:
    return [
        tokens("10", "output", 1_000_000),
        cost("-2", ChargeCategory="Credit"),
        cost("1.5", ChargeCategory="Tax"),
        cost("0.75", ServiceName="Developer Support"),
        cost("-0.25", ChargeClass="Correction"),
        cost("0.125", ChargeCategory="Adjustment"),
        cost("4", "2026-09-30", x_BillingMonth="2026-10"),
        cost("8", ServiceName="Coffee"),
        cost("3", x_Model=MODEL, x_TokenType="output", CommitmentDiscountStatus="Unused"),
        cost("2", x_Model=MODEL, x_TokenType="images"),
        cost("1", x_CostOrigin="estimated"),
    ]


def test_everything_on_the_bill_has_a_name(tmp_path: Path) -> None:
    ledger = make_ledger(
        tmp_path, costs=whole_bill(), requests=[request("r1", output_tokens=1_000_000)]
    )
    found = ask(ledger).reconciliation
    assert found.amounts["EffectiveCost"] == D("27.125")
    assert found.allocated == D(10)
    assert dict(found.unallocated) == {
        "unlogged": 0,
        "unmapped": 2,
        "commitment_unused": 3,
        "gpu_idle": 0,
        "unobserved": 0,
        "seat": 0,
        "blending": 0,
        "rounding": 0,
    }
    assert found.other == D(8)
    assert dict(found.excluded) == {
        "credits": D(-2),
        "tax": D("1.5"),
        "support": D("0.75"),
        "corrections": D("-0.125"),
        "prior_period": D(4),
    }
    assert found.difference == 0


def test_owned_cost_stands_beside_the_bill_and_each_is_conserved(tmp_path: Path) -> None:
    """A shared pool of 10 on the bill and 5 owned over two requests: 7.5 each, and both origins meet."""
    ledger = make_ledger(
        tmp_path,
        costs=[
            cost("10", ServiceName="Vectors"),
            cost("5", ServiceName="Vectors", x_CostOrigin="owned"),
            cost("3", ServiceName="Coffee", x_CostOrigin="owned"),
        ],
        requests=[request("r1", workflow="rag"), request("r2", workflow="chat")],
    )
    pool = {"name": "store", "kind": "shared", "where": "ServiceName = 'Vectors'"}
    answer = ask(ledger, config(pool), "workflow")
    assert costs_by(answer) == {"rag": D("7.5"), "chat": D("7.5")}
    origins = answer.reconciliation.origins
    assert (origins["bill"].charged, origins["bill"].allocated) == (D(10), D(10))
    owned = origins["owned"]
    assert (owned.charged, owned.allocated, owned.other) == (D(8), D(5), D(3))
    assert [books.difference for books in origins.values()] == [0, 0]


def test_credits_and_tax_come_in_when_asked_and_are_spread_by_cost(tmp_path: Path) -> None:
    """-2 and 1.5 over 10: each request bears -5 % of its cost."""
    log = [
        request("r1", workflow="rag", output_tokens=800_000),
        request("r2", workflow="chat", output_tokens=200_000),
    ]
    ledger = make_ledger(tmp_path, costs=whole_bill(), requests=log)
    answer = ask(ledger, None, "workflow", include=("credits", "tax"))
    assert costs_by(answer) == {"rag": D("7.6"), "chat": D("1.9")}
    assert set(answer.reconciliation.excluded) == {"support", "corrections", "prior_period"}
    assert answer.reconciliation.difference == 0
    with pytest.raises(UsageError, match="prior_period"):
        ask(ledger, include=("prior_period",))


def test_several_currencies_are_never_added(tmp_path: Path) -> None:
    bill = [tokens("10", "output", 1_000_000), cost("7", BillingCurrency="EUR")]
    ledger = make_ledger(tmp_path, costs=bill, requests=[request("r1", output_tokens=1_000_000)])
    with pytest.raises(UsageError, match="never added"):
        ask(ledger, config(currency="GBP"))
    dollars = ask(ledger)
    assert dollars.currency == "USD"
    assert dollars.other_currencies == {"EUR": D(7)}
    assert dollars.reconciliation.amounts["EffectiveCost"] == D(10)
    euros = ask(ledger, currency="eur")
    assert euros.reconciliation.amounts["EffectiveCost"] == D(7)
    assert euros.reconciliation.difference == 0
    assert euros.total.unpriced_tokens == 1_000_000  # its price is in USD


def test_the_bills_only_currency_is_used_unasked(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path, costs=[cost("7", BillingCurrency="EUR")])
    assert ask(ledger).currency == "EUR"


# --- periods -----------------------------------------------------------------------------------


def test_a_charge_over_the_edge_of_a_period_counts_in_proportion(tmp_path: Path) -> None:
    """31 over October: 10 days of it are 10; the requests of those days cost what they cost."""
    ledger = make_ledger(
        tmp_path,
        costs=[tokens("31", "output", 3_100_000), cost("31", "2026-10-01", "2026-11-01")],
        requests=[
            request("r1", "2026-10-05T00:00:00", output_tokens=500_000),
            request("r2", "2026-10-20T00:00:00", output_tokens=500_000),
        ],
    )
    answer = ask(ledger, period=Period(date(2026, 10, 1), date(2026, 10, 11)))
    assert cost_of(answer.total) == D(5)
    assert answer.reconciliation.amounts["EffectiveCost"] == D(20)
    assert answer.reconciliation.other == D(10)
    assert answer.reconciliation.unallocated["unlogged"] == D(5)
    assert answer.reconciliation.difference == 0


def test_a_charge_of_an_instant_is_in_the_period_that_begins_with_it(tmp_path: Path) -> None:
    instant = cost("5", "2026-10-10", "2026-10-10")
    ledger = make_ledger(tmp_path, costs=[instant, cost("1", "2026-10-01", "2026-10-01")])

    def other(first: int, last: int) -> Decimal:
        return ask(
            ledger, period=Period(date(2026, 10, first), date(2026, 10, last))
        ).reconciliation.other

    assert (other(5, 10), other(10, 15), other(5, 15)) == (D(0), D(5), D(5))
    whole = ask(ledger).reconciliation
    assert whole.other == D(6)
    assert whole.excluded == {}


def test_a_question_about_no_requests_at_all_answers_with_the_bill(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path, costs=[tokens("31", "output", 3_100_000)])
    answer = ask(ledger, None, "workflow")
    assert answer.groups == ()
    assert answer.reconciliation.unallocated["unlogged"] == D(31)
    assert unit_report(answer).rows == ()
    with pytest.raises(UsageError, match="neither costs nor requests"):
        ask(make_ledger(tmp_path / "empty"), period=None)


def test_requests_after_the_period_are_no_part_of_it(tmp_path: Path) -> None:
    """October has no request; one of November, near enough for a run to go on, is not looked at."""
    ledger = make_ledger(
        tmp_path,
        requests=[
            request("r1", "2026-11-02T00:00:00", request_model="model-x", output_tokens=1000)
        ],
    )
    answer = ask(ledger)
    assert answer.total.counts["attempts"] == 0
    assert answer.allocation.log.tokens == ()
    assert answer.allocation.log.unpriced == {}


# --- prices that change within a day -----------------------------------------------------------


def test_own_prices_change_on_their_day(tmp_path: Path) -> None:
    prices = [
        {"provider": "fakeai", "model": MODEL, "to": "2026-10-06", "input": "0", "output": "10"},
        {"provider": "fakeai", "model": MODEL, "from": "2026-10-06", "input": "0", "output": "20"},
    ]
    ledger = make_ledger(
        tmp_path,
        requests=[
            request("r1", "2026-10-05T23:59:59.999999", output_tokens=100_000),
            request("r2", "2026-10-06T00:00:00", output_tokens=100_000),
        ],
    )
    answer = ask(ledger, config(prices=prices), "day")
    assert costs_by(answer) == {"2026-10-05": D(1), "2026-10-06": D(2)}
    assert costs_by(ask(ledger, config(prices=PRICES), "day")) == {
        "2026-10-05": D(1),
        "2026-10-06": D(1),
    }


def test_reports_hide_rows_beyond_the_limit_and_totals_count_them(tmp_path: Path) -> None:
    log = [request(f"r{i}", workflow=f"w{i}", output_tokens=100_000 * i) for i in range(1, 4)]
    report = unit_report(ask(make_ledger(tmp_path, requests=log), None, "workflow"), limit=1)
    assert [row["workflow"] for row in report.rows] == ["w3"]
    assert report.totals is not None
    assert report.totals["cost"] == D(6)
    assert report.totals["requests"] == 3
    assert "2 more rows are not shown; the totals count them." in report.notes
    assert report.period == OCTOBER


def test_a_share_too_small_for_any_request_is_rounding_and_not_stranded() -> None:
    """A pool by cost has no units: only one of which nothing is carried or cut is stranded."""
    pool = SharedPool("store", "cost", Decimal("1E-24"))
    assert not Share(pool, 0, None, ZERO, pool.cost).is_stranded
    assert not Share(pool, 0, None, pool.cost, ZERO).is_stranded
    assert Share(pool, 0, None, ZERO, ZERO).is_stranded
