"""Capacity pools: exact dollars of small months, one rule at a time.

A device-hour costs 10.08 here wherever it can: that is 1e-7 for each 28th of a millisecond, so that no rate
is cut and every amount is round.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.analysis.ledgers import (
    ask,
    config,
    cost,
    costs_by,
    make_ledger,
    parts,
    request,
    sample,
)

if TYPE_CHECKING:
    from pathlib import Path

    from finops.analysis.economics import UnitEconomics
    from tests.analysis.ledgers import Row

D = Decimal
DAY = timedelta(days=1)

GPUS: dict[str, Any] = {"name": "gpus", "kind": "gpu", "where": "ServiceName = 'GPU'"}


def instance(effective: str, hours: int, **given: object) -> Row:
    """A charge for `hours` of an instance of two accelerators, over October."""
    return cost(
        effective,
        "2026-10-01",
        "2026-11-01",
        **{
            "ServiceName": "GPU",
            "ConsumedQuantity": hours,
            "ConsumedUnit": "Hours",
            "SkuPriceDetails": {"GpuCount": 2},
            **given,
        },
    )


def served(request_id: str, when: str = "2026-10-05T12:00:00", **given: object) -> Row:
    """A request of deployment `chat` on the pool."""
    row: dict[str, Any] = {"pool": "gpus", "deployment": "chat", "provider": "own"}
    return request(request_id, when, **{**row, "request_model": "llama", **given})


def hours_of(device: str, first: int, count: int, **given: object) -> list[Row]:
    """`count` hours of a device from hour `first` of the month."""
    row: dict[str, Any] = {"pool": "gpus", "node": "node-1", "gr_engine_active": 0, **given}
    return [
        sample(device, f"2026-10-{1 + hour // 24:02}T{hour % 24:02}:00:00", 3600, **row)
        for hour in range(first, first + count)
    ]


def left(answer: UnitEconomics) -> dict[str, Decimal]:
    """What nobody carries and is not zero."""
    assert [books.difference for books in answer.reconciliation.origins.values()] == [0, 0]
    return {
        name: amount.normalize()
        for name, amount in answer.reconciliation.unallocated.items()
        if amount
    }


def test_busy_and_held_time_is_on_requests_idle_and_unseen_time_on_nobody(tmp_path: Path) -> None:
    """201.60 for 10 instance-hours of two devices: 10.08 a device-hour.

    chat holds one device for 10 h, busy a quarter of it; the other is idle for 6 h and not seen for 4.
    """
    ledger = make_ledger(
        tmp_path,
        costs=[instance("201.6", 10)],
        requests=[served("r1", output_tokens=300), served("r2", output_tokens=100)],
        samples=[
            *hours_of("a", 0, 10, workload="chat", gr_engine_active=0.25),
            *hours_of("b", 0, 6),
        ],
    )
    answer = ask(ledger, config(GPUS), "request_id")
    assert costs_by(answer) == {"r1": D("75.6"), "r2": D("25.2")}
    assert parts(answer.total) == {"gpu_busy": D("25.2"), "gpu_idle": D("75.6")}
    assert left(answer) == {"gpu_idle": D("60.48"), "unobserved": D("40.32")}
    assert answer.total.unpriced_tokens == 0
    assert answer.reconciliation.estimated == 0


def test_seven_hours_of_an_idle_node_move_from_idle_to_unobserved_and_nothing_else(
    tmp_path: Path,
) -> None:
    """Two devices of a node nobody holds, for 24 h of 24 billed; without 7 of them 7 x 2 x 10.08 moves."""
    charges = [instance("483.84", 24)]
    log = [served("r1", output_tokens=7), served("r2", team="red", uncached_input_tokens=9)]
    rest = [
        *hours_of("a", 0, 24, workload="chat", gr_engine_active=0.3, node="node-2"),
        *hours_of("b", 0, 3, job_id="17", gr_engine_active=0.3, node="node-2"),
    ]
    idle = [row for device in ("c", "d") for row in hours_of(device, 0, 24)]
    cut = [row for device in ("c", "d") for row in hours_of(device, 0, 9)]
    cut += [row for device in ("c", "d") for row in hours_of(device, 16, 8)]
    before = ask(
        make_ledger(tmp_path / "before", costs=charges, requests=log, samples=[*rest, *idle]),
        config(GPUS),
        "team",
    )
    after = ask(
        make_ledger(tmp_path / "after", costs=charges, requests=log, samples=[*rest, *cut]),
        config(GPUS),
        "team",
    )
    moved = D("141.12")
    assert left(before)["gpu_idle"] - left(after)["gpu_idle"] == moved
    assert left(after)["unobserved"] - left(before)["unobserved"] == moved
    assert {one.keys: one for one in after.groups} == {one.keys: one for one in before.groups}
    assert after.reconciliation.jobs == before.reconciliation.jobs == D("30.24")
    same = {"gpu_idle", "unobserved"}
    assert {k: v for k, v in left(after).items() if k not in same} == {
        k: v for k, v in left(before).items() if k not in same
    }


def test_jobs_and_workloads_take_their_share_and_requests_without_a_name_the_rest(
    tmp_path: Path,
) -> None:
    """Each of four devices is held 1 h by somebody else; 4 h billed are 40.32."""
    seen = [
        *hours_of("a", 0, 1, job_id="17", gr_engine_active=1),
        *hours_of("b", 0, 1, workload="chat", gr_engine_active=1),
        *hours_of("c", 0, 1, namespace="ml", pod="other-1", gr_engine_active=0.5),
        *hours_of("d", 0, 1, gr_engine_active=0.25),
    ]
    charges = [instance("40.32", 2)]
    named = make_ledger(
        tmp_path / "named",
        costs=charges,
        requests=[served("r1", output_tokens=1)],
        samples=seen,
    )
    answer = ask(named, config(GPUS))
    assert answer.reconciliation.allocated == D("10.08")
    assert answer.reconciliation.jobs == D("10.08")
    assert answer.reconciliation.workloads == D("20.16")
    assert left(answer) == {}
    both = make_ledger(
        tmp_path / "both",
        costs=charges,
        requests=[
            served("r1", output_tokens=1),
            served("r2", output_tokens=1, deployment=None),
        ],
        samples=seen,
    )
    answer = ask(both, config(GPUS), "request_id")
    assert costs_by(answer) == {"r1": D("10.08"), "r2": D("20.16")}
    assert answer.reconciliation.workloads == 0


def test_a_deployment_nobody_saw_has_no_known_cost(tmp_path: Path) -> None:
    ledger = make_ledger(
        tmp_path,
        costs=[instance("20.16", 1)],
        requests=[served("r1", output_tokens=5, deployment="ghost")],
        samples=hours_of("a", 0, 2, workload="chat", gr_engine_active=1),
    )
    answer = ask(ledger, config(GPUS))
    assert answer.total.unpriced_tokens == 5
    ((*model, why),) = answer.allocation.without_cost
    assert model == ["own", "llama"]
    assert why == "deployment 'ghost' holds no device of pool gpus in 2026-10; holders are chat"
    assert answer.reconciliation.workloads == D("20.16")
    no_charge = config({**GPUS, "where": "ServiceName = 'Nothing'"}, {**GPUS, "name": "rest"})
    ((_, _, why),) = ask(ledger, no_charge).allocation.without_cost
    assert (
        why
        == "pool gpus has no charge in USD in 2026-10: load its bill, or describe it in [[owned]]"
    )


@pytest.mark.parametrize("weights", [None, {"prefill": 1, "cached": "0.5", "decode": 2}])
def test_inside_a_deployment_tokens_weigh_what_they_take(
    tmp_path: Path, weights: dict[str, Any] | None
) -> None:
    """10.08 over 6,000 weighted tokens; half as much and half as much again of output move the shares."""
    log = [
        served("r1", uncached_input_tokens=1500, cache_write_5m_tokens=500),
        served("r2", cache_read_tokens=20_000 if weights is None else 4000, output_tokens=0),
        served("r3", output_tokens=500 if weights is None else 1000, status="error"),
    ]
    ledger = make_ledger(
        tmp_path,
        costs=[instance("10.08", 1, SkuPriceDetails={"GpuCount": 1})],
        requests=log,
        samples=hours_of("a", 0, 1, workload="chat", gr_engine_active=1),
    )
    pool = GPUS if weights is None else {**GPUS, "weights": weights}
    answer = ask(ledger, config(pool), "request_id")
    assert costs_by(answer) == {"r1": D("3.36"), "r2": D("3.36"), "r3": D("3.36")}
    assert parts(answer.total) == {"gpu_busy": D("6.72"), "failed": D("3.36")}
    ranges = {group.keys[0]: group.cost_range for group in answer.groups}
    if weights is None:
        assert ranges["r3"] == (D("2.016"), D("4.32"))
        assert ranges["r1"] == (D("2.88"), D("4.032"))
    else:
        assert set(ranges.values()) == {None}


def test_weights_are_measured_where_the_log_has_times(tmp_path: Path) -> None:
    """Prefill 1 ms a token, decode 10 ms a token: output weighs ten times as much."""
    times: dict[str, Any] = {"queue_ms": 50.0, "ttft_ms": 1050.0, "latency_ms": 2050.0}
    log = [
        served("r1", uncached_input_tokens=1000, output_tokens=100, **times),
        served("r2", uncached_input_tokens=2000),
    ]
    slow = [
        served(f"s{n}", uncached_input_tokens=1000, output_tokens=100, **times) for n in range(8)
    ]
    ledger = make_ledger(
        tmp_path,
        costs=[instance("20.16", 1)],
        requests=[*log, *slow],
        samples=hours_of("a", 0, 2, workload="chat", gr_engine_active=1),
    )
    (month,) = ask(ledger, config(GPUS)).allocation.capacity.months
    assert month.rates.tokens["chat"].weights == (1000, 100, 10_000, "measured")
    assert month.rates.tokens["chat"].units == 1000 * (9000 + 2000) + 10_000 * 900


def test_tokens_that_weigh_nothing_are_shared_by_attempts(tmp_path: Path) -> None:
    log = [served("r1"), served("r2"), served("r3", operation="embeddings")]
    ledger = make_ledger(
        tmp_path,
        costs=[instance("30.24", 3, SkuPriceDetails={"GpuCount": 1})],
        requests=log,
        samples=hours_of("a", 0, 3, workload="chat", gr_engine_active=1),
    )
    answer = ask(ledger, config(GPUS), "request_id")
    assert costs_by(answer) == {name: D("10.08") for name in ("r1", "r2", "r3")}


def test_a_slice_is_its_sevenths_and_what_is_not_sliced_is_idle(tmp_path: Path) -> None:
    """3/7 of an hour held by chat, busy a third of it; 2/7 held by a job; 2/7 nobody's: 10.08 an hour."""
    seen = [
        *hours_of("a", 0, 1, mig_profile="1/3g.40gb", workload="chat", gr_engine_active=1 / 3),
        *hours_of("a", 0, 1, mig_profile="2/2g.20gb", job_id="17", gr_engine_active=1),
        *hours_of("a", 0, 1, gr_engine_active=0.9),
    ]
    ledger = make_ledger(
        tmp_path,
        costs=[instance("10.08", 1, SkuPriceDetails={"GpuCount": 1})],
        requests=[served("r1", output_tokens=1)],
        samples=seen,
    )
    answer = ask(ledger, config(GPUS))
    assert parts(answer.total) == {"gpu_busy": D("1.44"), "gpu_idle": D("2.88")}
    assert answer.reconciliation.jobs == D("2.88")
    assert left(answer) == {"gpu_idle": D("2.88")}


def test_slices_sampled_at_different_moments_are_never_more_than_the_device(
    tmp_path: Path,
) -> None:
    """4/7 of two hours, 3/7 of the second, 2/7 of another half hour of a job: of 2.5 hours 7/7 are known."""
    seen = [
        sample(
            "a", "2026-10-01T10:00:00", 7200, pool="gpus", workload="chat", mig_profile="1/4g.40gb"
        ),
        sample("a", "2026-10-01T11:00:00", 3600, pool="gpus", job_id="17", mig_profile="2/3g.40gb"),
        sample("a", "2026-10-01T12:00:00", 1800, pool="gpus", job_id="17", mig_profile="3/2g.20gb"),
    ]
    ledger = make_ledger(
        tmp_path,
        costs=[instance("25.2", 1, SkuPriceDetails={"GpuCount": 1}, ConsumedQuantity=D("2.5"))],
        requests=[served("r1", output_tokens=1)],
        samples=seen,
    )
    answer = ask(ledger, config(GPUS))
    assert parts(answer.total) == {"gpu_busy": D("11.52")}
    assert answer.reconciliation.jobs == D("5.76")
    assert left(answer) == {"gpu_idle": D("7.92")}


def test_no_moment_of_a_device_counts_twice(tmp_path: Path) -> None:
    """Two sources, half an hour apart and for an hour each, see three half hours of one device."""
    seen = [
        sample("a", "2026-10-01T00:00:00", pool="gpus", workload="chat", gr_engine_active=1.0),
        sample(
            "a", "2026-10-01T00:00:00", pool="gpus", workload="chat", gpu_util=0.2, source_id="smi"
        ),
        sample(
            "a", "2026-10-01T00:30:00", pool="gpus", workload="chat", gpu_util=0.5, source_id="smi"
        ),
    ]
    ledger = make_ledger(
        tmp_path,
        costs=[instance("10.08", 1, SkuPriceDetails={"GpuCount": 1})],
        requests=[served("r1", output_tokens=1)],
        samples=seen,
    )
    answer = ask(ledger, config(GPUS))
    assert parts(answer.total) == {"gpu_busy": D("10.08"), "gpu_idle": D("5.04")}
    assert left(answer) == {"unobserved": D("-5.04")}, "more was seen than billed"


def test_held_time_without_a_measure_is_busy_and_told(tmp_path: Path) -> None:
    ledger = make_ledger(
        tmp_path,
        costs=[instance("20.16", 1)],
        requests=[served("r1", output_tokens=1)],
        samples=[
            *hours_of("a", 0, 1, workload="chat", gr_engine_active=None),
            *hours_of("b", 0, 1, gr_engine_active=None),
        ],
    )
    answer = ask(ledger, config(GPUS))
    assert parts(answer.total) == {"gpu_busy": D("10.08")}
    assert left(answer) == {"gpu_idle": D("10.08")}
    (month,) = answer.allocation.capacity.months
    assert month.facts.unmeasured == 28 * 3_600_000


@pytest.mark.parametrize(
    ("given", "rate"),
    [
        ({"SkuPriceDetails": {"InstanceType": "p4d.24xlarge"}}, D("10.08")),
        ({"SkuPriceDetails": None, "SkuMeter": "BoxUsage:g6.12xlarge"}, D("20.16")),
        ({"ConsumedUnit": "GPU-Hours", "ConsumedQuantity": 2}, D("40.32")),
        ({"ConsumedUnit": "Minutes", "ConsumedQuantity": 60, "SkuPriceDetails": {"GpuCount": 1}},
         D("80.64")),
        ({"ConsumedUnit": "100 Hours", "ConsumedQuantity": "0.01"}, D("40.32")),
        ({"ConsumedUnit": None, "ConsumedQuantity": None, "PricingUnit": "Hrs",
          "PricingQuantity": 1}, D("40.32")),
    ],
)  # fmt: skip
def test_device_time_billed_is_read_from_what_the_bill_says(
    tmp_path: Path, given: dict[str, Any], rate: Decimal
) -> None:
    """80.64 for one hour of so many devices; the requests' one device-hour costs the rate."""
    ledger = make_ledger(
        tmp_path,
        costs=[instance("80.64", 1, **given)],
        requests=[served("r1", output_tokens=1)],
        samples=hours_of("a", 0, 1, workload="chat", gr_engine_active=1),
    )
    assert ask(ledger, config(GPUS)).reconciliation.allocated == rate


def test_of_an_unknown_instance_observed_time_is_all_there_is(tmp_path: Path) -> None:
    """Nobody knows how many devices `x9.huge` has: 20.16 is spread over the two device-hours seen."""
    ledger = make_ledger(
        tmp_path,
        costs=[instance("20.16", 1, SkuPriceDetails={"InstanceType": "x9.huge"})],
        requests=[served("r1", output_tokens=1)],
        samples=[
            *hours_of("a", 0, 1, workload="chat", gr_engine_active=1),
            *hours_of("b", 0, 1),
        ],
    )
    answer = ask(ledger, config(GPUS))
    assert (answer.reconciliation.allocated, left(answer)) == (D("10.08"), {"gpu_idle": D("10.08")})
    (month,) = answer.allocation.capacity.months
    assert month.rates.by_node[None].basis == "observed"
    assert month.facts.billed[None].unknown == ("x9.huge",)
    known = ask(ledger, config({**GPUS, "gpus_per_unit": 4}))
    assert left(known) == {"gpu_idle": D("5.04"), "unobserved": D("10.08")}


def test_rates_as_applied_are_those_of_each_node(tmp_path: Path) -> None:
    """node-1 costs 10.08 a device-hour, node-2 20.16, and 10.08 are for a node nobody watches."""
    ledger = make_ledger(
        tmp_path,
        costs=[
            instance("20.16", 1, ResourceId="node-1"),
            instance("40.32", 1, ResourceName="node-2"),
            instance("10.08", 1, ResourceId="node-3", SkuPriceDetails={"GpuCount": 1}),
        ],
        requests=[served("r1", output_tokens=1)],
        samples=[
            *hours_of("a", 0, 1, workload="chat", gr_engine_active=1),
            *hours_of("b", 0, 1, node="node-2"),
        ],
    )
    answer = ask(ledger, config({**GPUS, "rate": "as-applied"}))
    assert answer.reconciliation.allocated == D("10.08")
    assert left(answer) == {"gpu_idle": D("20.16"), "unobserved": D("40.32")}


def test_storage_of_a_pool_costs_and_adds_no_device_time(tmp_path: Path) -> None:
    ledger = make_ledger(
        tmp_path,
        costs=[
            instance("5.08", 1, SkuPriceDetails={"GpuCount": 1}),
            instance("5", 300, ConsumedUnit="GB-Months", SkuPriceDetails=None),
        ],
        requests=[served("r1", output_tokens=1)],
        samples=hours_of("a", 0, 1, workload="chat", gr_engine_active=1),
    )
    assert ask(ledger, config(GPUS)).reconciliation.allocated == D("10.08")
