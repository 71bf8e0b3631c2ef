"""Own against cloud on a pair of prices: published figures, closed forms, and a plain second model."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.analysis.breakeven.compare import compare, utilization_rule
from finops.analysis.breakeven.inputs import defaults

SERVER = {"own.price": 250141.80, "own.running": 6.37, "cloud.on_demand": 98.32}


def values(**given: float) -> dict[str, float]:
    return defaults() | SERVER | {name.replace("__", "."): value for name, value in given.items()}


@pytest.mark.parametrize(
    ("price", "hours"), [(98.32, 2720.4), (62.92, 4423.4), (43.16, 6799.2), (39.32, 7591.6)]
)
def test_hours_of_the_published_prices(price: float, hours: float) -> None:
    own = compare(values(cloud__on_demand=price)).options[0]
    assert own.breakeven_hours == pytest.approx(hours, abs=0.05)
    assert own.breakeven_months == pytest.approx(hours / 730, abs=1e-4)
    assert own.payback_months == pytest.approx(own.breakeven_months)


def test_the_comparator_of_the_same_paper() -> None:
    own = compare(values(cloud__on_demand=55.04)).options[0]
    assert own.breakeven_hours == pytest.approx(5139.5, abs=0.05)
    assert own.breakeven_months == pytest.approx(7.04, abs=0.005)


def test_utilization_axis() -> None:
    """(C/(730 T) + f) / (p - v), by hand."""
    found = compare(values(own__variable=2.0))
    assert found.options[0].breakeven_utilization == pytest.approx(
        (250141.80 / (730 * 60) + 6.37) / (98.32 - 2.0)
    )
    assert dict(found.rule)[12] == pytest.approx((250141.80 / 8760 + 6.37) / 96.32)
    assert utilization_rule(values(own__variable=99.0), 12) is None


@pytest.mark.parametrize("axis", ["utilization", "price", "units"])
def test_at_break_even_both_cost_the_same(axis: str) -> None:
    given_values = values(own__facility=9e6, own__staff=0.5, own__salary=120000, demand__units=3)
    own = compare(given_values).options[0]
    assert own.breakeven_utilization is not None
    if axis == "utilization":
        given_values["demand.utilization"] = own.breakeven_utilization
    elif axis == "price":
        assert own.breakeven_price_per_hour is not None
        given_values["cloud.on_demand"] = own.breakeven_price_per_hour
    else:
        assert own.breakeven_units is not None
        totals = []
        for units in (own.breakeven_units - 1, own.breakeven_units):
            options = compare({**given_values, "demand.units": units}).options
            totals.append(options[1].total_cost - options[0].total_cost)
        assert totals[0] < 0 <= totals[1]
        return
    options = compare(given_values).options
    assert options[0].total_cost == pytest.approx(options[1].total_cost)


def test_it_may_never_pay_back() -> None:
    own = compare(values(demand__utilization=0.05)).options[0]
    assert own.breakeven_hours is None
    assert own.payback_months is None
    assert own.irr is None
    assert own.npv is not None
    assert own.npv < -250141.80
    assert own.reasons["breakeven_hours"] == (
        "never pays back: an hour rented costs 98.32, an hour owned and used 127.40 before its hardware"
    )
    assert own.reasons["payback_months"] == "never pays back within 60 months"


def test_lead_time_is_paid_at_the_interim_price() -> None:
    at_once = compare(values()).options[0].payback_months
    late = compare(values(own__hardware_lead_time=3, own__power_lead_time=2)).options[0]
    assert late.payback_months == pytest.approx(3 + (at_once or 0))
    dear = compare(values(own__hardware_lead_time=3, cloud__interim=100.0)).savings
    assert list(dear[1:4]) == pytest.approx([730 * (98.32 - 100.0)] * 3)


def plain_npv(v: dict[str, float]) -> float:
    """NPV of owning a unit instead of renting it, month by month, in plain words."""
    worth, spent = -v["own.price"], v["own.price"]
    months = int(v["time.horizon"])
    for month in range(1, months + 1):
        factor = (1 + v["money.discount_rate"]) ** (-month / 12)
        price = v["cloud.on_demand"] * (1 - v["cloud.decline"]) ** ((month - 1) / 12)
        need = v["demand.utilization"] * 730 * (1 + v["demand.growth"]) ** ((month - 1) / 12)
        served = min(need, 730)
        live = min(max(month - v["own.hardware_lead_time"], 0), 1)
        saved = live * (served * (price - v["own.variable"]) - 730 * v["own.running"])
        written = spent / 60 if month <= 60 else 0
        worth += factor * (saved * (1 - v["money.tax_rate"]) + written * v["money.tax_rate"])
    left = spent - spent / 60 * min(months, 60)
    end = v["own.residual"] * spent * (1 - v["money.tax_rate"]) + left * v["money.tax_rate"]
    return float(worth + factor * end)


@given(
    st.fixed_dictionaries(
        {
            "demand.utilization": st.floats(0, 1.5),
            "demand.growth": st.floats(-0.5, 1),
            "cloud.decline": st.floats(0, 0.6),
            "own.hardware_lead_time": st.floats(0, 30),
            "own.residual": st.floats(0, 1),
            "own.variable": st.floats(0, 20),
            "money.tax_rate": st.floats(0, 0.5),
            "money.discount_rate": st.floats(0, 0.5),
            "time.horizon": st.integers(1, 90).map(float),
        }
    )
)
def test_npv_equals_a_plain_second_model(drawn: dict[str, float]) -> None:
    v = values() | drawn
    assert compare(v).options[0].npv == pytest.approx(plain_npv(v), rel=1e-9, abs=1e-4)


def test_tokens_and_levelized_cost() -> None:
    """1,000 M tokens a month at 2.00 each: owning breaks even where its monthly cost is 2.00 a million."""
    v = values(demand__output_tokens=1000, demand__valid_share=0.8, api__output=2.0)
    found = compare(v)
    own, _, api = found.options
    monthly = 250141.80 / 60 + 730 * 6.37
    assert own.breakeven_million_tokens_per_month == pytest.approx(monthly / 2.0)
    assert api.cost_per_million_valid_tokens == pytest.approx(2.0 / 0.8)
    by_month = 1.1 ** (1 / 12) - 1
    worth = (1 - 1.1**-5) / by_month
    assert own.cost_per_million_valid_tokens == pytest.approx(
        (250141.80 + 730 * 6.37 * worth) / (800 * worth)
    )
    assert own.equivalent_annual_cost == pytest.approx(250141.80 / worth * 12 + 730 * 12 * 6.37)


def test_power_site_and_people_by_hand() -> None:
    v = values(
        own__running=0,
        own__idle_power=2.0,
        own__max_power=10.0,
        own__pue=1.5,
        own__tariff=0.10,
        own__colocation=100.0,
        own__support=0.12,
        own__failure_rate=0.06,
        own__staff=0.25,
        own__salary=144000,
        own__licences=50,
        demand__utilization=0.5,
    )
    month = compare(v).static
    assert month.used == pytest.approx(8.0 * 1.5 * 0.10)
    assert month.fixed == pytest.approx(
        2.0 * 1.5 * 0.10 * 730 + 10 * 100 + 250141.80 * 0.18 / 12 + 0.25 * 12000 + 50
    )
