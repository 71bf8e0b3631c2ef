"""The derivation of each option: its steps lead, by the arithmetic they print, to the option's figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from finops.analysis.breakeven.compare import compare
from finops.analysis.breakeven.derivation import TOLD, breakeven_table
from finops.analysis.breakeven.inputs import Input, Origin, defaults
from finops.analysis.breakeven.ownership import with_load
from tests.analysis.arithmetic import check_number, recompute, value_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from finops.analysis.explanation import Line

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
RUNNING = {
    "own.max_power": 3.0,
    "own.idle_power": 1.0,
    "own.tariff": 0.2,
    "own.pue": 1.3,
    "own.staff": 0.1,
    "own.salary": 100_000.0,
    "money.inflation": 0.03,
    "own.downtime": 0.02,
    "own.headroom": 0.05,
    "own.variable": 0.1,
    "own.spares": 0.1,
    "own.support": 0.05,
    "own.network": 1000.0,
}
WORLDS: dict[str, Mapping[str, float]] = {
    "plain": {"demand.growth": 0.0, "cloud.decline": 0.0, "cloud.egress": 0.0},
    "growing": {},
    "taxed": {"money.tax_rate": 0.25, "own.lifetime": 6.5},
    "late": {
        "own.hardware_lead_time": 2.5,
        "cloud.run_off": 100.0,
        "cloud.run_off_months": 3.5,
        "cloud.interim": 2.0,
    },
    "free": {"money.discount_rate": 0.0},
    "even": {"demand.growth": 0.1, **RUNNING},
    "never": {"own.price": 10_000_000.0, "own.running": 9.0},
}


def sheets(values: Mapping[str, float], load: tuple[float, ...] = ()) -> dict[str, dict[str, Line]]:
    """Every option's steps by their names."""
    table = breakeven_table(compare(values, load=load), {}, "USD")
    return {str(row.names["option"]): {line.step: line for line in row.sheet} for row in table.rows}


def value(sheet: Mapping[str, Line], step: str) -> float:
    found = value_of(sheet[step])
    assert found is not None, step
    return float(found)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(
    ("against", "load"),
    [("cloud", ()), ("cloud", LOAD), ("api", ())],
    ids=["rent", "by hour", "api"],
)
def test_every_figure_is_what_its_lines_come_to(
    world: str, against: str, load: tuple[float, ...]
) -> None:
    """Of every option, where demand grows, hardware comes late, saving is taxed, money is free."""
    values = {**VALUES, "time.horizon": 9.0, **WORLDS[world]}
    values = with_load(values, load, 3.0) if load else values
    found = compare(values, against=against, load=load)
    table = breakeven_table(found, {}, "USD")
    assert len(table.rows) == len(found.options)
    for option, row in zip(found.options, table.rows, strict=True):
        assert set(row.numbers) == set(TOLD)
        for name, derive in row.numbers.items():
            check_number(name, getattr(option, name), derive())
        assert recompute(row.sheet) > 10
        assert len({line.step for line in row.sheet}) == len(row.sheet)


def test_equal_months_share_a_step() -> None:
    """Without growth, five years of owning are two steps: the order, and sixty equal months."""
    sheet = sheets({**VALUES, **WORLDS["plain"]})["own"]
    assert [name for name in sheet if name.startswith("own_cost")] == ["own_cost_0", "own_cost_1"]
    assert sheet["own_cost_1"].unit == "USD each, months 1 to 60"
    assert sheet["total_cost: months 1 to 60"].source == "= own_cost_1 x 60"


def test_the_cloud_is_the_sum_of_what_it_charges() -> None:
    """0.8 at 2.50 and 0.2 at 1.00 with a tenth done again: 2.22 an hour for 3 x 0.5 x 730 hours."""
    cloud = sheets(VALUES)["cloud"]
    assert cloud["price"].source == (
        "= on_demand_share x cloud.on_demand + cloud.spot_share x cloud.spot x (1 + cloud.rework)"
    )
    assert value(cloud, "price") == pytest.approx(2.22)
    assert value(cloud, "cloud_cost_1") == pytest.approx(1095 * 2.22 + 10)
    last = 1095 * 1.2 ** (59 / 12) * 2.22 * 0.9 ** (59 / 12) + 10
    assert value(cloud, "cloud_cost_60") == pytest.approx(last)


def test_an_api_is_tokens_times_prices() -> None:
    api = sheets(VALUES)["api"]
    assert value(api, "api_month") == pytest.approx(400 * 1.25 + 80 * 10)
    assert value(api, "api_cost_60") == pytest.approx(1300 * 1.2 ** (59 / 12))


def test_the_base_is_owned_unit_by_unit() -> None:
    """Unit 1 works every hour and is cheaper owned, unit 2 works three hours of eight and is not."""
    hybrid = sheets(with_load(VALUES, LOAD, 3.0), LOAD)["hybrid"]
    assert value(hybrid, "demand.units") == 1
    assert hybrid["demand.units"].source == (
        "of 0 to 3 units the number with which the demand costs least"
    )
    assert value(hybrid, "saved") == pytest.approx(730 * 2.22 + 10)


def test_an_input_says_where_it_is_from() -> None:
    """A quoted price with its date, a measured demand, and what nobody said."""
    price = Input("cloud.on_demand", 2.5, "", Origin.QUOTED, "price list of Fog", "2026-10-01")
    table = breakeven_table(compare(VALUES), {"cloud.on_demand": price}, "EUR")
    (own, *_) = table.rows
    lines = {line.step: line for line in own.numbers["breakeven_months"]().lines}
    assert lines["cloud.on_demand"].source == "quoted: price list of Fog, 2026-10-01"
    assert lines["cloud.on_demand"].unit == "EUR/unit/hour"
    assert lines["own.price"].source == "assumed: the default, as nothing says otherwise"
    assert "own.lifetime" not in lines
    assert lines["breakeven_months"].source == "= capex / saved"


def test_a_figure_that_is_not_there_says_why() -> None:
    own = breakeven_table(compare({**VALUES, **WORLDS["never"]}), {}, "USD").rows[0]
    found = own.numbers["breakeven_hours"]()
    assert found.value is None
    assert found.lines[-1].source.startswith("never pays back")
