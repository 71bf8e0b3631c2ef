"""Capacity pools beyond devices in a month: what is spread, provisioned, seats, owned, days, roll-ups, runs."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from finops.analysis.economics import Question, unit_economics
from finops.model.period import Period
from tests.analysis.ledgers import (
    OCTOBER,
    ask,
    at,
    config,
    cost,
    costs_by,
    make_ledger,
    parts,
    request,
)
from tests.analysis.test_capacity import GPUS, hours_of, instance, left, served

if TYPE_CHECKING:
    from pathlib import Path

D = Decimal
DAY = timedelta(days=1)


def test_idle_and_unused_come_in_when_asked_and_follow_busy_time(tmp_path: Path) -> None:
    """Of six hours chat is busy 1 h, a job 3 h; 2 h are nobody's (20.16) and 8.06 of a commitment went unused."""
    ledger = make_ledger(
        tmp_path,
        costs=[
            instance("60.48", 3),
            instance("8.064", 1, CommitmentDiscountStatus="Unused"),
        ],
        requests=[served("r1", output_tokens=1)],
        samples=[
            *hours_of("a", 0, 1, workload="chat", gr_engine_active=1),
            *hours_of("a", 1, 3, job_id="17", gr_engine_active=1),
            *hours_of("b", 0, 2),
        ],
    )
    alone = ask(ledger, config(GPUS))
    assert parts(alone.total) == {"gpu_busy": D("10.08")}
    assert left(alone) == {"gpu_idle": D("20.16"), "commitment_unused": D("8.064")}
    spread = ask(ledger, config(GPUS), include=("idle", "unused"))
    assert parts(spread.total) == {
        "gpu_busy": D("10.08"),
        "gpu_idle": D("5.04"),
        "commitment_unused": D("2.016"),
    }
    assert spread.reconciliation.jobs == D("51.408")
    assert left(spread) == {}


def test_served_by_a_rule_and_samples_placed_by_a_rule(tmp_path: Path) -> None:
    pool = {**GPUS, "serves": "provider = 'own'", "samples": "cluster = 'main'"}
    ledger = make_ledger(
        tmp_path,
        costs=[instance("10.08", 1, SkuPriceDetails={"GpuCount": 1}), instance("7", 1)],
        requests=[
            served("r1", pool=None, output_tokens=1),
            request("r2", output_tokens=1_000_000),
        ],
        samples=hours_of("a", 0, 1, pool=None, cluster="main", workload="chat"),
    )
    answer = ask(ledger, config(pool), "request_id")
    assert costs_by(answer)["r2"] == D(10), "another provider's tokens keep their price"
    assert answer.reconciliation.estimated == D(10)
    assert answer.reconciliation.allocated > 0


def test_a_provisioned_pool_is_busy_with_its_tokens_and_idle_besides(tmp_path: Path) -> None:
    """2 units for 10 h at 10.08 a unit-hour serve 1,000 weighted tokens a minute each.

    60,000 tokens in one hour need one unit for it; 300,000 in another need more than there is.
    """
    pool = {
        "name": "ptu",
        "kind": "provisioned",
        "where": "ServiceName = 'GPU'",
        "tokens_per_unit_minute": 1000,
        "serves": "deployment = 'chat'",
    }
    charges = [instance("201.6", 20, SkuPriceDetails=None) | {
        "ChargePeriodStart": at("2026-10-01"), "ChargePeriodEnd": at("2026-10-01T10:00:00")
    }]  # fmt: skip
    log = [
        request("r1", "2026-10-01T01:10:00", deployment="chat", uncached_input_tokens=60_000),
        request("r2", "2026-10-01T02:10:00", deployment="chat", uncached_input_tokens=300_000),
    ]
    ledger = make_ledger(tmp_path, costs=charges, requests=log)
    answer = ask(ledger, config(pool))
    assert parts(answer.total) == {"gpu_busy": D("30.24"), "gpu_idle": D("171.36")}
    assert left(answer) == {}
    without = {key: value for key, value in pool.items() if key != "tokens_per_unit_minute"}
    assert parts(ask(ledger, config(without)).total) == {"gpu_busy": D("201.6")}
    nobody = {**without, "serves": "deployment = 'none'"}
    assert left(ask(ledger, config(nobody))) == {"unobserved": D("201.6")}


def test_a_seats_fee_goes_to_its_users_and_list_prices_stand_beside(tmp_path: Path) -> None:
    """30 for two users: 15 each; one of them asked three times. Nobody pays the list price."""
    pool = {
        "name": "seats",
        "kind": "seat",
        "where": "ServiceName = 'GPU'",
        "serves": "feature = 'ide'",
    }
    log = [
        request("r1", api_key_id="ann", feature="ide", output_tokens=1_000_000),
        *(request(f"s{n}", team="red", feature="ide") for n in range(3)),
        request("r2", output_tokens=100_000),
    ]
    ledger = make_ledger(tmp_path, costs=[instance("30", 1)], requests=log)
    answer = ask(ledger, config(pool), "feature")
    assert costs_by(answer) == {"ide": D(30), None: D(1)}
    seats = next(group for group in answer.groups if group.keys == ("ide",))
    assert (parts(seats), seats.list_equivalent) == ({"shared": D(30)}, D(10))
    assert (answer.total.list_equivalent, answer.total.list_cost) == (D(10), D(1))
    assert left(answer) == {}
    by_team = config({**pool, "user": "team"})
    assert costs_by(ask(ledger, by_team, "team")) == {None: D(16), "red": D(15)}
    assert left(ask(ledger, config({**pool, "serves": "feature = 'x'"}))) == {"seat": D(30)}


def test_owned_hardware_beside_a_bill_shares_the_device_time_and_each_meets(tmp_path: Path) -> None:
    """20.16 billed and 10.08 owned for four device-hours: 7.56 an hour; one is busy."""
    own = instance("10.08", 2, ConsumedUnit="Device-Hours", x_CostOrigin="owned")
    ledger = make_ledger(
        tmp_path,
        costs=[instance("20.16", 1), own],
        requests=[served("r1", output_tokens=1)],
        samples=[
            *hours_of("a", 0, 1, workload="chat", gr_engine_active=1),
            *hours_of("b", 0, 1, job_id="17", gr_engine_active=1),
            *hours_of("c", 0, 1),
        ],
    )
    answer = ask(ledger, config(GPUS))
    assert left(answer) == {"gpu_idle": D("7.56"), "unobserved": D("7.56")}
    owned = answer.reconciliation.origins["owned"]
    assert (owned.charged, owned.allocated, owned.jobs) == (D("10.08"), D("2.52"), D("2.52"))


def test_days_of_a_month_cost_by_the_rates_of_the_month_and_the_rest_is_blending(
    tmp_path: Path,
) -> None:
    """10.08 a device-hour over the month; 40.32 of it is billed for the first two days, 2 h each day."""
    charges = [
        instance(amount, 1) | {"ChargePeriodStart": at(day), "ChargePeriodEnd": at(day) + DAY}
        for day, amount in (("2026-10-01", "30.24"), ("2026-10-02", "10.08"))
    ]
    ledger = make_ledger(
        tmp_path,
        costs=charges,
        requests=[
            served("r1", "2026-10-01T12:00:00", output_tokens=1),
            served("r2", "2026-10-02T12:00:00", output_tokens=3),
        ],
        samples=[
            *hours_of("a", 0, 1, workload="chat", gr_engine_active=1),
            *hours_of("a", 24, 1, job_id="17", gr_engine_active=0),
            *hours_of("b", 24, 1),
        ],
    )
    whole = ask(ledger, config(GPUS), "day")
    assert costs_by(whole) == {"2026-10-01": D("2.52"), "2026-10-02": D("7.56")}
    assert whole.reconciliation.jobs == D("10.08")
    assert left(whole) == {"gpu_idle": D("10.08"), "unobserved": D("10.08")}
    first = ask(ledger, config(GPUS), period=Period(date(2026, 10, 1), date(2026, 10, 2)))
    assert first.reconciliation.allocated == D("2.52")
    assert left(first) == {"unobserved": D("10.08"), "blending": D("17.64")}
    second = ask(ledger, config(GPUS), period=Period(date(2026, 10, 2), date(2026, 10, 3)))
    assert second.reconciliation.allocated == D("7.56")
    assert left(second) == {"gpu_idle": D("10.08"), "blending": D("-17.64")}


def test_owned_devices_offer_their_days_in_service(tmp_path: Path) -> None:
    """Four devices for 31 days at 10.08 an hour of book depreciation; a job has one of them for an hour."""
    cluster = {
        "name": "colo",
        "pool": "colo",
        "nodes": 2,
        "devices_per_node": 2,
        "purchase_price": "89994.24",
        "life_months": 3,
        "in_service": date(2026, 9, 1),
    }
    ledger = make_ledger(
        tmp_path,
        samples=hours_of("a", 0, 1, pool="colo", job_id="17", gr_engine_active=1),
        costs=[cost("1", ServiceName="Coffee")],
    )
    answer = ask(ledger, config(owned=[cluster]))
    owned = answer.reconciliation.origins["owned"]
    assert owned.charged == D("29998.08")
    (month,) = answer.allocation.capacity.months
    assert month.facts.billed[None].ms == 4 * 31 * 24 * 3_600_000
    assert (owned.jobs, owned.unallocated["unobserved"]) == (D("10.08"), D("29988"))
    assert owned.difference == 0


def test_roll_ups_and_raw_samples_give_the_same_digits_and_follow_the_rules(tmp_path: Path) -> None:
    ledger = make_ledger(
        tmp_path,
        costs=[instance("100", 40)],
        requests=[served(f"r{n}", output_tokens=7 * n, agent="x") for n in range(5)],
        samples=[
            *hours_of("a", 0, 30, workload="chat", gr_engine_active=0.123),
            *hours_of("b", 0, 30, pool=None, job_id="17", gr_engine_active=0.5),
        ],
    )
    for settings in (GPUS, {**GPUS, "samples": "job_id = '17'"}, {**GPUS, "serves": "agent = 'x'"}):
        rolled, raw = (
            ask(ledger, config(settings), "workflow", use_rollups=use) for use in (True, False)
        )
        assert rolled.groups == raw.groups
        assert rolled.reconciliation == raw.reconciliation
    with_rule = ask(ledger, config({**GPUS, "samples": "job_id = '17'"}))
    assert abs(with_rule.reconciliation.jobs - D("37.5")) < D("1e-12"), "30 of 80 device-hours"
    assert ask(ledger, config(GPUS)).reconciliation.jobs == 0


def test_what_a_run_costs_holds_its_device_time(tmp_path: Path) -> None:
    """Two runs on one device-hour of 10.08: one wrote three times as much as the other."""
    ledger = make_ledger(
        tmp_path,
        costs=[instance("10.08", 1, SkuPriceDetails={"GpuCount": 1})],
        requests=[
            served("r1", workflow_run_id="one", output_tokens=100),
            served("r2", workflow_run_id="two", output_tokens=300),
        ],
        samples=hours_of("a", 0, 1, workload="chat", gr_engine_active=1),
    )
    question = Question(OCTOBER, (), run_costs=True)
    for asked in (question, question._replace(use_rollups=False)):
        costs = unit_economics(ledger, config(GPUS), asked).total.run_costs
        assert costs == (D("2.52"), D("7.56"))
