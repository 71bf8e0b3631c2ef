"""Every probe, asked of a company where all is well and of the same company with one thing spoiled."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from scorecard.catalog import SubjectKind, load_catalog
from scorecard.evidence import EvidenceType, Outcome
from scorecard.probes.registry import load_probe, probe_names
from tests.scorecard.company import Company, findings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scorecard.evidence import Evidence
    from tests.analysis.ledgers import Row

CATALOG = load_catalog()
PROBED = tuple(check.id for check in CATALOG.checks(SubjectKind.SELF) if check.probe)


@pytest.fixture(scope="module")
def well(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Evidence]:
    return findings(Company(tmp_path_factory.mktemp("well")))


@pytest.mark.parametrize("check", PROBED)
def test_where_all_is_well_every_answer_is_true(well: dict[str, Evidence], check: str) -> None:
    found = well[check]
    assert found.outcome is Outcome.TRUE, found.reason
    assert found.type is EvidenceType.MEASURED
    assert found.source
    assert found.sha256
    assert found.collected is not None
    assert found.expires is not None
    assert found.stakes is None


def test_the_catalog_uses_every_probe_there_is() -> None:
    ours = {load_probe(name).name for name in probe_names()}
    assert {check.probe for check in CATALOG.checks() if check.probe} == ours


def put(column: str, value: object, *, where: str | None = None) -> Callable[[Row], None]:
    def change(row: Row) -> None:
        if where is None or row.get("workflow") == where:
            row[column] = value

    return change


class Spoiled(NamedTuple):
    """What is done to the company, and the checks that answer otherwise then."""

    name: str
    spoil: Callable[[Company], Any]
    no: frozenset[str] = frozenset()
    unavailable: frozenset[str] = frozenset()
    is_alone: bool = False


def spoiled(
    name: str,
    spoil: Callable[[Company], Any],
    no: str = "",
    unavailable: str = "",
    *,
    alone: bool = False,
) -> Spoiled:
    return Spoiled(name, spoil, frozenset(no.split()), frozenset(unavailable.split()), alone)


def _storm(company: Company) -> None:
    """Every call of October is tried twice, and billed twice."""
    again = [
        {**row, "request_id": f"{row['request_id']}x", "attempt": 2}
        for row in company.requests
        if row["day"].month == 10
    ]
    for row in company.requests:
        if row["day"].month == 10:
            row["status"] = "error"
    company.requests += again
    for row in company.costs:
        if row["x_BillingMonth"] == "2026-10" and row["x_Model"]:
            for column in ("BilledCost", "EffectiveCost", "ConsumedQuantity"):
                row[column] = Decimal(row[column]) * 2


def _bill(company: Company, factor: str) -> None:
    """October's bill has more of everything than was logged."""
    for row in company.costs:
        if row["x_BillingMonth"] == "2026-10" and row["x_Model"]:
            for column in ("BilledCost", "EffectiveCost", "ConsumedQuantity"):
                row[column] = Decimal(row[column]) * Decimal(factor)


def _without(company: Company, table: str) -> None:
    getattr(company, table).clear()


def _month(company: Company, month: str) -> None:
    company.costs = [row for row in company.costs if row["x_BillingMonth"] != month]


def _transfer(company: Company) -> None:
    for row in company.costs:
        if row["ServiceName"] == "Data Transfer":
            row["EffectiveCost"] = row["BilledCost"] = "400"


def _unused(company: Company) -> None:
    for row in company.costs:
        if row["CommitmentDiscountStatus"]:
            row["CommitmentDiscountStatus"] = "Unused"


def _free(company: Company) -> None:
    """Nobody holds the accelerator, and no job of its cluster is known."""
    company.each("samples", put("job_id", None))
    company.each("samples", put("cluster", "c2"))


def _no_counters(company: Company) -> None:
    for column, value in (("gr_engine_active", None), ("sm_active", None), ("gpu_util", 0.9)):
        company.each("samples", put(column, value))


def _silent_jobs(company: Company) -> None:
    for column in ("productive_s", "data_stall_s", "checkpoint_s"):
        company.each("jobs", put(column, None))


JOBS = "goodput_measured priorities_live queue_wait data_stall checkpoint_stall"
SPOILED = (
    spoiled("a workflow loses its tier", lambda c: c.each("requests", put("workload_tier", None, where="nightly")), no="spend_tiered", unavailable="batching_measured"),
    spoiled("nobody is waited for", lambda c: c.each("requests", put("workload_tier", "async", where="chat")), unavailable="interactive_targets interactive_percentiles tail_by_token"),
    spoiled("no targets", lambda c: c.settings.pop("targets"), no="interactive_targets interactive_percentiles slo_written", unavailable="slo_attained"),
    spoiled("a target without p99", lambda c: c.settings.update(targets=[{"workflow": "*", "p95_ms": 1000}]), no="interactive_percentiles"),
    spoiled("slower than the target", lambda c: c.each("requests", put("latency_ms", 1500.0, where="chat")), no="slo_attained"),
    spoiled("no first tokens", lambda c: c.each("requests", put("ttft_ms", None)), no="tail_by_token"),
    spoiled("no latency", lambda c: c.each("requests", put("latency_ms", None, where="nightly")), no="latency_measured"),
    spoiled("no teams", lambda c: c.each("requests", put("team", None)), no="service_owners"),
    spoiled("a store far away", lambda c: c.each("requests", put("store_region", "us-1", where="chat")), no="retrieval_local residency_held"),
    spoiled("a model far away", lambda c: c.each("requests", put("region", "us-1", where="chat")), no="residency_held"),
    spoiled("another provider", lambda c: c.settings.update(destinations=["other"]), no="inference_inside"),
    spoiled("no policy", lambda c: c.settings.pop("residency"), unavailable="residency_held"),
    spoiled("no allow-list", lambda c: c.settings.pop("destinations"), unavailable="inference_inside"),
    spoiled("everything one by one", lambda c: c.each("requests", put("batch", None)), no="batching_measured"),
    spoiled("a retry storm", _storm, no="retries_small", alone=True),
    spoiled("billed and not logged", lambda c: _bill(c, "1.04"), no="calls_logged", alone=True),
    spoiled("far more billed than logged", lambda c: _bill(c, "1.2"), no="calls_logged reconciles unallocated_small spend_tiered", alone=True),
    spoiled("a month is missing", lambda c: _month(c, "2026-09"), no="unit_cost_trend"),
    spoiled("data on the move", _transfer, no="egress_share"),
    spoiled("a commitment nobody uses", _unused, no="capacity_used"),
    spoiled("held and unused", lambda c: c.each("samples", put("gr_engine_active", 0.1)), no="accelerators_busy"),
    spoiled("no counters", _no_counters, no="allocation_and_activity", alone=True),
    spoiled("idle for no reason", _free, no="idle_explained", unavailable="allocation_and_activity gpu_hours_tiered rack_power", alone=True),
    spoiled("throttled", lambda c: c.each("samples", put("throttle_s", 100.0)), no="throttle_small"),
    spoiled("nobody asks whether it throttles", lambda c: c.each("samples", put("throttle_s", None)), unavailable="throttle_small"),
    spoiled("a hot rack", lambda c: c.each("samples", put("power_w", 9000.0)), no="rack_power"),
    spoiled("half of the hours", lambda c: c.samples.__delitem__(slice(0, 500)), no="utilization_collected"),
    spoiled("jobs without a tier", lambda c: c.each("jobs", put("workload_tier", None)), no="gpu_hours_tiered"),
    spoiled("jobs that wait for data", lambda c: c.each("jobs", put("data_stall_s", 9000.0)), no="data_stall"),
    spoiled("long checkpoints", lambda c: c.each("jobs", put("checkpoint_s", 9000.0)), no="checkpoint_stall"),
    spoiled("one quality of service", lambda c: c.each("jobs", put("qos", "normal")), no="priorities_live"),
    spoiled("long queues", lambda c: c.each("jobs", lambda row: row.update(submitted_at=row["submitted_at"].replace(year=2025))), no="queue_wait", unavailable="priorities_live"),
    spoiled("jobs that say nothing", _silent_jobs, unavailable="goodput_measured data_stall checkpoint_stall"),
    spoiled("no change log", lambda c: _without(c, "changes"), unavailable="change_log_exists changes_approved rollback_exercised"),
    spoiled("a change nobody approved", lambda c: c.changes[0].update(approved_by=None), no="changes_approved"),
    spoiled("never rolled back", lambda c: c.changes[1].update(changed_to="v3"), no="rollback_exercised"),
    spoiled("secrets", lambda c: setattr(c, "secrets", 2), no="no_secrets"),
    spoiled("old keys", lambda c: setattr(c, "keys", "key_id,created\nk1,2025-10-01\n"), no="keys_rotated"),
    spoiled("no keys", lambda c: setattr(c, "keys", "key_id,created\n"), unavailable="keys_rotated"),
    spoiled("a wasteful site", lambda c: setattr(c, "pue", "month,pue\n2026-10,1.9\n"), no="pue_measured"),
    spoiled("an old PUE", lambda c: setattr(c, "pue", "month,pue\n2026-05,1.3\n"), unavailable="pue_measured"),
    spoiled("no jobs", lambda c: _without(c, "jobs"), no="gpu_hours_tiered", unavailable=JOBS, alone=True),
)  # fmt: skip


def together() -> list[tuple[Spoiled, ...]]:
    """The cases in as few companies as keep them apart: no two of one company change the same answer.

    What changes a bill changes shares of it, and so stands alone.
    """
    companies: list[list[Spoiled]] = []
    for case in SPOILED:
        for company in companies:
            touched = {name for other in company for name in other.no | other.unavailable}
            alone = case.is_alone or any(other.is_alone for other in company)
            if not alone and not touched & (case.no | case.unavailable):
                company.append(case)
                break
        else:
            companies.append([case])
    return [tuple(company) for company in companies]


@pytest.mark.slow
@pytest.mark.parametrize(
    "cases", together(), ids=lambda cases: "; ".join(case.name for case in cases)
)
def test_what_is_spoiled_changes_exactly_its_answers(
    cases: tuple[Spoiled, ...], tmp_path: Path
) -> None:
    company = Company(tmp_path)
    for case in cases:
        case.spoil(company)
    no = frozenset(name for case in cases for name in case.no)
    unavailable = frozenset(name for case in cases for name in case.unavailable)
    found = findings(company)
    others = {name: piece for name, piece in found.items() if piece.outcome is not Outcome.TRUE}
    said = {name: (str(piece.outcome), piece.reason) for name, piece in others.items()}
    assert {n for n, p in others.items() if p.outcome is Outcome.FALSE} == no, said
    assert {n for n, p in others.items() if p.outcome is Outcome.NOT_AVAILABLE} == unavailable
    assert len(others) == len(no) + len(unavailable), said
    assert all(others[name].command for name in unavailable), said


@pytest.mark.parametrize("check", PROBED)
def test_of_an_empty_ledger_nothing_can_be_told(empty: dict[str, Evidence], check: str) -> None:
    found = empty[check]
    assert found.outcome is Outcome.NOT_AVAILABLE, found.reason
    assert found.command, found.reason


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Evidence]:
    """A ledger that holds one charge of long ago, and no settings at all."""
    from datetime import date

    from finops.ledger.store import Ledger
    from scorecard.answers import Subject
    from scorecard.run import collect
    from tests.analysis.ledgers import add, config, cost

    ledger = Ledger.open(str(tmp_path_factory.mktemp("empty") / "ledger"), create=True)
    add(ledger, "costs", [cost("1", "2026-12-01")])
    found = collect(CATALOG, Subject(), ledger, config(), as_of=date(2026, 11, 1))
    return {piece.check: piece for piece in found}
