"""Whose pod a pod is, as kube-state-metrics says: its workload, its Job, and a label of it.

`kube_pod_owner` names the owner; a ReplicaSet is itself owned by a Deployment (`kube_replicaset_owner`), and a Job
by a CronJob (`kube_job_owner`). Pod labels are there only when kube-state-metrics was told to allow them
(`--metric-labels-allowlist=pods=[…]`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from connectors.prometheus.client import Client

__all__ = ["Pods", "job_identity", "label_of", "pod_of", "pods_of"]


class Pods(NamedTuple):
    """Workload, pool and Job (as `job_identity` names it) by (namespace, pod)."""

    workloads: Mapping[tuple[str, str], str]
    pools: Mapping[tuple[str, str], str]
    jobs: Mapping[tuple[str, str], str] = {}


_OWNERS = {
    "ReplicaSet": ("kube_replicaset_owner", "replicaset"),
    "Job": ("kube_job_owner", "job_name"),
}
"""Owners that have an owner themselves: the metric that names it, and its label for them."""


def pods_of(
    client: Client,
    start: datetime,
    end: datetime,
    workload_label: str | None,
    pool_label: str | None,
) -> Pods:
    """What is known of every pod seen in `[start, end)`; empty where kube-state-metrics is not scraped."""
    workloads = _owners(client, start, end)
    pools: dict[tuple[str, str], str] = {}
    if workload_label or pool_label:
        for labels in client.last("kube_pod_labels", start, end):
            pod = pod_of(labels)
            if workload_label and labels.get(workload_label):
                workloads[pod] = labels[workload_label]
            if pool_label and labels.get(pool_label):
                pools[pod] = labels[pool_label]
    return Pods(workloads, pools, _jobs(client, start, end))


def _owners(client: Client, start: datetime, end: datetime) -> dict[tuple[str, str], str]:
    above: dict[tuple[str, str, str], str] = {}
    for kind, (metric, label) in _OWNERS.items():
        for labels in client.last(metric, start, end):
            namespace = label_of(labels, "namespace")
            if labels.get("owner_name", "<none>") != "<none>":
                above[kind, namespace, label_of(labels, label)] = labels["owner_name"]
    found = {}
    for labels in client.last("kube_pod_owner", start, end):
        name = labels.get("owner_name", "<none>")
        if name not in {"<none>", ""}:
            namespace, pod = pod_of(labels)
            found[namespace, pod] = above.get((labels.get("owner_kind", ""), namespace, name), name)
    return found


def _jobs(client: Client, start: datetime, end: datetime) -> dict[tuple[str, str], str]:
    length = round((end - start).total_seconds())
    created = {
        (label_of(labels, "namespace"), labels.get("job_name", "")): at
        for labels, at in client.values(f"last_over_time(kube_job_created[{length}s])", end)
    }
    found = {}
    for labels in client.last('kube_pod_owner{owner_kind="Job"}', start, end) if created else ():
        namespace, pod = pod_of(labels)
        name = labels.get("owner_name", "")
        if (namespace, name) in created:
            found[namespace, pod] = job_identity(namespace, name, created[namespace, name])
    return found


def job_identity(namespace: str, name: str, created: Decimal) -> str:
    """A Job as the ledger knows it: `namespace/name@created`, for a name can be used again."""
    at = datetime.fromtimestamp(float(created), tz=UTC)
    return f"{namespace}/{name}@{at:%Y-%m-%dT%H:%M:%SZ}"


def pod_of(labels: Mapping[str, str]) -> tuple[str, str]:
    """Namespace and name of the pod a series is about."""
    return label_of(labels, "namespace"), label_of(labels, "pod")


def label_of(labels: Mapping[str, str], name: str) -> str:
    """A label kube-state-metrics set, also where Prometheus kept its own of that name."""
    return labels.get(f"exported_{name}", labels.get(name, ""))
