"""Kubernetes Jobs as kube-state-metrics says them, from a real Prometheus."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connectors.configured import Source, settings_of
from connectors.pulling import PullOptions, SourceResult, pull
from connectors.sources.prometheus import CONNECTOR
from finops.ledger.engine import query
from finops.ledger.store import Ledger
from tests.connectors.pull.prometheus_server import START, Sample, held, prometheus_with

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.needs("prometheus", "promtool")


def at(minute: float) -> float:
    return START.timestamp() + 60 * minute


def job(
    name: str, made: int, until: int, *, pods: int = 1, gpus: int = 0, **more: float
) -> Iterator[Sample]:
    """A Job made at minute `made` and last seen in minute `until - 1`; `more` is of kube_job_*, since its minute."""
    said = {"namespace": "ml", "job_name": name}
    for minute in range(made, until):
        yield Sample("kube_job_created", said, minute, at(made))
        yield Sample("kube_job_spec_parallelism", said, minute, pods)
        if "started" in more:
            yield Sample("kube_job_status_start_time", said, minute, at(more["started"]))
        if minute >= more.get("completed", until):
            yield Sample("kube_job_status_completion_time", said, minute, at(more["completed"]))
        if "failed" in more:
            failed = {**said, "condition": "true"}
            yield Sample("kube_job_failed", failed, minute, int(minute >= more["failed"]))
        for number in range(pods):
            pod = {"namespace": "ml", "pod": f"{name}-{number}"}
            owner = {**pod, "owner_kind": "Job", "owner_name": name}
            yield Sample("kube_pod_owner", owner, minute, 1)
            if gpus:
                asked = {**pod, "container": "train", "resource": "nvidia_com_gpu"}
                yield Sample("kube_pod_container_resource_requests", asked, minute, gpus)


def cluster() -> Iterator[Sample]:
    for minute in range(200):
        yield Sample("kube_node_info", {"node": "n1"}, minute, 1)
    yield from job("train", 5, 90, pods=2, gpus=4, started=6, completed=60)
    yield Sample("kube_job_owner", {"namespace": "ml", "job_name": "train", "owner_kind": "CronJob",
                                    "owner_name": "nightly"}, 50, 1)  # fmt: skip
    pod = {"namespace": "ml", "pod": "train-0"}
    yield Sample("kube_pod_info", {**pod, "node": "n1", "priority_class": "low"}, 50, 1)
    yield Sample("kube_pod_labels", {**pod, "label_team": "research", "label_pool": "h100"}, 50, 1)
    for container in ("train", "sidecar"):
        restarts = {**pod, "container": container}
        yield Sample("kube_pod_container_status_restarts_total", restarts, 50, 2)
    yield from job("late", 10, 90, gpus=1, started=11, failed=70)
    reason = {"namespace": "ml", "job_name": "late", "reason": "DeadlineExceeded"}
    yield Sample("kube_job_status_failed", reason, 70, 1)
    yield Sample("kube_pod_completion_time", {"namespace": "ml", "pod": "late-0"}, 75, at(69.5))
    yield from job("broken", 10, 90, gpus=1, started=12, failed=80)
    yield from job("deleted", 20, 100, gpus=8, started=20)
    yield from job("live", 30, 200, gpus=1, started=31)
    yield from job("waiting", 40, 200, gpus=1)
    yield from job("cleanup", 40, 90, started=41, completed=42)
    yield from held(0, range(6, 60), exported_pod="train-0", exported_namespace="ml")


@pytest.fixture(scope="module")
def server() -> str:
    return prometheus_with(cluster())


def pulled(folder: Path, url: str, **settings: Any) -> tuple[Ledger, SourceResult]:  # noqa: ANN401
    ledger = Ledger.open(str(folder / "ledger"), create=True)
    said = {"url": url, "since": date(2026, 10, 4), "scrape_s": 60, **settings}
    source = Source("k8s", CONNECTOR, settings_of("k8s", CONNECTOR, said))
    (result,) = pull(ledger, [source], PullOptions(now=START + timedelta(days=1, hours=1)))
    assert result.error is None
    return ledger, result


def asked(ledger: Ledger, sql: str) -> list[tuple[Any, ...]]:
    with ledger.connect(["jobs", "gpu_samples"]) as con:
        return query(con, sql)


MINUTES = f"""
select name, state, gpu_count,
  (epoch(submitted_at) - {START.timestamp()}) / 60, (epoch(started_at) - {START.timestamp()}) / 60,
  (epoch(ended_at) - {START.timestamp()}) / 60
from jobs order by name
"""


def test_how_jobs_ran_and_ended(server: str, tmp_path: Path) -> None:
    """`deleted` is gone after minute 99 while the exporter goes on; without accelerators a job is left out."""
    ledger, _ = pulled(tmp_path, server, tables=["jobs"])
    assert asked(ledger, MINUTES) == [
        ("broken", "failed", 1, 10.0, 12.0, 80.0),
        ("deleted", "cancelled", 8, 20.0, 20.0, 99.0),
        ("late", "timeout", 1, 10.0, 11.0, 69.5),
        ("live", "running", 1, 30.0, 31.0, None),
        ("train", "completed", 8, 5.0, 6.0, 60.0),
        ("waiting", "pending", 1, 40.0, None, None),
    ]


def test_whose_a_job_is_and_which_devices_it_held(server: str, tmp_path: Path) -> None:
    ledger, _ = pulled(tmp_path, server, team_label="label_team", pool_label="label_pool")
    identity = f"ml/train@{datetime.fromtimestamp(at(5), tz=UTC):%Y-%m-%dT%H:%M:%SZ}"
    assert identity == "ml/train@2026-10-05T00:05:00Z"
    assert asked(
        ledger,
        "select job_id, team, pool, cluster, priority, restarts from jobs where name = 'train'",
    ) == [(identity, "research", "h100", "k8s", "low", 4)]
    assert asked(ledger, "select distinct job_id, pod from gpu_samples") == [(identity, "train-0")]
    assert asked(ledger, "select distinct team from jobs where name <> 'train'") == [("ml",)]


def test_jobs_without_accelerators_are_read_when_asked_for(server: str, tmp_path: Path) -> None:
    ledger, _ = pulled(tmp_path, server, tables=["jobs"], all_jobs=True)
    assert asked(ledger, "select gpu_count, state from jobs where name = 'cleanup'") == [
        (0, "completed")
    ]
