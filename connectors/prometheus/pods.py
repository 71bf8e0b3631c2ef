"""Whose pod a pod is, as kube-state-metrics says: its workload, and a label of it.

`kube_pod_owner` names the owner; a ReplicaSet is itself owned by a Deployment (`kube_replicaset_owner`), and a Job
by a CronJob (`kube_job_owner`). Pod labels are there only when kube-state-metrics was told to allow them
(`--metric-labels-allowlist=pods=[…]`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from connectors.prometheus.client import Client

__all__ = ["Pods", "pods_of"]


class Pods(NamedTuple):
    """Workload and pool by (namespace, pod)."""

    workloads: Mapping[tuple[str, str], str]
    pools: Mapping[tuple[str, str], str]


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
            pod = _pod(labels)
            if workload_label and labels.get(workload_label):
                workloads[pod] = labels[workload_label]
            if pool_label and labels.get(pool_label):
                pools[pod] = labels[pool_label]
    return Pods(workloads, pools)


def _owners(client: Client, start: datetime, end: datetime) -> dict[tuple[str, str], str]:
    above: dict[tuple[str, str, str], str] = {}
    for kind, (metric, label) in _OWNERS.items():
        for labels in client.last(metric, start, end):
            namespace = _label(labels, "namespace")
            if labels.get("owner_name", "<none>") != "<none>":
                above[kind, namespace, _label(labels, label)] = labels["owner_name"]
    found = {}
    for labels in client.last("kube_pod_owner", start, end):
        name = labels.get("owner_name", "<none>")
        if name not in {"<none>", ""}:
            namespace, pod = _pod(labels)
            found[namespace, pod] = above.get((labels.get("owner_kind", ""), namespace, name), name)
    return found


def _pod(labels: Mapping[str, str]) -> tuple[str, str]:
    return _label(labels, "namespace"), _label(labels, "pod")


def _label(labels: Mapping[str, str], name: str) -> str:
    """A label kube-state-metrics set, also where Prometheus kept its own of that name."""
    return labels.get(f"exported_{name}", labels.get(name, ""))
