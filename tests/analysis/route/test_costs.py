"""The arithmetic of routing: published figures, a request-by-request second computation, laws."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.analysis.route.costs import (
    Design,
    RouteCosts,
    SelfHosted,
    Split,
    blended_cost_ratio,
    break_even_escalation,
    largest_cost_ratio,
    parts,
)
from finops.model.money import divide, total

D = Decimal

RATES = st.decimals(min_value=0, max_value=2, places=4)
COUNTS = st.integers(min_value=0, max_value=200)
SPLITS = st.builds(Split, COUNTS, COUNTS, COUNTS).filter(lambda split: split.requests > 0)
COSTS = st.builds(RouteCosts, RATES, RATES, RATES, RATES)
DESIGNS = st.sampled_from(Design)

STEP = Fraction(1, 10**23)
"""What a quotient of the ledger's 24 decimals may be off by, with room."""


def saving(split: Split, costs: RouteCosts, design: Design = Design.CASCADE) -> Decimal:
    return 1 - blended_cost_ratio(split, costs, design)


def percent(value: Decimal, places: str = "0.1") -> str:
    return str((value * 100).quantize(D(places)))


@pytest.mark.parametrize(
    ("small_is_one_of", "escalated", "cascade", "router"),
    [
        (15, 15, "78.3", "79.3"),
        (15, 30, "63.3", "65.3"),
        (30, 15, "81.7", "82.2"),
        (30, 30, "66.7", "67.7"),
    ],
)
def test_the_published_grid(
    small_is_one_of: int, escalated: int, cascade: str, router: str
) -> None:
    split = Split(100 - escalated, escalated, 0)
    costs = RouteCosts(divide(D(1), small_is_one_of))
    assert percent(saving(split, costs, Design.CASCADE)) == cascade
    assert percent(saving(split, costs, Design.ROUTER)) == router


def test_eighty_percent_small_at_a_twentieth_saves_75_percent_not_95() -> None:
    assert saving(Split(80, 20, 0), RouteCosts(D("0.05"))) == D("0.75")
    assert saving(Split(80, 20, 0), RouteCosts(D("0.05")), Design.ROUTER) == D("0.76")


@pytest.mark.parametrize(
    ("all_large", "cascade", "published"),
    [("33.1", "0.6", "98.19"), ("9.7", "2.6", "73.20"), ("72.5", "29.6", "59.17")],
)
def test_frugalgpt_comes_out_from_its_printed_costs(
    all_large: str, cascade: str, published: str
) -> None:
    """Table 3 adds up every call of the cascade: its cost over the large model's is our ratio.

    Half the queries are escalated here, and what comes before is what is left of the printed cost.
    """
    large, paid = D(all_large), D(cascade)
    escalated = int(paid / large / 2 * 10_000)
    before = divide(paid, large) - D(escalated) / 10_000
    found = saving(Split(10_000 - escalated, escalated, 0), RouteCosts(before))
    assert percent(found, "0.01") == published


def test_frugalgpt_2024_headline_is_18_times_cheaper() -> None:
    ratio = blended_cost_ratio(
        Split(1, 0, 0), RouteCosts(divide(D("0.000183"), D("0.003330555"))), Design.CASCADE
    )
    assert (1 / ratio).quantize(D("0.1")) == D("18.2")


def one_by_one(split: Split, costs: RouteCosts, design: Design) -> Fraction:
    """What every request pays, added up: the second computation, in fractions."""
    small, verifier, growth, router = map(Fraction, costs)
    bill = []
    for place in range(split.requests):
        if place < split.forced:
            bill.append(Fraction(1))
            continue
        is_kept = place < split.forced + split.kept
        if design is Design.ROUTER:
            bill.append(router + (small if is_kept else 1))
        else:
            bill.append(small + verifier + (0 if is_kept else 1 + growth))
    return sum(bill, Fraction(0))


@given(SPLITS, COSTS, DESIGNS)
def test_every_request_paid_one_by_one_comes_to_the_same(
    split: Split, costs: RouteCosts, design: Design
) -> None:
    paid = one_by_one(split, costs, design)
    assert Fraction(total(part.amount for part in parts(split, costs, design))) == paid
    ratio = Fraction(blended_cost_ratio(split, costs, design))
    assert abs(ratio - paid / split.requests) <= STEP


@given(SPLITS, COSTS, DESIGNS)
def test_cost_lies_between_its_cheapest_and_its_dearest_request(
    split: Split, costs: RouteCosts, design: Design
) -> None:
    alone = [
        blended_cost_ratio(Split(*(int(place == way) for place in range(3))), costs, design)
        for way, count in enumerate(split)
        if count
    ]
    ratio = blended_cost_ratio(split, costs, design)
    assert min(alone) - D(STEP.numerator) / STEP.denominator <= ratio
    assert ratio <= max(alone) + D(STEP.numerator) / STEP.denominator


@given(SPLITS, COSTS, DESIGNS)
def test_at_the_break_even_escalation_all_large_costs_the_same(
    split: Split, costs: RouteCosts, design: Design
) -> None:
    found = break_even_escalation(split, costs, design)
    if found is None:
        return
    forced = Fraction(split.forced, split.requests)
    sent_on = Fraction(found) - forced
    kept = 1 - forced - sent_on
    small, verifier, growth, router = map(Fraction, costs)
    if design is Design.ROUTER:
        cost = (1 - forced) * router + kept * small + sent_on + forced
    else:
        cost = (1 - forced) * (small + verifier) + sent_on * (1 + growth) + forced
    assert abs(cost - 1) <= 10 * STEP


@given(SPLITS, COSTS, DESIGNS)
def test_saving_is_of_one_sign_on_each_side_of_the_break_even(
    split: Split, costs: RouteCosts, design: Design
) -> None:
    found = break_even_escalation(split, costs, design)
    at_large = D(split.escalated + split.forced) / split.requests
    ratio = blended_cost_ratio(split, costs, design)
    if found is None:
        assert ratio >= 1 or split.forced == split.requests
    elif at_large < found - D("1e-20"):
        assert ratio < 1
    elif at_large > found + D("1e-20"):
        assert ratio > 1


@given(SPLITS, COSTS, DESIGNS)
def test_at_the_largest_cost_ratio_nothing_is_saved(
    split: Split, costs: RouteCosts, design: Design
) -> None:
    found = largest_cost_ratio(split, costs, design)
    if found is not None:
        ratio = blended_cost_ratio(split, costs._replace(small=found), design)
        assert abs(Fraction(ratio) - 1) <= 10 * STEP


def test_break_even_is_what_the_small_model_and_its_verifier_leave() -> None:
    costs = RouteCosts(D("0.05"), verifier=D("0.02"))
    assert break_even_escalation(Split(1, 0, 0), costs, Design.CASCADE) == D("0.93")
    dear = RouteCosts(D("0.9"), verifier=D("0.2"))
    assert break_even_escalation(Split(1, 0, 0), dear, Design.CASCADE) is None


def test_growth_and_verifier_can_turn_a_saving_into_a_loss() -> None:
    split = Split(30, 70, 0)
    assert saving(split, RouteCosts(D("0.2"))) == D("0.1")
    costs = RouteCosts(D("0.2"), verifier=D("0.05"), context_growth=D("0.1"))
    assert saving(split, costs) == D("-0.02")


def test_a_forced_request_pays_the_large_model_and_nothing_else() -> None:
    costs = RouteCosts(D("0.5"), D("0.5"), D("0.5"), D("0.5"))
    for design in Design:
        assert blended_cost_ratio(Split(0, 0, 7), costs, design) == 1


def test_a_half_empty_model_of_ones_own_costs_twice_as_much() -> None:
    full = SelfHosted(D("3.60"), D(1000), D(1))
    assert full.cost_per_million_tokens == 1
    assert full._replace(utilization=D("0.5")).cost_per_million_tokens == 2
