"""What changed in ledgers of a few rows: the effects of bills and of requests, to the digit."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from finops.analysis.book_spend import SpendQuestion, book_spend
from finops.analysis.compare.comparison import Versus, earlier_than
from finops.analysis.compare.comparison import compare as compared
from finops.analysis.derived.compare import compare_table, items_table
from finops.analysis.economics import Question, unit_economics
from finops.errors import UsageError
from finops.model.money import total
from finops.model.period import Period, parse_month, parse_period
from finops.report.compare import compare_report
from tests.analysis.arithmetic import check_table
from tests.analysis.ledgers import (
    MODEL,
    OCTOBER,
    Row,
    add,
    config,
    cost,
    make_ledger,
    request,
    tokens,
)

if TYPE_CHECKING:
    from pathlib import Path

    from finops.analysis.compare.comparison import Comparison, Moved
    from finops.config import Config
    from finops.ledger.store import Ledger

SEPTEMBER = parse_month("2026-09")
METERED = {"name": "metered", "kind": "metered", "where": "ServiceProviderName = 'fakeai'"}


def compare(ledger: Ledger, settings: Config, asked: Versus) -> Comparison:
    """What changed; the lines that lead to each number of each group are done again."""
    found = compared(ledger, settings, asked)
    check_table(compare_table(found), compare_report(found))
    check_table(items_table(found), compare_report(found, items=True))
    return found


def september(amount: str, kind: str, quantity: int | None = None, **given: object) -> Row:
    return tokens(amount, kind, quantity, "2026-09-01", "2026-10-01", **given)


def told(moved: Moved) -> dict[str, str]:
    return {name: f"{x.normalize():f}" for name, x in moved.effects.items() if x}


def by_group(found: Comparison) -> dict[Any, dict[str, str]]:
    return {each.group[0]: told(each) for each in found.groups}


def test_a_bill_that_counts_in_millions_one_month_and_in_tokens_the_next(tmp_path: Path) -> None:
    """1 million tokens at 2.00 become 1.5 million at 3.00 a million: no change of unit is a change of price."""
    ledger = make_ledger(
        tmp_path,
        costs=[
            september("2", "output", 1, ConsumedUnit="1M Tokens"),
            tokens("4.5", "output", 1_500_000),
        ],
    )
    found = compare(ledger, config(), Versus(SEPTEMBER, OCTOBER, ("x_Model",)))
    assert by_group(found) == {MODEL: {"price": "1.5", "usage": "1"}}
    assert found.of == "bill"


def test_a_change_of_commitment_is_price_and_what_it_left_unused_stands_apart(
    tmp_path: Path,
) -> None:
    """24 hours at 10 become 24 at 6 under a plan of which 30 went unused; buying it is no use of anything."""
    hours: Row = {
        "ServiceName": "Compute",
        "SkuMeter": "box",
        "ConsumedQuantity": 24,
        "ConsumedUnit": "Hours",
    }
    plan: Row = {"ServiceName": "Compute", "CommitmentDiscountId": "plan"}
    ledger = make_ledger(
        tmp_path,
        costs=[
            cost("240", "2026-09-01", **hours),
            cost("144", "2026-10-01", **hours),
            cost("30", "2026-10-01", **plan, CommitmentDiscountStatus="Unused"),
            cost("0", "2026-10-01", **plan, ChargeCategory="Purchase", PricingQuantity=1),
        ],
    )
    found = compare(ledger, config(), Versus(SEPTEMBER, OCTOBER, ("ServiceName",)))
    assert by_group(found) == {"Compute": {"price": "-96", "commitment_unused": "30"}}


def test_an_exchange_rate_that_moved_is_no_change_of_price(tmp_path: Path) -> None:
    hours: Row = {"ServiceName": "GPU", "ConsumedUnit": "Hours", "BillingCurrency": "EUR"}
    ledger = make_ledger(
        tmp_path,
        costs=[
            cost("10", "2026-09-10", ConsumedQuantity=10, **hours),
            cost("12", "2026-10-10", ConsumedQuantity=12, **hours),
        ],
    )
    rates = [
        {"from": "EUR", "to": "USD", "date": day, "rate": rate, "source": "ECB"}
        for day, rate in (
            ("2026-09-10", "1.1"),
            ("2026-10-01", "1.1"),
            ("2026-10-10", "1.2"),
            ("2026-11-01", "1.25"),
        )
    ]
    asked = Versus(SEPTEMBER, OCTOBER, ("ServiceName",), currency="USD")
    found = compare(ledger, config(fx=rates), asked)
    assert told(found.totals[0]) == {"usage": "2.2", "fx": "1.8"}
    """10 EUR x 1.10 to 12 EUR x 1.20, and the invoice of October, at 1.25, is 0.60 more than its charges."""
    assert found.totals[0].change == Decimal(4)


def test_currencies_are_never_added(tmp_path: Path) -> None:
    ledger = make_ledger(
        tmp_path,
        costs=[cost("1", "2026-09-01"), cost("2", "2026-10-01", BillingCurrency="EUR")],
    )
    found = compare(ledger, config(), Versus(SEPTEMBER, OCTOBER))
    assert [(each.currency, each.change) for each in found.totals] == [
        ("EUR", Decimal(2)),
        ("USD", Decimal(-1)),
    ]


def log(month: str, model: str, calls: int, **given: object) -> list[Row]:
    return [
        request(
            f"{month}-{model}-{given.get('workflow')}-{number}",
            f"{month}-05T12:00:00",
            request_model=model,
            uncached_input_tokens=1_000_000,
            output_tokens=100_000,
            **given,
        )
        for number in range(calls)
    ]


def test_a_workflow_moved_to_a_dearer_model_shows_as_mix(tmp_path: Path) -> None:
    """Two calls of model-b (1 in, 4 out a million) become three of model-a (2 in, 10 out), at list prices."""
    requests = [
        *log("2026-09", "model-b", 2, workflow="notes"),
        *log("2026-10", "model-a", 3, workflow="notes"),
        *log("2026-10", "model-b", 1, workflow="pilot", team="red"),
    ]
    ledger = make_ledger(tmp_path, requests=requests)
    found = compare(ledger, config(), Versus(SEPTEMBER, OCTOBER, ("workflow",)))
    assert found.of == "requests"
    assert by_group(found) == {"notes": {"usage": "1.4", "mix": "4.8"}, "pilot": {"new": "1.4"}}
    assert [(each.name, told(each)) for each in found.items if each.group == ("notes",)] == [
        ("model-a uncached input", {"usage": "3", "mix": "3"}),
        ("model-a output", {"usage": "1.2", "mix": "1.8"}),
        ("model-b uncached input", {"usage": "-2"}),
        ("model-b output", {"usage": "-0.8"}),
    ]
    assert {each.group[0]: each.owner for each in found.groups} == {"notes": None, "pilot": "red"}


def test_a_failed_attempt_costs_what_its_tokens_cost(tmp_path: Path) -> None:
    requests = [
        *log("2026-09", MODEL, 1, workflow="w"),
        *log("2026-10", MODEL, 1, workflow="w"),
        request("late", "2026-10-06T12:00:00", workflow="w", status="error", uncached_input_tokens=500_000),
    ]  # fmt: skip
    ledger = make_ledger(tmp_path, requests=requests)
    found = compare(ledger, config(), Versus(SEPTEMBER, OCTOBER, ("workflow",)))
    assert by_group(found) == {"w": {"usage": "1"}}


def test_requests_add_up_to_the_bill_with_what_none_of_them_carries(tmp_path: Path) -> None:
    """A shared store, a credit, unlogged tokens: the whole difference of the bill is told, by workflow."""
    ledger = make_ledger(
        tmp_path,
        costs=[
            september("2", "uncached_input", 1_000_000),
            september("1", "output", 100_000),
            cost("5", "2026-09-01", ServiceName="Store"),
            tokens("9", "uncached_input", 3_000_000),
            tokens("1", "output", 100_000),
            cost("8", "2026-10-01", ServiceName="Store"),
            cost("-4", "2026-10-01", ChargeCategory="Credit"),
        ],
        requests=[*log("2026-09", MODEL, 1, workflow="w"), *log("2026-10", MODEL, 1, workflow="w")],
    )
    store = {"name": "store", "kind": "shared", "where": "ServiceName = 'Store'"}
    settings = config(store, METERED)
    found = compare(ledger, settings, Versus(SEPTEMBER, OCTOBER, ("workflow",)))
    assert by_group(found) == {
        "w": {"price": "4"},
        "(on no request)": {"unlogged": "6", "credits": "-4"},
    }
    charged = [
        book_spend(ledger, settings, SpendQuestion(period=month)).totals[0][1].EffectiveCost
        for month in (SEPTEMBER, OCTOBER)
    ]
    assert [found.totals[0].before, found.totals[0].after] == charged
    spent = unit_economics(ledger, settings, Question(OCTOBER, ("workflow",)))
    assert found.groups[0].after == total(each.cost for each in spent.groups)


def test_a_change_that_somebody_recorded_stands_beside_its_workflow(tmp_path: Path) -> None:
    requests = [*log("2026-09", MODEL, 1, workflow="w"), *log("2026-10", MODEL, 2, workflow="w")]
    ledger = make_ledger(tmp_path, requests=requests)
    change = {
        "change_id": "C-1", "changed_at": "2026-10-01T00:00:00+00:00", "kind": "model", "subject": "w",
        "changed_from": "a", "changed_to": "b", "approved_by": None, "note": None, "source_id": "cab",
    }  # fmt: skip
    add(ledger, "changes", [change])
    found = compare(ledger, config(), Versus(SEPTEMBER, OCTOBER, ("workflow",)))
    assert [each.id for each in found.groups[0].recorded] == ["C-1"]


@pytest.mark.parametrize(
    ("since", "until", "earlier"),
    [
        ("2026-01-01", "2026-02-01", "2025-12-01 2026-01-01"),
        ("2026-01-01", "2026-04-01", "2025-10-01 2026-01-01"),
        ("2026-03-05", "2026-03-12", "2026-02-26 2026-03-05"),
    ],
)
def test_what_lies_just_before_is_as_long(since: str, until: str, earlier: str) -> None:
    found = parse_period(since=since, until=until)
    assert found is not None
    before = earlier_than(found)
    assert f"{before.start} {before.end}" == earlier


def test_what_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path, costs=[cost("1", "2026-09-01")])
    with pytest.raises(UsageError, match="does not end before"):
        compare(ledger, config(), Versus(OCTOBER, SEPTEMBER))
    with pytest.raises(UsageError, match="there is no dimension 'workfloww'"):
        compare(ledger, config(), Versus(SEPTEMBER, OCTOBER, ("workfloww",)))


def test_days_are_told_when_the_periods_differ_in_length(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path, costs=[cost("1", "2026-09-01"), cost("1", "2026-10-01")])
    found = compare(ledger, config(), Versus(SEPTEMBER, OCTOBER))
    assert found.notes[0].startswith("2026-10 has 31 days and 2026-09 30: the same use")
    days = Versus(Period(SEPTEMBER.start, SEPTEMBER.end), Period(OCTOBER.start, OCTOBER.end))
    assert compare(ledger, config(), days).totals == found.totals
