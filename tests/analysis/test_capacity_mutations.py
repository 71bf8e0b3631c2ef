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

SEEDS = (3, 5)
"""Companies that between them have everything; most rules show in the first."""


def corners() -> World:
    """What is rare in a random company: capacity nobody saw or used, a user without a key, slices."""
    pools = (
        PoolOf("iron", "gpu", "Iron", gpus_per_unit=1),
        PoolOf("dark", "gpu", "Dark", gpus_per_unit=1),
        PoolOf("units", "provisioned", "Units", serves=("deployment", "ptu")),
        PoolOf("desks", "seat", "Desks", serves=("source_id", "desk")),
    )
    hours: dict[str, Any] = {"ConsumedQuantity": 24, "ConsumedUnit": "Hours"}
    whole: dict[str, Any] = {"pool": "iron", "node": "n1", "workload": "chat"}
    return World(
        costs=(
            cost("7", "2026-10-01", ServiceName="Iron", **hours),
            cost("5", "2026-10-01", ServiceName="Dark"),
            cost("11", "2026-10-01", ServiceName="Units", **hours),
            cost("30", "2026-10-01", ServiceName="Desks"),
        ),
        requests=(
            request("r1", "2026-10-01T10:00:00", source_id="desk", team="red", workflow="rag"),
            request("r2", "2026-10-01T10:00:00", source_id="desk", team="blue"),
            request("r3", "2026-10-01T10:00:00", source_id="desk", team="blue"),
            request("r4", "2026-10-01T10:00:00", pool="iron", deployment="chat"),
        ),
        pools=pools,
        samples=(
            sample("gpu", "2026-10-01T00:00:00", **whole, mig_profile="1/1g.10gb"),
            sample("gpu", "2026-10-01T00:00:00", **whole),
        ),
    )


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    folders = tmp_path_factory.mktemp("cases")
    return [
        Case.of(corners(), folders / "corners"),
        *(
            Case.of(world(seed, 120, 160), folders / str(seed), (), ("idle", "unused"))
            for seed in SEEDS
        ),
    ]


@pytest.mark.parametrize("period", [OCTOBER, DAYS])
def test_unbroken_it_is_right(cases: list[Case], period: Period) -> None:
    for case in cases:
        case.check(period)


STATEMENTS = (
    ("device_time", "case when pod is not null", "case when false"),
    ("device_time", "least(ms, (epoch_us(next_at) - epoch_us(timestamp)) // 1000)", "ms"),
    ("device_time", "coalesce(active, 0) > 0 as is_held", "false as is_held"),
    ("device_time", "job is not null or work", "work"),
    ("device_time", "when active is null then lasted * weight", "when active is null then 0"),
    ("device_time", "coalesce(gr_engine_active, gpu_util, sm_active)", "gpu_util"),
    ("device_time", "(gr_engine_active, gpu_util, sm_active)", "(gr_engine_active, gpu_util)"),
    ("device_time", "or not o.is_sliced", "or true"),
    ("device_time", "* 28 as parts", "* 21 as parts"),
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
