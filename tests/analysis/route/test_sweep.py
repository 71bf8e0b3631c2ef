"""The sweep, the choice and the whole answer: exact small cases, a plain second computation, laws."""

from __future__ import annotations

import math
import random
from decimal import Decimal
from statistics import fmean
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.analysis.derived.arithmetic import amount
from finops.analysis.route.answer import Money, Plan, Routing, route
from finops.analysis.route.choice import Choice, Rule
from finops.analysis.route.costs import Design, RouteCosts, SelfHosted
from finops.analysis.route.derivation import route_table
from finops.analysis.route.scores import Scores
from finops.analysis.route.sweep import DEFAULT_THRESHOLDS
from finops.api.route import Routed
from finops.errors import InputError, UsageError
from finops.report.route import route_report
from tests.analysis.arithmetic import check_table, recompute
from tests.analysis.ledgers import OCTOBER

if TYPE_CHECKING:
    from finops.analysis.explanation import Line

D = Decimal
TWENTIETH = RouteCosts(D("0.05"))

TEN = Scores(
    confidence=(0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
    small_correct=(0, 0, 1, 0, 1, 0, 1, 1, 1, 1),
    large_correct=(1, 1, 1, 1, 1, 1, 1, 0, 1, 1),
    risk=("low", "low", "low", "low", "low", "low", "low", "low", "low", "high"),
    small_ms=tuple(range(100, 200, 10)),
    large_ms=tuple(range(1000, 2000, 100)),
)


def at(found: Routing, threshold: str) -> dict[str, object]:
    (row,) = [row for row in route_report(found).rows if row["threshold"] == D(threshold)]
    return dict(row)


def test_one_threshold_worked_out_by_hand() -> None:
    """At 0.5 five of ten stay small (0.5 itself does); four of them are right."""
    row = at(route(TEN, Plan(TWENTIETH)), "0.5")
    assert row == {
        "threshold": D("0.5"),
        "kept_share": 0.5,
        "escalation_rate": 0.5,
        "forced_share": 0.0,
        "accuracy": 0.9,
        "quality_delta": 0.0,
        "kept_accuracy": 0.8,
        "blended_cost_ratio": D("0.55"),
        "saving": D("0.45"),
        "cost_per_request": None,
        "escalated_p99_ms": 1540.0,
        "p99_ms": 1540.0,
        "verdict": "saves",
    }


def test_a_class_that_may_never_stay_small_does_not() -> None:
    row = at(route(TEN, Plan(TWENTIETH, never_small=("high",))), "0")
    assert (row["kept_share"], row["escalation_rate"], row["forced_share"]) == (0.9, 0.1, 0.1)
    assert row["blended_cost_ratio"] == D("0.145")
    assert row["p99_ms"] == 1900.0
    assert row["escalated_p99_ms"] is None


def test_a_request_without_a_class_is_not_cleared() -> None:
    scores = Scores((0.9, 0.9), risk=("low", None))
    row = at(route(scores, Plan(TWENTIETH, never_small=("high",))), "0")
    assert row["forced_share"] == 0.5


def test_router_first_adds_no_delay_and_pays_each_request_once() -> None:
    costs = RouteCosts(D("0.05"), router=D("0.01"))
    row = at(route(TEN, Plan(costs, Design.ROUTER)), "0.5")
    assert row["blended_cost_ratio"] == D("0.535")
    assert row["escalated_p99_ms"] == 1400.0


def test_a_cascade_that_loses_money_says_so() -> None:
    found = route(TEN, Plan(RouteCosts(D("0.6")), thresholds=(D("0.5"),)))
    assert at(found, "0.5")["verdict"] == "loses money, chosen"
    assert route_report(found).notes[0] == (
        "It loses money at every threshold: asking the large model at once is cheaper."
    )
    some = route_report(route(TEN, Plan(TWENTIETH)))
    assert any("loses money from threshold 0.95 on" in note for note in some.notes)


def test_without_judgements_there_is_no_choice_and_the_reason() -> None:
    found = route(Scores((0.5, 0.9)), Plan(TWENTIETH))
    assert found.choice is None
    assert "no request has both models' answers judged" in (found.no_choice or "")
    report = route_report(found)
    assert report.extras["chosen"] is None
    assert set(report.rows[0]) == {column.name for column in report.columns}
    with pytest.raises(UsageError, match="no threshold was chosen"):
        Routed(found, report).derivation()


def test_a_class_nobody_has_is_named() -> None:
    notes = route_report(route(TEN, Plan(TWENTIETH, never_small=("hihg",)))).notes
    assert "No request is of class hihg; classes here: high, low." in notes


def test_nothing_to_route() -> None:
    with pytest.raises(InputError, match="no scored requests"):
        route(Scores(()), Plan(TWENTIETH))


# --- laws, and a second computation ----------------------------------------------------------

SHARES = st.integers(0, 100).map(lambda whole: whole / 100)
ROWS = st.lists(
    st.tuples(SHARES, st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from([0.0, 1.0]),
              st.sampled_from(["low", "high"]), st.integers(0, 500), st.integers(0, 5000)),
    min_size=1,
    max_size=60,
)  # fmt: skip
RATES = st.decimals(min_value=0, max_value=1, places=3)


def scores_of(rows: list[tuple[float, float, float, str, int, int]]) -> Scores:
    return Scores(*(tuple(column) for column in zip(*rows, strict=True)))


@given(ROWS, st.builds(RouteCosts, RATES, RATES, RATES, RATES), st.sampled_from(Design))
def test_a_plain_loop_finds_the_same(
    rows: list[tuple[float, float, float, str, int, int]], costs: RouteCosts, design: Design
) -> None:
    found = route(scores_of(rows), Plan(costs, design, never_small=("high",)))
    for point in found.points:
        quality, waits, waits_escalated, bill = [], [], [], D(0)
        for confidence, small, large, risk, fast, slow in rows:
            if risk == "high":
                quality.append(large)
                waits.append(slow)
                bill += 1
            elif confidence >= float(point.threshold):
                quality.append(small)
                waits.append(fast)
                bill += costs.small
                bill += costs.router if design is Design.ROUTER else costs.verifier
            else:
                took = slow if design is Design.ROUTER else fast + slow
                quality.append(large)
                waits.append(took)
                waits_escalated.append(took)
                bill += 1 + (
                    costs.router
                    if design is Design.ROUTER
                    else costs.small + costs.verifier + costs.context_growth
                )
        assert point.accuracy == pytest.approx(fmean(quality))
        assert point.quality_delta == pytest.approx(fmean(quality) - fmean(r[2] for r in rows))
        assert abs(point.blended_cost_ratio - bill / len(rows)) < D("1e-20")
        assert point.p99_ms == sorted(waits)[math.ceil(len(waits) * 99 / 100) - 1]
        if waits_escalated:
            waits_escalated.sort()
            assert (
                point.escalated_p99_ms == waits_escalated[-(-99 * len(waits_escalated) // 100) - 1]
            )


@given(ROWS, RATES)
def test_escalation_and_cost_never_fall_as_the_threshold_rises(
    rows: list[tuple[float, float, float, str, int, int]], rho: Decimal
) -> None:
    points = route(scores_of(rows), Plan(RouteCosts(rho))).points
    escalated = [point.split.escalated for point in points]
    assert escalated == sorted(escalated)
    costs = [point.blended_cost_ratio for point in points]
    assert costs == sorted(costs)
    assert all(point.saving + point.blended_cost_ratio == 1 for point in points)
    assert all(point.split.requests == len(rows) for point in points)
    assert all(rho <= point.blended_cost_ratio <= 1 + rho for point in points)


# --- choosing ----------------------------------------------------------------------------------


def calibrated(rows: int, seed: int = 1) -> Scores:
    """A small model that is right as often as it says; a large one that is right 93 times in 100."""
    rng = random.Random(seed)
    confidence = [round(rng.betavariate(4, 1.2), 3) for _ in range(rows)]
    return Scores(
        tuple(confidence),
        tuple(float(rng.random() < sure) for sure in confidence),
        tuple(float(rng.random() < 0.93) for _ in range(rows)),
    )


def chosen(scores: Scores, **rule: float) -> Choice:
    found = route(scores, Plan(TWENTIETH, rule=Rule(**rule)))  # type: ignore[arg-type]
    assert found.choice is not None
    return found.choice


def test_the_same_seed_gives_the_same_answer_and_another_one_may_not() -> None:
    scores = calibrated(800)
    assert chosen(scores, seed=3) == chosen(scores, seed=3)
    assert chosen(scores, seed=3).accuracy != chosen(scores, seed=4).accuracy


def test_the_choice_is_the_cheapest_that_keeps_the_quality_asked_for() -> None:
    scores = calibrated(4000)
    picked = chosen(scores, max_quality_loss=0.02)
    assert D("0.7") <= picked.threshold <= D("0.9")
    assert picked.calibration_rows + picked.held_out_rows == 4000
    assert picked.calibration_accuracy >= picked.target_accuracy
    looser = chosen(scores, max_quality_loss=0.1)
    assert looser.threshold < picked.threshold
    assert looser.saving.estimate > picked.saving.estimate
    for interval in (picked.accuracy, picked.quality_delta, picked.saving, picked.escalation_rate):
        assert interval.low <= interval.estimate <= interval.high


def test_the_interval_is_as_wide_as_the_normal_one_for_so_many_rows() -> None:
    picked = chosen(calibrated(4000))
    share = picked.accuracy.estimate
    half = 1.96 * math.sqrt(share * (1 - share) / picked.held_out_rows)
    assert (picked.accuracy.high - picked.accuracy.low) / 2 == pytest.approx(half, rel=0.1)


def test_quality_that_is_no_yes_or_no_is_drawn_the_same_way() -> None:
    rng = random.Random(5)
    rows = 300
    scores = Scores(
        tuple(rng.random() for _ in range(rows)),
        tuple(rng.random() for _ in range(rows)),
        tuple(rng.random() for _ in range(rows)),
    )
    picked = chosen(scores, max_quality_loss=0.2)
    assert picked.accuracy.low < picked.accuracy.estimate < picked.accuracy.high


def test_a_quality_no_threshold_reaches_is_said() -> None:
    unsure = TEN._replace(small_correct=(0.0,) * 10, large_correct=(0.5,) * 10)
    found = route(unsure, Plan(TWENTIETH, rule=Rule(min_accuracy=0.99)))
    assert found.choice is None
    assert "accuracy of 0.9900" in (found.no_choice or "")


def test_one_judged_request_cannot_be_split() -> None:
    found = route(Scores((0.5,), (1.0,), (1.0,)), Plan(TWENTIETH))
    assert found.no_choice == "1 judged requests cannot be split into calibration and held-out rows"


# --- the derivation ------------------------------------------------------------------------------


def sheet(found: Routing) -> dict[str, Line]:
    """The steps of the only threshold, each done again."""
    (row,) = route_table(found).rows
    assert recompute(row.sheet) > 8
    return {line.step: line for line in row.sheet}


def of(line: Line) -> Decimal:
    found = line.quantity if line.amount is None else line.amount
    assert found is not None
    return found


def test_the_derivation_adds_up_to_the_row() -> None:
    costs = RouteCosts(D("0.05"), D("0.01"), D("0.2"))
    found = route(TEN, Plan(costs, never_small=("high",), thresholds=(D("0.5"),)))
    steps = sheet(found)
    paid = [of(line) for name, line in steps.items() if name.startswith("paid: ")]
    assert sum(paid) == of(steps["paid"]) == D("7.54")
    assert of(steps["blended_cost_ratio"]) == D("0.754") == found.points[0].blended_cost_ratio
    assert of(steps["saving"]) == D("0.246")
    assert of(steps["escalation_rate"]) == D("0.6")
    assert (of(steps["kept_share"]), of(steps["forced_share"])) == (D("0.4"), D("0.1"))
    assert steps["accuracy"].source == "= right / judged"


@pytest.mark.parametrize("design", list(Design))
@pytest.mark.parametrize("scores", [TEN, TEN._replace(small_correct=None, small_ms=None)])
def test_every_number_of_every_threshold_is_derived(design: Design, scores: Scores) -> None:
    """Judged and timed, or neither: then each number without a value says why."""
    costs = RouteCosts(D("0.05"), D("0.01"), D("0.2"), D("0.02"))
    plan = Plan(costs, design, never_small=("high",), thresholds=(D(0), D("0.5"), D(1)))
    found = route(scores, plan)
    assert check_table(route_table(found), route_report(found)) == 3 * 12


def test_a_self_hosted_model_breaks_even_at_the_utilization_named() -> None:
    hosted = SelfHosted(D("3.60"), D(1000), D("0.5"))
    plan = Plan(
        RouteCosts(D("0.2")),
        thresholds=(D("0.5"),),
        self_hosted=hosted,
        large_cost_per_million_tokens=D(10),
    )
    steps = sheet(route(TEN, plan))
    assert of(steps["small_per_million"]) == 2
    assert of(steps["break_even_cost_ratio"]) == D("0.5")
    assert of(steps["break_even_utilization"]) == D("0.2")
    assert SelfHosted(D("3.60"), D(1000), D("0.2")).cost_per_million_tokens == 5


def test_costs_in_money_are_derived_from_both_models() -> None:
    how = (
        amount("small", D("0.001"), "a bill", "EUR"),
        amount("large", D("0.004"), "a bill", "EUR"),
    )
    money = Money("EUR", D("0.001"), D("0.004"), OCTOBER, "unit economics", how=how)
    plan = Plan(RouteCosts(D("0.25")), Design.ROUTER, thresholds=(D("0.5"),), money=money)
    found = route(TEN, plan)
    steps = sheet(found)
    assert (steps["cost_ratio"].source, of(steps["cost_ratio"])) == ("= small / large", D("0.25"))
    assert of(steps["cost_per_request"]) == D("0.0025")
    assert of(steps["break_even_escalation"]) == 1
    report = Routed(found, route_report(found)).derivation().report
    assert (report.currency, report.period) == ("EUR", OCTOBER)
    assert "Costs per request: unit economics." in report.notes
    assert "Delay leaves out the time the router takes." in report.notes


def test_what_is_judged_in_part_is_said() -> None:
    scores = Scores((0.2, 0.4, 0.6, 0.8), (1, 1, None, 1), (1, 0, 1, None))
    notes = route_report(route(scores, Plan(TWENTIETH))).notes
    assert any(note.startswith("Accuracy is that of 2 of 4 requests") for note in notes)


def test_delay_is_said_beside_that_of_all_large() -> None:
    found = route(TEN, Plan(TWENTIETH, thresholds=(D("0.5"),)))
    assert found.choice is not None
    assert "Escalated requests take p99 1,540 ms; all-large takes 1,900 ms." in (
        route_report(found).notes
    )


def test_no_small_model_as_dear_as_the_large_one_saves() -> None:
    found = route(TEN, Plan(RouteCosts(D(1)), thresholds=(D("0.5"),)))
    assert found.break_even is None
    dearer = route(TEN, Plan(RouteCosts(D("1.5")), thresholds=(D("0.5"),)))
    assert dearer.break_even is None
    assert any(note.startswith("No escalation rate saves") for note in route_report(dearer).notes)


def test_thresholds_by_default_are_every_twentieth() -> None:
    assert len(DEFAULT_THRESHOLDS) == 21
    assert (DEFAULT_THRESHOLDS[0], DEFAULT_THRESHOLDS[-1]) == (D(0), D(1))
