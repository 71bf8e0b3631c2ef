"""Draws of the inputs: seeded, spread as they should be, and equal to the plain answer one by one."""

from __future__ import annotations

import numpy as np
import pytest

from finops.analysis.breakeven.compare import compare
from finops.analysis.breakeven.inputs import Input, Origin, values
from finops.analysis.breakeven.uncertainty import triangular, uncertainty


def given(name: str, value: float, low: float | None = None, high: float | None = None) -> Input:
    return Input(name, value, "", Origin.ASSUMED, "test", "2026-11", low, high)


INPUTS = {
    one.name: one
    for one in (
        given("own.price", 250141.80, 200000, 400000),
        given("own.running", 6.37),
        given("cloud.on_demand", 12.0, 8, 20),
        given("demand.utilization", 0.9, 0.5, 1.0),
        given("own.hardware_lead_time", 1.0, 0, 6),
        given("own.lifetime", 60, 36, 84),
        given("money.tax_rate", 0.2),
    )
}


def test_the_same_seed_gives_the_same_answer() -> None:
    first, again = (uncertainty(INPUTS, seed=7) for _ in range(2))
    assert first == again
    assert first != uncertainty(INPUTS, seed=8)


def test_quantiles_of_a_triangle_are_its_closed_form() -> None:
    """Low 0, mode 0.5, high 2: a quarter lies below the mode."""
    shares = np.array([0.0, 0.25, 1.0])
    assert list(triangular(shares, 0.0, 0.5, 2.0)) == pytest.approx([0.0, 0.5, 2.0])
    many = triangular((np.arange(100_000) + 0.5) / 100_000, 1.0, 2.0, 6.0)
    assert many.mean() == pytest.approx((1 + 2 + 6) / 3, abs=1e-3)


def test_the_probability_is_the_closed_form_where_there_is_one() -> None:
    """NPV is 0 at a price of 5.0 + 10.0: between 10 and 20, mode 10, a share of (5/10)^2 lies above."""
    inputs = {
        one.name: one
        for one in (
            given("own.price", 43800 * 10.0),
            given("own.running", 5.0),
            given("cloud.on_demand", 10.0, 10, 20),
            given("money.discount_rate", 0.0),
        )
    }
    found = uncertainty(inputs)
    assert found is not None
    assert found.probability_npv_positive == pytest.approx(0.25, abs=2e-4)
    assert found.paid_back_by_month[-1] == pytest.approx(0.25, abs=2e-4)
    assert found.payback_months.p50 is None


def test_draws_are_what_the_plain_answer_says_of_each() -> None:
    """The tornado's ends, and each input moved alone, through the plain comparison."""
    found = uncertainty(INPUTS, draws=100)
    assert found is not None
    base = values(INPUTS)
    assert found.tornado[0].name == "cloud.on_demand"
    for bar in found.tornado:
        for value, npv in ((bar.low, bar.npv_low), (bar.high, bar.npv_high)):
            assert compare(base | {bar.name: value}).options[0].npv == pytest.approx(npv)


def test_payback_of_draws_is_the_plain_one() -> None:
    still = {"own.price": 250141.80, "demand.utilization": 0.9, "own.lifetime": 60.0}
    inputs = {**INPUTS, "own.hardware_lead_time": given("own.hardware_lead_time", 1.0)}
    narrow = {**inputs, "cloud.on_demand": given("cloud.on_demand", 20.0, 20.0, 20.0)}
    found = uncertainty(narrow, draws=4, given=still)
    assert found is not None
    own = compare(values(narrow) | still).options[0]
    assert found.payback_months.p50 == pytest.approx(own.payback_months)
    assert found.npv.p90 == pytest.approx(own.npv)


def test_nothing_ranges_nothing_is_drawn() -> None:
    assert uncertainty({"own.price": given("own.price", 1)}, given={"cloud.on_demand": 1.0}) is None


def test_what_is_spent_ranges_with_the_price() -> None:
    """Cloud cost up to month m is 730 m hours at the drawn price; nothing of owning ranges."""
    inputs = {
        one.name: one
        for one in (
            given("own.price", 1000.0),
            given("cloud.on_demand", 10.0, 10, 20),
            given("time.horizon", 12),
        )
    }
    found = uncertainty(inputs)
    assert found is not None
    prices = triangular(np.array([0.1, 0.5, 0.9]), 10.0, 10.0, 20.0)
    assert list(found.spent["cloud"][6]) == pytest.approx(list(prices * 730 * 6), rel=1e-3)
    assert set(found.spent["own"]) == {(1000.0, 1000.0, 1000.0)}
    assert "api" not in found.spent
