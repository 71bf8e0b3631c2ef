"""Present value, rate of return and payback, against documented values and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.analysis.breakeven.finance import (
    annual_rate,
    annuity_factor,
    discounted_payback_months,
    implied_decline_per_year,
    irr,
    monthly_rate,
    npv,
    payback_months,
)

amounts = st.floats(0.01, 1e6)


def test_npv_as_numpy_financial_documents_it() -> None:
    assert round(npv(0.08, [-40_000, 5_000, 8_000, 12_000, 30_000]), 2) == 3065.22


@pytest.mark.parametrize(
    ("flows", "rate"),
    [
        ([-100, 39, 59, 55, 20], 0.28095),
        ([-100, 0, 0, 74], -0.0955),
        ([-100, 100, 0, -7], None),
        ([-5, 10.5, 1, -8, 1], None),
        ([-1, -2], None),
        ([1, 2], None),
        ([0, 0], None),
    ],
)
def test_irr_as_numpy_financial_documents_it(flows: list[float], rate: float | None) -> None:
    """Where signs change more than once several rates may fit, and none is the answer."""
    found = irr(flows)
    assert (found is None) == (rate is None)
    if rate is not None:
        assert found == pytest.approx(rate, abs=5e-6)


@given(st.floats(1, 1e6), st.lists(amounts, min_size=1, max_size=24))
def test_irr_is_the_root_of_the_polynomial(spent: float, income: list[float]) -> None:
    flows = [-spent, *income]
    roots = np.roots(flows)
    real = [1 * float(root.real) - 1 for root in roots if abs(root.imag) < 1e-9 and root.real > 0]
    found = irr(flows)
    if found is None:
        assert all(rate < -0.989 for rate in real)
    else:
        assert min(abs(found - rate) / (1 + rate) for rate in real) < 1e-5


def test_an_even_income_pays_back_what_it_divides() -> None:
    assert payback_months([-100, 30, 30, 30, 30]) == pytest.approx(10 / 3)
    assert payback_months([-100, 30, 30, 30]) is None
    assert payback_months([0, 1]) == 0


@given(st.floats(0.001, 0.5), st.integers(2, 120))
def test_discounted_payback_is_the_closed_form(rate: float, months: int) -> None:
    """An even income of 1 repays in n months what its annuity is worth."""
    by_month = monthly_rate(rate)
    worth = (1 - (1 + by_month) ** -months) / by_month
    found = discounted_payback_months(rate, [-worth, *[1.0] * (months + 1)])
    assert found == pytest.approx(months, abs=1e-6)


@given(st.floats(0.001, 1), st.integers(1, 120))
def test_the_annuity_factor_is_its_closed_form(rate: float, months: int) -> None:
    by_month = math.exp(math.log1p(rate) / 12) - 1
    assert annuity_factor(rate, months) == pytest.approx(
        (1 - (1 + rate) ** (-months / 12)) / by_month / 12
    )
    assert annual_rate(monthly_rate(rate)) == pytest.approx(rate)


def test_a_commitment_list_implies_the_price_to_fall() -> None:
    """1 + r + r^2 = 3 * 43.16 / 62.92, solved as a quadratic."""
    kept = (-1 + math.sqrt(1 + 4 * (3 * 43.16 / 62.92 - 1))) / 2
    assert implied_decline_per_year(62.92, 43.16, 3) == pytest.approx(1 - kept)
    assert implied_decline_per_year(62.92, 62.92, 3) == pytest.approx(0)
    assert implied_decline_per_year(62.92, 70, 3) is None
