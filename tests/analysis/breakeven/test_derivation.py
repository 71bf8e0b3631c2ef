"""The derivation of each option: its steps lead, by the arithmetic they print, to the option's figures."""

from __future__ import annotations

import pytest

from finops.analysis.breakeven.compare import compare
from finops.analysis.breakeven.derivation import Line, derivation
from finops.analysis.breakeven.inputs import defaults

VALUES = {
    **defaults(),
    "own.price": 43800.0,
    "own.residual": 0.1,
    "demand.units": 3.0,
    "demand.utilization": 0.5,
    "demand.growth": 0.2,
    "demand.input_tokens": 400.0,
    "demand.output_tokens": 80.0,
    "cloud.on_demand": 2.5,
    "cloud.spot": 1.0,
    "cloud.spot_share": 0.2,
    "cloud.rework": 0.1,
    "cloud.decline": 0.1,
    "cloud.egress": 10.0,
    "api.input": 1.25,
    "api.output": 10.0,
}
LOAD = (3.0, 1.0, 1.0, 1.0, 2.0, 2.0, 1.0, 1.0)


def steps(load: tuple[float, ...] = LOAD) -> dict[tuple[str, str], Line]:
    lines = derivation(compare(VALUES, load=load), "USD")
    found = {(line.option, line.step): line for line in lines}
    assert len(found) == len(lines)
    return found


def test_every_option_is_derived_to_its_own_totals() -> None:
    answers = {option.option: option for option in compare(VALUES, load=LOAD).options}
    found = steps()
    assert set(answers) == {option for option, _ in found} == {"own", "cloud", "api", "hybrid"}
    for name, answer in answers.items():
        assert found[name, "total cost"].value == answer.total_cost
        assert found[name, "present cost"].value == answer.present_cost
        assert found[name, "equivalent annual cost"].value == answer.equivalent_annual_cost
        assert found[name, "cost per million valid tokens"].value == (
            answer.cost_per_million_valid_tokens
        )


def test_the_cloud_is_the_sum_of_what_it_charges() -> None:
    """0.8 at 2.50 and 0.2 at 1.00 with a tenth done again: 2.22 an hour for 3 x 0.5 x 730 hours."""
    found = steps()
    assert found["cloud", "paid on demand"].value == pytest.approx(2.0)
    assert found["cloud", "paid spot, with rework"].value == pytest.approx(0.22)
    assert found["cloud", "price of an hour rented"].value == pytest.approx(2.22)
    assert found["cloud", "cost of month 1"].value == pytest.approx(1095 * 2.22 + 10)
    last = 1095 * 1.2 ** (59 / 12) * 2.22 * 0.9 ** (59 / 12) + 10
    assert found["cloud", "cost of month 60"].value == pytest.approx(last)


def test_an_api_is_tokens_times_prices() -> None:
    found = steps()
    assert found["api", "input tokens of month 1"].value == pytest.approx(500)
    assert found["api", "output tokens of month 1"].value == pytest.approx(800)
    assert found["api", "cost of month 60"].value == pytest.approx(1300 * 1.2 ** (59 / 12))


def test_the_base_is_owned_unit_by_unit() -> None:
    """Unit 1 works every hour and is cheaper owned, unit 2 works three hours of eight and is not."""
    found = steps()
    assert (found["hybrid", "unit 1, owned"].value or 0) < 0
    assert (found["hybrid", "unit 2, rented"].value or 0) > 0
    assert found["hybrid", "units owned"].value == 1
    hybrid = next(o for o in compare(VALUES, load=LOAD).options if o.option == "hybrid")
    assert found["hybrid", "net present value"].value == hybrid.npv
    assert found["hybrid", "break-even in months"].value == hybrid.breakeven_months
    assert found["hybrid", "saved a month"].formula == "730.00 x (2.2200 - 0.0000) - -10.00"


def test_a_base_of_nothing_is_said_to_be_none() -> None:
    dear = {**VALUES, "own.price": 10_000_000.0}
    lines = derivation(compare(dear, load=LOAD), "USD")
    hybrid = {line.step: line.value for line in lines if line.option == "hybrid"}
    assert hybrid["units owned"] == 0
    assert "saved a month" not in hybrid
    assert (
        hybrid["total cost"]
        == {line.step: line.value for line in lines if line.option == "cloud"}["total cost"]
    )
