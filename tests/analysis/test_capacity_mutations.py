"""Break a rule of capacity by hand, and the reference notices: one test for each rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.analysis.ledgers import cost, request, sample
from tests.analysis.mutations import (
    DAYS,
    OCTOBER,
    Case,
    break_module,
    break_statement,
    is_noticed,
)
from tests.analysis.reference import PoolOf
from tests.analysis.worlds import World, world

if TYPE_CHECKING:
    from finops.model.period import Period
    from tests.analysis.ledgers import Row

SEEDS = (3,)
"""Random companies; most rules show in the one below, which has everything."""


HOURS: dict[str, Any] = {"ConsumedQuantity": 24, "ConsumedUnit": "Hours"}
CHAT: dict[str, Any] = {"pool": "iron", "deployment": "chat", "uncached_input_tokens": 1000}
FARM: dict[str, Any] = {
    "pool": "farm",
    "deployment": "serve",
    "uncached_input_tokens": 500,
    "output_tokens": 100,
    "ttft_ms": 80.0,
    "latency_ms": 900.0,
}


POOLS = (
    PoolOf("iron", "gpu", "Iron", gpus_per_unit=2, is_as_applied=True, weights=("1", "0.2", "2.5")),
    PoolOf("farm", "gpu", "Farm", gpus_per_unit=1, samples=("cluster", "farm")),
    PoolOf("dark", "gpu", "Dark", gpus_per_unit=1),
    PoolOf(
        "paid", "provisioned", "Paid", serves=("deployment", "ptu"), tokens_per_unit_minute="100"
    ),
    PoolOf("units", "provisioned", "Units"),
    PoolOf("desks", "seat", "Desks", serves=("source_id", "desk")),
)


def corners() -> World:
    """Everything at once, and what is rare: capacity nobody saw or used, a user without a key, slices."""
    return World(
        costs=(
            cost("7", ServiceName="Iron", ResourceId="n1", **HOURS),
            cost("9", ServiceName="Iron", ResourceName="n2", **HOURS),
            cost("3", ServiceName="Iron"),
            cost("4", ServiceName="Iron", CapacityReservationStatus="Unused", **HOURS),
            cost("21", ServiceName="Farm", **HOURS),
            cost("5", ServiceName="Dark"),
            cost("13", ServiceName="Paid", **HOURS),
            cost("11", ServiceName="Units", **HOURS),
            cost("30", ServiceName="Desks"),
        ),
        requests=(
            request("s1", "2026-10-01T10:00:00", source_id="desk", team="red", workflow="rag"),
            request("s2", "2026-10-01T10:00:00", source_id="desk", team="blue"),
            request("s3", "2026-10-01T10:00:00", source_id="desk", team="blue"),
            request("s4", source_id="desk", team="green", operation="embeddings"),
            request("c1", "2026-10-01T01:00:00", **CHAT, output_tokens=70, workflow="rag"),
            request("c2", **CHAT, cache_read_tokens=900, output_tokens=5),
            request("c3", **CHAT, output_tokens=1, status="timeout", workflow="agent"),
            request("i1", "2026-10-01T02:00:00", pool="iron", output_tokens=9, workflow="agent"),
            request("f1", **FARM, workflow="rag"),
            request("f2", "2026-10-01T03:00:00", **{**FARM, "output_tokens": 700}),
            request("p1", "2026-10-01T05:00:00", deployment="ptu", output_tokens=1000),
            request("p2", "2026-10-01T05:30:00", deployment="ptu", output_tokens=90_000),
        ),
        pools=POOLS,
        samples=(
            *_hours("a", {"pool": "iron", "node": "n1"}, (
                {"workload": "chat", "gr_engine_active": 0.5},
                {"job_id": "job-1", "gr_engine_active": 0.25, "gpu_util": 1.0},
                {"gr_engine_active": 0.0},
                {"sm_active": 0.125},
                {"pod": "loose", "namespace": "lab"},
                {"workload": "chat", "gpu_util": 0.75, "interval_s": 7200.0},
                {"gr_engine_active": 0.0},
            )),
            sample("a", "2026-10-01T01:00:00", pool="iron", node="n1", job_id="job-1", gpu_util=0.5,
                   source_id="again"),
            sample("b", "2026-10-01T02:00:00", 1800.0, pool="iron", node="n2", job_id="job-2",
                   source_id="again"),
            *_hours("b", {"pool": "iron", "node": "n2"}, (
                {"workload": "chat", "gr_engine_active": 1.0},
                {"job_id": "job-2", "gr_engine_active": 0.5},
                {},
            )),
            *_hours("c", {"cluster": "farm", "node": "f1"}, (
                {"workload": "serve", "gr_engine_active": 0.5},
                {"workload": "notebook", "gr_engine_active": 0.25},
                {"pod": "loose", "namespace": "lab"},
                {"workload": "serve", "gr_engine_active": 0.25, "mig_profile": "1/2g.20gb"},
            )),
            sample("c", "2026-10-01T03:00:00", cluster="farm", node="f1", workload="serve"),
            sample("c", "2026-10-01T01:00:00", cluster="farm", node="f1", workload="notebook",
                   source_id="again"),
        ),
    )  # fmt: skip


def _hours(device: str, where: Row, given: tuple[Row, ...]) -> list[Row]:
    """An hour of a device after another."""
    return [
        {**sample(device, f"2026-10-01T{hour:02}:00:00", **where), **each}
        for hour, each in enumerate(given)
    ]


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    folders = tmp_path_factory.mktemp("cases")
    return [
        Case.of(corners(), folders / "corners", (), ("idle", "unused")),
        *(
            Case.of(world(seed, 60, 80), folders / str(seed), (), ("idle", "unused"))
            for seed in SEEDS
        ),
    ]


@pytest.mark.parametrize("period", [OCTOBER, DAYS])
def test_unbroken_it_is_right(cases: list[Case], period: Period) -> None:
    for case in cases:
        case.check(period)


STATEMENTS = (
    ("device_samples", "case when pod is not null", "case when false"),
    ("device_spent", "least(ms, (epoch_us(next_at) - epoch_us(timestamp)) // 1000)", "ms"),
    ("device_spent", "coalesce(active, 0) > 0 as is_held", "false as is_held"),
    ("device_time", "and next_at is distinct from timestamp\n", ""),
    ("device_time", "where previous_at = timestamp or next_at = timestamp", "where true"),
    ("device_time", "filter (where next_at > timestamp)", ""),
    ("device_spent", "job is not null or work", "work"),
    ("device_spent", "when active is null then lasted * weight", "when active is null then 0"),
    ("device_samples", "coalesce(gr_engine_active, gpu_util, sm_active)", "gpu_util"),
    ("device_samples", "(gr_engine_active, gpu_util, sm_active)", "(gr_engine_active, gpu_util)"),
    ("device_time", "or not o.is_sliced", "or true"),
    ("device_time", "* (28 - s.weight)", "* (21 - s.weight)"),
    ("device_time", "else 4\n", "else 28\n"),
    ("unit", "and c.served_key is not distinct from k.of_key", "and c.served_key = k.of_key"),
    ("unit", "sum(capacity_busy) filter (where is_ok)", "sum(capacity_busy)"),
    ("unit", "+ capacity_idle + capacity_unused as everything", "as everything"),
)
MODULES = (
    ("capacity.settle", "if not seen.is_held:", "if False:"),
    ("capacity.settle", "if seen.job is not None:", "if False:"),
    ("capacity.settle", "seen.work in deployments", "False"),
    ("capacity.settle", "if None in deployments else", "if False else"),
    ("capacity.settle", "PARTS * ms", "PARTS * ms * 2"),
    ("capacity.settle", "if ms is not None and ms > 0:", "if False:"),
    ("capacity.settle", "weighted or served.rows", "served.rows"),
    ("capacity.settle", "multiply(spread_idle[o], mine)", "ZERO"),
    ("capacity.settle", "multiply(spread_unused[o], mine)", "ZERO"),
    ("capacity.account", "multiply(spread, time.busy)", "ZERO"),
    ("capacity.account", "(stretch.billed.get(node) or 0) - seen", "(stretch.billed.get(node) or 0)"),
    ("capacity.account", "if stretch.is_month:", "if False:"),
    ("capacity.billed", 'if charge.line != "usage":', "if False:"),
    ("capacity.billed", "next((name for name in charge.names if name in known), None)", "None"),
    ("capacity.billed", "pool.gpus_per_unit or gpus_of(charge.instance)", "1"),
    ("capacity.provisioned", "min(max(", "max(max("),
    ("capacity.provisioned", "if not served:", "if False:"),
    ("capacity.seats", "/ len(requests) / count", "/ count"),
    ("capacity.seats", "if found.requests}", "}"),
    ("capacity.weights", "if configured is not None:", "if False:"),
    ("capacity.weights", "return _measured(served) or ASSUMED", "return ASSUMED"),
    ("capacity.weights", "_ENOUGH = Fraction(9, 10)", "_ENOUGH = Fraction(0)"),
    ("capacity.served", "coalesce(api_key_id, team)", "api_key_id"),
    ("capacity.served", "when pool in ({names}) then pool", "when false then pool"),
)  # fmt: skip


@pytest.mark.parametrize(("statement", "rule", "broken"), STATEMENTS)
def test_a_broken_statement_is_noticed(
    cases: list[Case], monkeypatch: pytest.MonkeyPatch, statement: str, rule: str, broken: str
) -> None:
    break_statement(monkeypatch, statement, rule, broken)
    assert is_noticed(cases, OCTOBER)


@pytest.mark.parametrize(("module", "rule", "broken"), MODULES)
def test_a_broken_module_is_noticed(
    cases: list[Case], monkeypatch: pytest.MonkeyPatch, module: str, rule: str, broken: str
) -> None:
    break_module(monkeypatch, module, rule, broken)
    assert is_noticed(cases, OCTOBER)


@pytest.mark.parametrize(
    ("module", "rule", "broken"),
    [
        ("capacity.billed", "inside = min(max(moment, span.starts), span.ends)", "inside = span.ends"),
        ("capacity.model", "tally_of(within.seen.get(pool.name, []), facts.served, facts.billed)", "facts.tally"),
    ],
)  # fmt: skip
def test_a_rule_of_days_is_noticed(
    cases: list[Case], monkeypatch: pytest.MonkeyPatch, module: str, rule: str, broken: str
) -> None:
    break_module(monkeypatch, module, rule, broken)
    assert is_noticed(cases, DAYS)
