"""The fleet of a routed demand: counted by hand, and held to what must be true of any."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.analysis.route.answer import Plan, route
from finops.analysis.route.costs import Design, RouteCosts, Split
from finops.analysis.route.fleet import Accelerator, Fleet, ServedModel, Site, fleet_effect
from finops.analysis.route.fleet_file import MeasuredDemand, parse_fleet
from finops.analysis.route.fleet_steps import Placed, fleet_table
from finops.errors import ConfigError, UsageError
from finops.report.route_fleet import fleet_report
from tests.analysis.arithmetic import check_table
from tests.analysis.route.test_sweep import TEN

H100 = Accelerator("h100", 8, Decimal("10.2"), 4)
L40S = Accelerator("l40s", 8, Decimal("3.5"), 4)
LARGE = ServedModel("h100", Decimal(2600), 4, Decimal(1800))
SMALL = ServedModel("l40s", Decimal(1500), 1, Decimal(1500))
FLEET = Fleet({"h100": H100, "l40s": L40S}, SMALL, LARGE, Decimal(35), Decimal("0.7"))
SPLIT = Split(kept=80, escalated=15, forced=5)


def test_a_cascade_by_hand() -> None:
    """35 x 1800 / 1820 = 34.6 replicas of 4; a fifth of it 6.9; 95 % of 35 x 1500 / 1050 = 47.5."""
    found = fleet_effect(FLEET, SPLIT, Design.CASCADE, Decimal(0))
    assert [need.accelerators for need in found.before] == [35 * 4, 0]
    assert [need.accelerators for need in found.after] == [7 * 4, 48]
    large, small = found.after
    assert (large.nodes, large.racks, large.kw, large.kw_per_rack) == (
        4, 1, Decimal("40.8"), Decimal("40.8"),
    )  # fmt: skip
    assert (small.nodes, small.racks, small.kw, small.kw_per_rack) == (
        6, 2, Decimal("21.0"), Decimal("14.0"),
    )  # fmt: skip


def test_a_router_asks_the_small_model_only_what_it_keeps() -> None:
    found = fleet_effect(FLEET, SPLIT, Design.ROUTER, Decimal("0.5"))
    assert [need.accelerators for need in found.after] == [28, 40]


def test_context_growth_makes_the_large_model_s_part_larger() -> None:
    """(5 + 15 x 1.5) / 100 of 34.6 replicas is 9.5."""
    found = fleet_effect(FLEET, SPLIT, Design.CASCADE, Decimal("0.5"))
    assert found.after[0].accelerators == 10 * 4


def test_a_model_behind_an_api_needs_nothing_here() -> None:
    found = fleet_effect(FLEET._replace(small=None), SPLIT, Design.CASCADE, Decimal(0))
    assert [need.accelerators for need in found.after] == [28, 0]
    with pytest.raises(UsageError, match="neither"):
        fleet_effect(FLEET._replace(small=None, large=None), SPLIT, Design.CASCADE, Decimal(0))


def test_sites_are_limited_by_the_power_of_a_rack() -> None:
    sites = (
        Site("enough", Decimal(41), 5),
        Site("one node a rack", Decimal(17), 6),
        Site("too thin", Decimal(10), 99),
        Site("too few", Decimal(41), 1),
    )
    found = fleet_effect(FLEET._replace(sites=sites), SPLIT, Design.ROUTER, Decimal(0))
    enough, single, thin, few = found.sites
    assert (enough.before, enough.after, enough.becomes_eligible) == (None, None, False)
    assert single.before == "18 racks at 17 kW are needed, 6 are there"
    assert (single.after, single.becomes_eligible) == (None, True)
    assert thin.after == "a node of h100 needs 10.2 kW, a rack there has 10 kW"
    assert thin.parts == ("l40s",)
    assert few.after == "3 racks at 41 kW are needed, 1 are there"
    assert few.parts == ("h100",)


@given(
    st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.sampled_from(list(Design)),
    st.decimals("0.1", 500, places=1), st.decimals("0.05", 1, places=2),
)  # fmt: skip
def test_what_is_needed_serves_the_demand_and_one_replica_less_does_not(
    kept: int, escalated: int, forced: int, design: Design, rate: Decimal, busy: Decimal
) -> None:
    split = Split(kept, escalated, forced)
    if not split.requests:
        return
    fleet = FLEET._replace(requests_per_second=rate, max_busy=busy)
    found = fleet_effect(fleet, split, design, Decimal(0))
    asked = {
        "h100": (LARGE, Fraction(escalated + forced, split.requests)),
        "l40s": (
            SMALL,
            Fraction(kept + (escalated if design is Design.CASCADE else 0), split.requests),
        ),
    }
    for need in found.after:
        model, share = asked[need.accelerator]
        replicas = need.accelerators // model.per_replica
        one = Fraction(model.tokens_per_second) * Fraction(busy)
        tokens = Fraction(rate) * share * Fraction(model.tokens_per_request)
        assert replicas * one >= tokens
        assert replicas == 0 or (replicas - 1) * one < tokens
        assert need.nodes == math.ceil(need.accelerators / 8)
        assert need.nodes * 8 >= need.accelerators
        assert need.kw_per_rack * need.racks >= need.kw


TEXT = """
accelerators:
  h100: { per_node: 8, node_kw: 10.2, nodes_per_rack: 4 }
large: { accelerator: h100, tokens_per_second: 2600, per_replica: 4 }
sites: [{ name: Oslo, kw_per_rack: 8, racks: 40 }]
"""


def test_what_a_file_leaves_out_is_measured() -> None:
    measured = MeasuredDemand(Decimal("0.5"), Decimal(100), Decimal(200))
    found = parse_fleet(TEXT, "f.yaml", measured)
    assert found.requests_per_second == Decimal("0.5")
    assert found.large == ServedModel("h100", Decimal(2600), 4, Decimal(200))
    assert (found.small, found.max_busy) == (None, Decimal("0.8"))
    assert found.sites == (Site("Oslo", Decimal(8), 40),)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("node_kw: 10.2, ", "", "f.yaml: accelerators.h100.node_kw is missing"),
        ("node_kw: 10.2", "node_kw: -1", "accelerators.h100.node_kw = -1: "),
        ("racks: 40", "racks: 1.5", "sites.1.racks = Decimal('1.5')"),
        ("racks: 40", "rack: 40", "sites.1.rack is not a known key"),
        ("accelerator: h100", "accelerator: b200", "'b200' is not among accelerators: h100"),
        ("large:", "huge:", "huge is not a known key"),
        (TEXT, "- 1", "f.yaml: "),
    ],
)
def test_what_is_wrong_in_a_file_is_named(old: str, new: str, words: str) -> None:
    measured = MeasuredDemand(Decimal(1), Decimal(1), Decimal(1))
    with pytest.raises(ConfigError) as caught:
        parse_fleet(TEXT.replace(old, new), "f.yaml", measured)
    assert words in caught.value.message


def test_nothing_is_assumed_of_the_demand() -> None:
    with pytest.raises(ConfigError, match="requests_per_second is missing"):
        parse_fleet(TEXT, "f.yaml", None)
    with pytest.raises(ConfigError, match=r"large\.tokens_per_request is missing"):
        parse_fleet(f"{TEXT}demand: {{ requests_per_second: 3 }}", "f.yaml", None)


@pytest.mark.parametrize("design", list(Design))
@pytest.mark.parametrize("small", [SMALL, None], ids=["own", "api"])
def test_every_number_is_derived_from_the_file_and_the_threshold(
    design: Design, small: ServedModel | None
) -> None:
    fleet = FLEET._replace(small=small)
    growth = Decimal("0.5")
    effect = fleet_effect(fleet, SPLIT, design, growth)
    found = route(TEN, Plan(RouteCosts(Decimal("0.1")), thresholds=(Decimal("0.5"),)))
    report = fleet_report(found, found.points[0], fleet, effect)
    measured = MeasuredDemand(Decimal(35), Decimal(1500), Decimal(9))
    table = fleet_table(fleet, effect, Placed("fleet.yaml", SPLIT, design, growth, measured))
    assert check_table(table, report) == 3 * 12
    lines = {line.step: line for line in table.rows[0].numbers["kw_after"]().lines}
    assert lines["requests_per_second"].source.startswith("measured: calls of either model")
    assert lines["large_tokens_per_request"].source == "fleet.yaml: large.tokens_per_request"
    assert lines["kw_after"].source == "= nodes_after x node_kw"
