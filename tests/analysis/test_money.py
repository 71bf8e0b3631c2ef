"""Exact arithmetic and half-open periods: what every amount and every month stands on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.errors import UsageError
from finops.model.money import add, divide, multiply, subtract, total, truncate
from finops.model.period import Period, month_of, parse_month, parse_period

AMOUNTS = st.integers(-(10**38) + 1, 10**38 - 1).map(lambda units: Decimal(units).scaleb(-24))
COUNTS = st.integers(-(10**18), 10**18)


@given(AMOUNTS, AMOUNTS, COUNTS)
def test_sums_and_products_never_round(left: Decimal, right: Decimal, count: int) -> None:
    assert Fraction(add(left, right)) == Fraction(left) + Fraction(right)
    assert Fraction(subtract(left, right)) == Fraction(left) - Fraction(right)
    assert Fraction(multiply(left, count)) == Fraction(left) * count
    assert Fraction(multiply(left, right)) == Fraction(left) * Fraction(right)


@given(st.lists(AMOUNTS, max_size=9))
def test_a_total_is_exact_in_any_order(amounts: list[Decimal]) -> None:
    assert Fraction(total(amounts)) == sum(map(Fraction, amounts))
    assert total(amounts) == total(reversed(amounts))


@given(AMOUNTS, st.integers(1, 10**15))
def test_truncating_leaves_less_than_a_step_on_the_side_of_zero(amount: Decimal, by: int) -> None:
    ratio = Fraction(amount) / by
    left = ratio - Fraction(truncate(ratio))
    assert abs(left) < Fraction(1, 10**24)
    assert left == 0 or (left > 0) == (ratio > 0)


@given(AMOUNTS, COUNTS.filter(bool))
def test_dividing_is_within_half_a_step(amount: Decimal, by: int) -> None:
    error = Fraction(divide(amount, by)) - Fraction(amount) / by
    assert abs(error) <= Fraction(1, 2 * 10**24)


def test_dividing_by_nothing_is_an_error() -> None:
    assert divide(Decimal("2.5e-24"), 1) == Decimal("2e-24")  # half to even
    with pytest.raises(ZeroDivisionError):
        divide(Decimal(1), 0)


DATES = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@given(DATES, st.integers(1, 800))
def test_a_period_touches_the_months_of_its_days(start: date, length: int) -> None:
    period = Period(start, start + timedelta(days=length))
    days = [start + timedelta(days=shift) for shift in range(length)]
    assert period.months == tuple(dict.fromkeys(f"{day:%Y-%m}" for day in days))
    whole = sum((month_of(day).start == day for day in days), 0)
    assert period.is_whole_months == (
        month_of(start).start == start and month_of(days[-1]).end == period.end and whole > 0
    )
    first, last = period.bounds()
    assert last - first == timedelta(days=length)
    assert first == datetime(start.year, start.month, start.day, tzinfo=UTC)


def test_periods_as_they_are_asked_for() -> None:
    today = date(2026, 11, 21)
    assert parse_month("2026-12") == Period(date(2026, 12, 1), date(2027, 1, 1))
    assert parse_period() is None
    assert parse_period(month="2026-02") == Period(date(2026, 2, 1), date(2026, 3, 1))
    assert parse_period(last="30d", today=today) == Period(date(2026, 10, 22), today)
    assert parse_period(last="2w", today=today) == Period(date(2026, 11, 7), today)
    assert parse_period(last="13m", today=today) == Period(date(2025, 10, 1), date(2026, 11, 1))
    span = parse_period(since="2026-10-03", until="2026-10-10")
    assert span == Period(date(2026, 10, 3), date(2026, 10, 10))
    assert span.label == "2026-10-03 to 2026-10-09"
    assert parse_month("2026-10").label == "2026-10"


@pytest.mark.parametrize(
    "asked",
    [
        {"month": "2026-13"},
        {"month": "2026-1"},
        {"month": "2026-10", "last": "30d"},
        {"since": "2026-10-01"},
        {"until": "2026-10-01"},
        {"since": "2026-10-02", "until": "2026-10-02"},
        {"since": "2026-02-30", "until": "2026-10-02"},
        {"last": "0d"},
        {"last": "30y"},
    ],
)
def test_a_period_that_means_nothing_is_refused(asked: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        parse_period(**asked)  # type: ignore[arg-type]
