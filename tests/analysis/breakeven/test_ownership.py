"""Own the base, rent the peak: the marginal rule against brute force over every number of units."""

from __future__ import annotations

import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.analysis.breakeven.inputs import defaults
from finops.analysis.breakeven.ownership import (
    UnitCosts,
    own_base,
    rented_hours,
    served_share,
    unit_costs,
)

DAY = 24
PRICES = UnitCosts(fixed=1.0, used=0.2, rented=2.7)
"""A unit is worth owning above 1.0 / (2.7 - 0.2) = 40 % of its hours."""


def brute_force(demand: list[float], costs: UnitCosts) -> tuple[int, float]:
    """The cheapest number of units to own, everything else rented by the hour; the fewest of equals."""
    totals = []
    for units in range(math.ceil(max(demand)) + 1):
        used = sum(min(need, units) for need in demand)
        rented = sum(max(need - units, 0) for need in demand)
        totals.append(len(demand) * units * costs.fixed + used * costs.used + rented * costs.rented)
    best = min(totals)
    return next(u for u, it in enumerate(totals) if it <= best + 1e-9 * max(1, abs(best))), best


@pytest.mark.parametrize(
    ("rented", "flat_units", "switched_units"),
    [(2.7, 4, 8), (2.0, 4, 0), (1.1, 0, 0)],
)
def test_demand_of_one_mean_wants_other_units_when_it_switches(
    rented: float, flat_units: int, switched_units: int
) -> None:
    costs = PRICES._replace(rented=rented)
    flat = [4.0] * DAY
    switched = [8.0] * 12 + [0.0] * 12
    assert sum(flat) == sum(switched)
    for demand, units in ((flat, flat_units), (switched, switched_units)):
        found = own_base(demand, costs)
        assert found.units == units == brute_force(demand, costs)[0]
        assert found.cost == pytest.approx(brute_force(demand, costs)[1])


@given(
    st.lists(st.floats(0, 6), min_size=1, max_size=30),
    st.floats(0, 3),
    st.floats(0, 3),
    st.floats(0.01, 5),
)
def test_the_marginal_rule_is_what_brute_force_finds(
    demand: list[float], fixed: float, used: float, rented: float
) -> None:
    costs = UnitCosts(fixed, used, rented)
    found = own_base(demand, costs)
    _, cost = brute_force(demand, costs)
    assert found.cost == pytest.approx(cost, abs=1e-6)
    threshold = found.threshold
    for level in found.levels:
        if threshold is not None and abs(level.load_factor - threshold) > 1e-6:
            assert (level.unit <= found.units) == (level.load_factor > threshold)


def cheapest_rentals(use: list[float], minimum: float, start_up: float) -> float:
    """Every way to bridge or not to bridge the gaps between runs, tried."""
    runs: list[tuple[int, int]] = []
    for hour, used in enumerate(use):
        if used and runs and runs[-1][1] == hour:
            runs[-1] = (runs[-1][0], hour + 1)
        elif used:
            runs.append((hour, hour + 1))
    if not runs:
        return 0.0
    best = math.inf
    for bridged in product([False, True], repeat=len(runs) - 1):
        rentals = [list(runs[0])]
        for bridge, (start, end) in zip(bridged, runs[1:], strict=True):
            if bridge:
                rentals[-1][1] = end
            else:
                rentals.append([start, end])
        best = min(best, sum(max(minimum, end - start + start_up) for start, end in rentals))
    return best


@given(
    st.lists(st.sampled_from([0.0, 1.0]), max_size=18),
    st.integers(0, 6).map(float),
    st.integers(0, 3).map(float),
)
def test_rentals_bridge_idle_time_only_where_that_is_cheaper(
    use: list[float], minimum: float, start_up: float
) -> None:
    if not minimum and not start_up:
        assert rented_hours(use, 0, 0) == sum(use)
    else:
        assert rented_hours(use, minimum, start_up) == cheapest_rentals(use, minimum, start_up)


def test_a_minimum_rental_makes_a_spiky_unit_worth_owning() -> None:
    spiky = [1.0, 0, 0, 0, 0, 0, 0, 0] * 3
    costs = UnitCosts(fixed=1.0, used=0.0, rented=3.0)
    assert own_base(spiky, costs).units == 0
    assert own_base(spiky, costs._replace(minimum_rental=4.0)).units == 1


def test_what_a_unit_costs_by_the_hour() -> None:
    v = defaults() | {"own.price": 43800.0, "own.running": 0.5, "cloud.on_demand": 4.0}
    costs = unit_costs(v | {"money.discount_rate": 0.0, "own.facility": 1e9})
    assert costs.fixed == pytest.approx(43800 / (60 * 730) + 0.5)
    assert (costs.used, costs.rented) == (0.0, 4.0)
    assert costs.threshold == pytest.approx(1.5 / 4)


def test_share_that_owned_units_serve() -> None:
    assert served_share([8.0] * 12 + [0.0] * 12, 4) == 0.5
    assert served_share([], 4) == 1.0


def test_a_unit_that_is_down_half_its_time_saves_half() -> None:
    costs = UnitCosts(fixed=1.0, used=0.0, rented=1.8)
    assert own_base([1.0] * 4, costs).units == 1
    half = own_base([1.0] * 4, costs._replace(available=0.5))
    assert half.units == 0
    assert half.cost == pytest.approx(7.2)
    dear = own_base([1.0] * 4, costs._replace(available=0.5, rented=3.0))
    assert dear.units == 1
    assert dear.cost == pytest.approx(4 * (1.0 + 0.5 * 3.0))
