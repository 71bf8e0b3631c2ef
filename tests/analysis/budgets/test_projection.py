"""The forecast by itself: exact where the days are regular, and honest about where it cannot tell."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops.analysis.budgets.projection import MINIMUM_DAYS, Projection, Unforeseen, project


def foreseen(history: list[float], ahead: int) -> Projection:
    found = project(history, ahead)
    assert isinstance(found, Projection)
    return found


def test_days_that_are_all_alike_go_on_without_a_range() -> None:
    found = foreseen([10.0] * 60, 30)
    assert [found.point, found.low, found.high] == pytest.approx([300, 300, 300])
    assert (found.days, found.record) == (30, 33)


def test_weekdays_are_told_apart() -> None:
    """Five days of 10 and two of 3: the three days after eight whole weeks are 10 each."""
    week = [10.0, 10, 10, 10, 10, 3, 3]
    assert foreseen(week * 8, 3).point == pytest.approx(30)
    assert foreseen(week * 8, 7).point == pytest.approx(56)


def test_a_trend_goes_on_for_a_while_and_levels_out() -> None:
    """A step of 1 a day keeps 0.95 of itself each day: 100 + 0.95, then + 0.9025 …, and 19 at most."""
    found = foreseen([float(day) for day in range(41, 101)], 2)
    assert found.point == pytest.approx(100 * 2 + 0.95 + (0.95 + 0.9025))
    assert foreseen([float(day) for day in range(1, 201)], 100).point < 219 * 100


def test_the_range_is_as_wide_as_past_forecasts_were_off() -> None:
    """A step in the middle of quiet days: the regression alone would be sure of itself again too soon."""
    quiet = foreseen([10.0, 10.1] * 30, 14)
    stepped = foreseen([10.0, 10.1] * 20 + [20.0, 20.1] * 10, 14)
    assert (quiet.high - quiet.low) / quiet.point < 0.05
    assert (stepped.high - stepped.low) / stepped.point > 0.5


def test_a_cost_that_vanishes_is_not_foreseen_below_zero() -> None:
    found = foreseen([float(max(0, 60 - 2 * day)) for day in range(60)], 30)
    assert found.point == 0
    assert found.low == 0


@pytest.mark.parametrize(
    ("days", "ahead", "why"),
    [
        (MINIMUM_DAYS - 1, 5, "a forecast needs 35 days of costs, and there are 34"),
        (40, 41, "40 days of costs do not tell 41 days ahead"),
    ],
)
def test_what_cannot_be_foreseen_says_why(days: int, ahead: int, why: str) -> None:
    assert project([1.0] * days, ahead) == Unforeseen(why)


def test_nothing_ahead_is_nothing() -> None:
    assert foreseen([1.0], 0).point == 0


@settings(max_examples=30)
@given(
    st.lists(st.floats(min_value=0, max_value=1e6), min_size=MINIMUM_DAYS, max_size=90),
    st.integers(min_value=1, max_value=30),
)
def test_the_forecast_is_in_its_range_and_in_proportion(history: list[float], ahead: int) -> None:
    """Whatever the days are: low <= forecast <= high, all at least zero, and cents for dollars change nothing."""
    found = foreseen(history, ahead)
    assert 0 <= found.low <= found.point <= found.high
    cents = foreseen([100 * each for each in history], ahead)
    assert cents.point == pytest.approx(100 * found.point, rel=1e-6, abs=1e-3)
