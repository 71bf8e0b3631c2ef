"""Doubled traffic: what grows, what is covered, and when something has to be bought."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from finops.analysis.economics import Question, unit_economics
from finops.analysis.marginal import MarginalAnswer, marginal
from finops.model.period import Period
from finops.report.marginal import marginal_report
from finops.report.unit import unit_report
from tests.analysis.ledgers import OCTOBER, config, cost, make_ledger, request, sample, tokens
from tests.analysis.test_capacity import GPUS, hours_of, instance, served

if TYPE_CHECKING:
    from pathlib import Path

    from finops.config import Config
    from finops.ledger.store import Ledger
    from tests.analysis.ledgers import Row

D = Decimal
GATEWAY = {"name": "gateway", "kind": "shared", "where": "ServiceName = 'Gateway'"}


def doubled(ledger: Ledger, setup: Config, *by: str) -> MarginalAnswer:
    return marginal(ledger, setup, Question(OCTOBER, by))


def test_metered_cost_grows_in_step_with_its_failures(tmp_path: Path) -> None:
    log = [
        request("a", workflow="rag", output_tokens=100_000),
        request("b", workflow="rag", output_tokens=50_000, status="error"),
        request("c", workflow="chat", output_tokens=10_000),
    ]
    answer = doubled(make_ledger(tmp_path, requests=log), config(), "workflow")
    assert [(each.keys, each.cost, each.added, each.factor) for each in answer.groups] == [
        (("rag",), D("1.5"), D("1.5"), 1.0),
        (("chat",), D("0.1"), D("0.1"), 1.0),
    ]
    assert answer.total.added == D("1.6")


def test_what_is_charged_by_usage_grows_and_what_recurs_does_not(tmp_path: Path) -> None:
    """Two thirds of the gateway's bill recur; a pool's own setting comes first."""
    ledger = make_ledger(
        tmp_path,
        requests=[request(f"r{n}", workflow="w", output_tokens=10_000) for n in range(3)],
        costs=[
            cost("2", ServiceName="Gateway", ChargeFrequency="Recurring"),
            cost("1", ServiceName="Gateway", ChargeFrequency="Usage-Based"),
        ],
    )
    for setting, added in ((None, "1.3"), (True, "3.3"), (False, "0.3")):
        pool = GATEWAY if setting is None else {**GATEWAY, "scales": setting}
        (group,) = doubled(ledger, config(pool), "workflow").groups
        assert group.cost == D("3.3")
        assert group.added is not None
        assert round(group.added, 12) == D(added)


@pytest.mark.parametrize("driver", ["tokens", "even", "cost"])
def test_shares_by_other_drivers_grow_likewise(tmp_path: Path, driver: str) -> None:
    ledger = make_ledger(
        tmp_path,
        requests=[request(f"r{n}", workflow="w", output_tokens=10_000) for n in range(3)],
        costs=[
            cost("2", ServiceName="Gateway", ChargeFrequency="Recurring"),
            cost("1", ServiceName="Gateway"),
        ],
    )
    (group,) = doubled(ledger, config({**GATEWAY, "driver": driver}), "workflow").groups
    assert round(group.shared, 12) == D(3)
    assert round(group.scaling, 12) == D(1)


def test_an_unused_commitment_covers_first(tmp_path: Path) -> None:
    models = {"name": "models", "kind": "metered", "where": "ServiceName = 'Models'"}
    unused = cost("0.4", ServiceName="Models", CommitmentDiscountStatus="Unused")
    ledger = make_ledger(
        tmp_path,
        requests=[request("r", workflow="w", output_tokens=100_000)],
        costs=[tokens("1", "output", 100_000, ServiceName="Models"), unused],
    )
    (group,) = doubled(ledger, config(models), "workflow").groups
    assert (group.cost, group.covered, group.added) == (D(1), D("0.4"), D("0.6"))
    assert group.factor == pytest.approx(0.6)


def test_commitments_cover_the_days_they_lay_unused_in(tmp_path: Path) -> None:
    """September's 5 cover nothing of October's 1; of October's 3.1 a day has 0.1; a refund covers nothing."""
    models = {"name": "models", "kind": "metered", "where": "ServiceName = 'Models'"}
    used = [
        request("r", workflow="w", output_tokens=100_000),
        request("s", "2026-10-06T12:00:00", workflow="w", output_tokens=100_000),
    ]

    def unused(amount: str, start: str, end: str) -> Row:
        return cost(
            amount, start, end, ServiceName="Models", CommitmentDiscountStatus="Unused"
        )  # fmt: skip

    september = unused("5", "2026-09-01", "2026-10-01")
    october = unused("3.1", "2026-10-01", "2026-11-01")
    refund = unused("-4", "2026-10-01", "2026-11-01")
    both, day = (
        Period(date(2026, 9, 1), date(2026, 11, 1)),
        Period(date(2026, 10, 5), date(2026, 10, 6)),
    )
    for place, (charges, period, covered, added) in enumerate(
        (
            ([september], both, "0", "2"),
            ([september, october], both, "2", "0"),
            ([october], day, "0.1", "0.9"),
            ([refund], OCTOBER, "0", "2"),
        )
    ):
        ledger = make_ledger(tmp_path / str(place), requests=used, costs=charges)
        total = marginal(ledger, config(models), Question(period)).total
        assert (total.covered, total.added) == (D(covered), D(added)), place


def serving(folder: Path, activity: float, *more: Row) -> Ledger:
    """Two devices for ten hours, one of them busy `activity` of the time with one workflow's requests."""
    return make_ledger(
        folder,
        costs=[instance("201.6", 10), *more],
        requests=[
            served("r1", workflow="rag", output_tokens=300),
            served("r2", workflow="chat", output_tokens=100),
        ],
        samples=[
            *hours_of("a", 0, 9, workload="chat", gr_engine_active=activity / 2),
            *hours_of("a", 9, 1, workload="chat", gr_engine_active=activity),
            *hours_of("b", 0, 10),
        ],
    )


def test_capacity_costs_nothing_more_while_there_is_headroom(tmp_path: Path) -> None:
    """0.6 of two devices are busy in the last hour; three quarters of that twice is 1.05 of 1.6."""
    answer = doubled(serving(tmp_path, 0.6), config(GPUS), "workflow")
    rag, chat = answer.groups
    assert (rag.keys, rag.added, rag.factor) == (("rag",), D(0), 0.0)
    (step,) = rag.steps
    assert (step.units, step.hour) == (0, datetime(2026, 10, 1, 9, tzinfo=UTC))
    assert step.busy == pytest.approx(1.05 / 2)
    assert chat.steps[0].busy == pytest.approx(0.75 / 2)


def test_a_full_hour_is_a_step_with_its_price(tmp_path: Path) -> None:
    """1.0 of two devices, doubled 2.0 of 1.6 that may be busy: 2.5 are needed, one more is bought."""
    answer = doubled(serving(tmp_path, 1.0), config(GPUS), "workflow")
    (step,) = answer.total.steps
    assert (step.units, step.is_assumed) == (1, True)
    assert step.monthly_cost == D("10.08") * 24 * 31
    assert answer.total.added == D("10.08") * 24 * 31
    wide = config({**GPUS, "max_busy": 1})
    (fits,) = doubled(serving(tmp_path / "wide", 1.0), wide, "workflow").total.steps
    assert (fits.units, fits.is_assumed) == (0, False)


def test_a_filter_narrows_what_is_doubled_and_not_what_runs_beside_it(tmp_path: Path) -> None:
    """Of 0.6 busy devices three quarters are rag's, whether others are asked about or not."""
    ledger = serving(tmp_path, 0.6)
    (rag, _) = doubled(ledger, config(GPUS), "workflow").groups
    asked = Question(OCTOBER, ("workflow",), "workflow = 'rag'")
    answer = marginal(ledger, config(GPUS), asked)
    assert answer.groups == (rag,)
    assert answer.total == rag._replace(keys=())
    assert answer.total.steps[0].busy == pytest.approx(1.05 / 2)


def test_an_hour_is_fuller_by_who_was_served_in_its_month(tmp_path: Path) -> None:
    """September's requests add nothing to October's hour, which is full: 0.9 of one device."""
    ledger = make_ledger(
        tmp_path,
        costs=[
            cost("24", day, ServiceName="GPU", ConsumedQuantity=24, ConsumedUnit="Hours")
            for day in ("2026-09-30", "2026-10-01")
        ],
        requests=[
            served("r1", "2026-09-30T12:00:00", workflow="early", output_tokens=100),
            served("r2", workflow="late", output_tokens=100),
        ],
        samples=[
            sample("a", "2026-09-30T10:00:00", workload="chat", gr_engine_active=0.2, pool="gpus"),
            sample("a", "2026-10-01T10:00:00", workload="chat", gr_engine_active=0.9, pool="gpus"),
        ],
    )
    span = Period(date(2026, 9, 1), date(2026, 11, 1))
    pool = {**GPUS, "gpus_per_unit": 1, "max_busy": "0.9"}
    found = {
        each.keys[0]: each.steps[0]
        for each in marginal(ledger, config(pool), Question(span, ("workflow",))).groups
    }
    assert {name: (step.units, step.load) for name, step in found.items()} == {
        "early": (0, Fraction("0.9")),
        "late": (1, Fraction("1.8")),
    }


@pytest.mark.parametrize(
    ("unused", "covered", "words"),
    [
        ("9000", "7499.52", "1 more, paid already"),
        ("7000", "7000", "buy 1, partly paid already"),
        ("-1", "0", "buy 1"),
    ],
)
def test_an_unused_reservation_of_the_pool_pays_the_step_as_far_as_it_reaches(
    tmp_path: Path, unused: str, covered: str, words: str
) -> None:
    """One more device for October is 10.08 x 744 = 7,499.52; what another pool leaves unused pays nothing."""
    lying = {"CommitmentDiscountStatus": "Unused"}
    rows = [cost(unused, ServiceName="GPU", **lying), cost("5000", ServiceName="Models", **lying)]
    ledger = serving(tmp_path, 1.0, *rows)
    models = {"name": "models", "kind": "metered", "where": "ServiceName = 'Models'"}
    answer = doubled(ledger, config(GPUS, models), "workflow")
    assert answer.total.covered == D(covered)
    assert answer.total.added == D("7499.52") - D(covered)
    whole = marginal_report(answer).totals
    assert whole is not None
    assert whole["step"] == f"gpus: {words} (100% of 80% busy, 2026-10-01 09h)"


def test_without_samples_the_step_is_not_known_and_says_why(tmp_path: Path) -> None:
    units: dict[str, Any] = {"name": "ptu", "kind": "provisioned", "where": "ServiceName = 'PTU'"}
    ledger = make_ledger(
        tmp_path,
        requests=[served("r", pool="ptu", workflow="rag", output_tokens=1)],
        costs=[cost("5", "2026-10-01", "2026-11-01", ServiceName="PTU")],
    )
    report = marginal_report(doubled(ledger, config(units), "workflow"))
    (row,) = report.rows
    assert (row["cost"], row["added_cost"], row["marginal_cost_factor"]) == (D(5), None, None)
    assert row["step"] == "ptu: not known"
    assert report.extras["missing"] == dict.fromkeys(
        ("added_cost", "marginal_cost_factor"),
        "headroom of ptu is not known without tokens_per_unit_minute",
    )


def test_units_without_billed_hours_say_that_these_are_missing(tmp_path: Path) -> None:
    units: dict[str, Any] = {
        "name": "ptu", "kind": "provisioned", "where": "ServiceName = 'PTU'",
        "tokens_per_unit_minute": 100,
    }  # fmt: skip
    ledger = make_ledger(
        tmp_path,
        requests=[served("r", pool="ptu", workflow="rag", output_tokens=1)],
        costs=[cost("5", "2026-10-01", "2026-11-01", ServiceName="PTU")],
    )
    (group,) = doubled(ledger, config(units), "workflow").groups
    assert group.added is None
    assert group.why == "headroom of ptu is not known without the hours it is billed for"


def test_a_provisioned_unit_is_full_by_its_tokens(tmp_path: Path) -> None:
    """One unit of 100 weighted tokens a minute; 30 output tokens an hour weigh 120: 2 % busy."""
    units: dict[str, Any] = {
        "name": "ptu", "kind": "provisioned", "where": "ServiceName = 'PTU'",
        "tokens_per_unit_minute": 100,
    }  # fmt: skip
    bill = cost(
        "744", "2026-10-01", "2026-11-01", ServiceName="PTU", ConsumedQuantity=744,
        ConsumedUnit="Hours",
    )  # fmt: skip
    for count, busy, bought in ((30, 0.04, 0), (1500, 2.0, 2)):
        ledger = make_ledger(
            tmp_path / str(count),
            requests=[served("r", pool="ptu", workflow="rag", output_tokens=count)],
            costs=[bill],
        )
        (group,) = doubled(ledger, config(units), "workflow").groups
        (step,) = group.steps
        assert step.busy == pytest.approx(busy)
        assert step.units == bought
        assert step.monthly_cost == D(744) * bought


def test_unit_shows_the_same_factors_when_asked(tmp_path: Path) -> None:
    """Devices with headroom cost nothing more; tokens by the provider double."""
    ledger = serving(tmp_path, 0.6)
    asked = Question(OCTOBER, ("workflow",))
    apart = {each.keys[0]: each.factor for each in doubled(ledger, config(GPUS), "workflow").groups}
    assert apart == {"rag": 0.0, "chat": 0.0}
    report = unit_report(unit_economics(ledger, config(GPUS), asked._replace(marginal=True)))
    assert {row["workflow"]: row["marginal_cost_factor"] for row in report.rows} == apart
    assert report.totals is not None
    assert report.totals["marginal_cost_factor"] == 0.0
    missing: Any = report.extras["missing"]
    assert "marginal_cost_factor" not in missing
    plain = unit_report(unit_economics(ledger, config(GPUS), asked))
    assert plain.rows[0]["marginal_cost_factor"] is None
    told: Any = plain.extras["missing"]
    assert "finops unit --marginal" in told["marginal_cost_factor"]


def test_unit_says_why_a_factor_is_not_known(tmp_path: Path) -> None:
    units: dict[str, Any] = {"name": "ptu", "kind": "provisioned", "where": "ServiceName = 'PTU'"}
    ledger = make_ledger(
        tmp_path,
        requests=[
            served("r", pool="ptu", workflow="rag", output_tokens=1),
            request("s", workflow="chat", output_tokens=1),
        ],
        costs=[cost("5", "2026-10-01", "2026-11-01", ServiceName="PTU")],
    )
    asked = Question(OCTOBER, ("workflow",), marginal=True)
    report = unit_report(unit_economics(ledger, config(units), asked))
    factors = {row["workflow"]: row["marginal_cost_factor"] for row in report.rows}
    assert factors == {"rag": None, "chat": 1.0}
    missing: Any = report.extras["missing"]
    assert missing["marginal_cost_factor"] == (
        "headroom of ptu is not known without tokens_per_unit_minute"
    )
