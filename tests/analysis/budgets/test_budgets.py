"""Budgets and forecasts of small ledgers: days that add up to the bill, and how each budget stands."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from finops.analysis.book_spend import SpendQuestion, book_spend
from finops.analysis.budgets.daily import Asked, daily, spread
from finops.analysis.budgets.forecast import forecast
from finops.analysis.budgets.standing import Stands, standing, stretch_of
from finops.analysis.derived.foreseen import budget_table, forecast_table
from finops.analysis.whose import whose
from finops.config import Config
from finops.errors import UsageError
from finops.model.basis import Of
from finops.model.money import total
from finops.model.period import Period, parse_month
from finops.report.budgets import budgets_report, forecast_report
from finops.sections.budgets import Per
from tests.analysis.arithmetic import check_table
from tests.analysis.ledgers import MODEL, OCTOBER, Row, config, cost, make_ledger, request

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from finops.analysis.budgets.standing import Standing
    from finops.ledger.store import Ledger


def every_day(first: str, days: int, amount: str = "10", **given: object) -> list[Row]:
    start = date.fromisoformat(first)
    return [
        cost(amount, (start + timedelta(days=number)).isoformat(), None, **given)
        for number in range(days)
    ]


def stands(
    ledger: Ledger, budgets: Sequence[Row], as_of: date | None = None
) -> dict[str, Standing]:
    """Each budget of October; the lines that lead to its numbers are done again."""
    found, _ = standing(ledger, config(budgets=budgets), OCTOBER, as_of)
    check_table(budget_table(found, OCTOBER), budgets_report(found, OCTOBER))
    return {each.budget.name: each for each in found}


def test_days_of_a_month_add_up_to_its_invoice(tmp_path: Path) -> None:
    """A fee of a month, a charge for September on October's invoice, a credit: every cent is on some day."""
    rows = [
        *every_day("2026-10-01", 31, "1.000000000000000000000001"),
        cost("100", "2026-10-01", "2026-11-01"),
        cost("7", "2026-09-20", None, x_BillingMonth="2026-10"),
        cost("-3", "2026-10-15", None, ChargeCategory="Credit"),
        cost("5", "2026-11-02", None, x_BillingMonth="2026-10"),
    ]
    ledger = make_ledger(tmp_path, costs=rows)
    found = daily(ledger, config(), Asked(OCTOBER, Of.BILL, "USD")).whole
    bill = book_spend(ledger, config(), SpendQuestion(period=OCTOBER)).totals[0][1].EffectiveCost
    assert total(found.within(OCTOBER).values()) == bill
    assert found.once == {date(2026, 10, 15): -3, date(2026, 10, 1): 7}
    assert found.steady[date(2026, 10, 31)] > 6


@given(
    st.decimals(min_value=-(10**9), max_value=10**9, places=24),
    st.integers(min_value=1, max_value=366),
)
def test_a_charge_spread_over_days_is_the_charge(amount: Decimal, days: int) -> None:
    first = date(2026, 1, 1)
    found = list(spread(amount, first, first + timedelta(days=days)))
    assert total(part for _, part in found) == amount
    assert len({day for day, _ in found}) == days


def test_a_month_that_is_over_is_held_against_its_bill(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path, costs=every_day("2026-10-01", 31))
    found = stands(ledger, [{"name": "a", "amount": "310"}, {"name": "b", "amount": "309.99"}])
    assert (found["a"].stands, found["a"].share) == (Stands.WITHIN, 1.0)
    assert (found["b"].stands, found["b"].expected.forecast) == (Stands.OVER, Decimal(310))


def test_a_month_that_goes_on_is_foreseen(tmp_path: Path) -> None:
    """10 a day from September on: on the 16th of October 150 are spent, and 310 will be."""
    ledger = make_ledger(tmp_path, costs=every_day("2026-09-01", 45))
    rows = [
        {"name": "safe", "amount": "320"},
        {"name": "tight", "amount": "300"},
        {"name": "quarter", "amount": "1000", "per": "quarter"},
    ]
    found = stands(ledger, rows)
    tight = found["tight"].expected
    assert (tight.actual, tight.forecast, tight.until) == (
        Decimal(150),
        Decimal(310),
        date(2026, 10, 16),
    )
    assert {name: each.stands for name, each in found.items()} == {
        "tight": Stands.LIKELY_OVER,
        "quarter": Stands.UNFORESEEN,
        "safe": Stands.WITHIN,
    }
    assert found["quarter"].expected.why == "45 days of costs do not tell 77 days ahead"
    assert found["tight"].elapsed == 15 / 31


def test_an_earlier_day_knows_nothing_of_what_came_after(tmp_path: Path) -> None:
    rows = [*every_day("2026-09-01", 40), *every_day("2026-10-11", 21, "1000")]
    ledger = make_ledger(tmp_path, costs=rows)
    found = stands(ledger, [{"name": "a", "amount": "320"}], date(2026, 10, 11))
    assert (found["a"].expected.actual, found["a"].expected.forecast) == (
        Decimal(100),
        Decimal(310),
    )


def test_a_source_that_lags_is_waited_for_and_one_that_ended_is_not(tmp_path: Path) -> None:
    late = {"x_SourceId": "late", "x_Scope": "late/1"}
    ended = {"x_SourceId": "ended", "x_Scope": "ended/1"}
    rows = [
        *every_day("2026-09-01", 45),
        *every_day("2026-09-01", 42, **late),
        *every_day("2026-09-01", 5, **ended),
    ]
    ledger = make_ledger(tmp_path, costs=rows)
    found = daily(ledger, config(), Asked(OCTOBER, Of.BILL, "USD"))
    assert found.end == date(2026, 10, 13)


def test_budgets_of_requests_count_what_requests_cost(tmp_path: Path) -> None:
    """Two calls of 2.00 at list price are of the workflow, one is not."""
    tokens = {"uncached_input_tokens": 1_000_000}
    log = [
        request("a", "2026-10-05T12:00:00", workflow="w", request_model=MODEL, **tokens),
        request("b", "2026-10-31T12:00:00", workflow="w", request_model=MODEL, **tokens),
        request("c", "2026-10-31T12:00:00", workflow="other", request_model=MODEL, **tokens),
    ]
    ledger = make_ledger(tmp_path, requests=log)
    found = stands(ledger, [{"name": "w", "amount": "5", "where": "workflow = 'w'"}])["w"]
    assert (found.of, found.expected.actual, found.share) == (Of.REQUESTS, Decimal(4), 0.8)


def test_a_bill_without_days_is_known_by_the_month(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path, costs=[cost("310", "2026-10-01", "2026-11-01")])
    found = stands(ledger, [{"name": "a", "amount": "400"}])["a"]
    assert (found.expected.actual, found.stands) == (Decimal(310), Stands.WITHIN)


def test_other_currencies_are_left_out_and_said(tmp_path: Path) -> None:
    rows = [*every_day("2026-10-01", 31), cost("9", "2026-10-01", None, BillingCurrency="EUR")]
    ledger = make_ledger(tmp_path, costs=rows)
    budgets: list[Row] = [{"name": "a", "amount": "500"}]
    found, notes = standing(ledger, config(budgets=budgets), OCTOBER)
    assert found[0].expected.actual == 310
    assert notes == ("a: Costs in other currencies than USD are left out: add [[fx]] rates.",)


def test_what_holds_when_and_for_how_long(tmp_path: Path) -> None:
    rows: list[Row] = [
        {"name": "ended", "amount": "1", "to": date(2026, 10, 1)},
        {"name": "to come", "amount": "1", "from": date(2026, 11, 1)},
        {"name": "now", "amount": "1", "from": date(2026, 10, 31)},
    ]
    ledger = make_ledger(tmp_path, costs=every_day("2026-10-01", 31))
    assert list(stands(ledger, rows)) == ["now"]
    february = parse_month("2026-02")
    assert stretch_of(Per.QUARTER, february) == Period(date(2026, 1, 1), date(2026, 4, 1))
    assert stretch_of(Per.YEAR, february) == Period(date(2026, 1, 1), date(2027, 1, 1))
    assert stretch_of(Per.MONTH, february) == february


def test_months_ahead_by_group(tmp_path: Path) -> None:
    rows = [
        *every_day("2026-09-01", 45, ServiceName="a"),
        *every_day("2026-09-01", 45, "1", ServiceName="b"),
    ]
    ledger = make_ledger(tmp_path, costs=rows)
    found = forecast(ledger, config(), by=("ServiceName",), months=1)
    check_table(forecast_table(found), forecast_report(found))
    assert [
        (each.group, each.month.label, each.expected.actual, each.expected.forecast)
        for each in found.months
    ] == [
        (None, "2026-10", Decimal(165), Decimal(341)),
        (None, "2026-11", Decimal(0), None),
        (("a",), "2026-10", Decimal(150), Decimal(310)),
        (("a",), "2026-11", Decimal(0), None),
        (("b",), "2026-10", Decimal(15), Decimal(31)),
        (("b",), "2026-11", Decimal(0), None),
    ]
    notes = forecast_report(found).notes
    assert "No forecast where 45 days of costs do not tell 46 days ahead." in notes


def test_reports_say_what_is_not_known(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path, costs=every_day("2026-10-01", 5))
    budgets: list[Row] = [{"name": "a", "amount": "500"}]
    found, notes = standing(ledger, config(budgets=budgets), OCTOBER)
    report = budgets_report(found, OCTOBER, notes=notes)
    assert (report.rows[0]["forecast"], report.rows[0]["stands"]) == (None, "unforeseen")
    assert report.notes == (
        "a: no forecast, because a forecast needs 35 days of costs, and there are 5.",
    )
    assert "No budget of finops.toml" in budgets_report((), OCTOBER).notes[0]


def test_names_tell_whether_bills_or_requests_are_meant() -> None:
    assert whose() is Of.BILL
    assert whose(("team",), "provider = 'OpenAI'") is Of.BILL
    assert whose(("team", "workflow")) is Of.REQUESTS
    assert whose((), "team = 'a' and workflow = 'w'") is Of.REQUESTS
    with pytest.raises(UsageError, match="servicenam"):
        whose((), "servicenam = 'x'")


def test_wrong_budgets_are_refused() -> None:
    for wrong, why in (
        ([{"name": "a", "amount": "1"}, {"name": "a", "amount": "2"}], "'a' is given twice"),
        ([{"name": "a", "amount": "1", "from": "2026-02-01", "to": "2026-01-01"}], "after `from`"),
        ([{"name": "a", "amount": "-1"}], "greater than or equal to 0"),
    ):
        with pytest.raises(ValidationError, match=why):
            Config.model_validate({"budgets": wrong})
