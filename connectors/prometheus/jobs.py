"""Kubernetes Jobs as kube-state-metrics knows them: when they ran, how they ended, what they asked for.

    started    kube_job_status_start_time
    ended      kube_job_status_completion_time, which only a Job that succeeded has; of one that failed the end of
               its last pod, else the scrape that first showed the failure
    state      completed; failed, or timeout when its deadline passed; pending before its start; else running
    cancelled  a Job that did not end and is gone while kube-state-metrics goes on: somebody deleted it
    GPUs       whole accelerators that a pod's containers ask for, times the pods that run at once

A Job of the same name is another one when it was created at another time, so its identity is
`namespace/name@created`. Its team is the pod label that finops.toml names, else the namespace: owners.csv
translates both. Time-sliced and MIG resources are parts of a device and are not counted.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from connectors.prometheus.pods import job_identity, label_of, pod_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.prometheus.client import Client

__all__ = ["JobLabels", "Jobs", "read_jobs"]

_ACCELERATORS = "nvidia_com_gpu|amd_com_gpu|gpu_intel_com_i915|gpu_intel_com_xe|habana_ai_gaudi"
_PATIENCE = timedelta(minutes=5)
"""Without a sample for longer than this, a series has ended: Prometheus's own look-back."""

_Job = tuple[str, str]
"""Namespace and name."""


class JobLabels(NamedTuple):
    """Where a job's team and pool are, and the cluster it ran in."""

    team: str | None
    pool: str | None
    cluster: str
    scrape_s: float


class Jobs(NamedTuple):
    """Rows of `jobs`, and what is to be said about them."""

    rows: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Known:
    """What was seen of one Job."""

    created: Decimal
    seen: Decimal = Decimal(0)
    numbers: dict[str, Decimal] = field(default_factory=dict)
    reason: str | None = None
    owner: str | None = None
    priority: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    devices: dict[str, Decimal] = field(default_factory=dict)
    """Accelerators of each pod."""
    pod_ends: dict[str, Decimal] = field(default_factory=dict)
    restarts: dict[str, Decimal] = field(default_factory=dict)


_NUMBERS = {
    "started": "kube_job_status_start_time",
    "completed": "kube_job_status_completion_time",
    "parallelism": "kube_job_spec_parallelism",
    "completions": "kube_job_spec_completions",
    "complete": 'kube_job_complete{condition="true"}',
    "failed": 'kube_job_failed{condition="true"}',
}


def read_jobs(
    client: Client, start: datetime, end: datetime, now: datetime, labels: JobLabels
) -> Jobs:
    """Jobs made before `end` that had not ended by `start`, as they stand at `now`.

    Days after `end` are looked at for as long as one of the jobs has not ended.
    """
    found: dict[tuple[_Job, Decimal], _Known] = {}
    notes: list[str] = []
    alive, begin = Decimal(0), start
    while begin < now and (begin < end or any(_is_open(known, alive) for known in found.values())):
        stop = min(begin + timedelta(days=1), now)
        day = _Day(client, begin, stop, labels.scrape_s)
        day.read(found, new=begin < end)
        notes += day.renewed()
        seen = (known.seen for known in found.values())
        alive = max((alive, day.exporter_seen(), *seen))
        begin = stop
    rows = [
        row
        for (job, _), known in sorted(found.items())
        if known.created < _seconds(end)
        for row in [_row(job, known, alive, labels)]
        if row["ended_at"] is None or row["ended_at"] >= start
    ]
    return Jobs(tuple(rows), tuple(notes))


def _is_open(known: _Known, alive: Decimal) -> bool:
    return _end(known, alive)[1] is None


class _Day(NamedTuple):
    """A day of kube-state-metrics, or the part of it that is over."""

    client: Client
    start: datetime
    end: datetime
    scrape_s: float

    @property
    def _length(self) -> str:
        return f"{round((self.end - self.start).total_seconds())}s"

    def _newest(self, selector: str) -> list[tuple[Mapping[str, str], Decimal]]:
        return self.client.values(f"last_over_time({selector}[{self._length}])", self.end)

    def _times(self, over: str, vector: str) -> list[tuple[Mapping[str, str], Decimal]]:
        """The first (`min`) or last (`max`) time, in seconds, of a sample of `vector`."""
        asked = (
            f"{over}_over_time(timestamp({vector})[{self._length}:{max(round(self.scrape_s), 1)}s])"
        )
        return self.client.values(asked, self.end)

    def exporter_seen(self) -> Decimal:
        """When kube-state-metrics was last scraped (seconds since 1970), by its nodes; 0 when it was not."""
        return max((at for _, at in self._times("max", "kube_node_info")), default=Decimal(0))

    def renewed(self) -> Iterator[str]:
        """A sentence for each name under which more than one Job was made."""
        changes = f"changes(kube_job_created[{self._length}]) > 0"
        for labels, count in self.client.values(changes, self.end):
            namespace, name = _job(labels)
            yield (
                f"{self.start:%Y-%m-%d}: {namespace}/{name} was made again {count} times in a day; only the last is kept"
            )

    def read(self, found: dict[tuple[_Job, Decimal], _Known], *, new: bool) -> None:
        """Add what this day says to what is known, and its `new` jobs."""
        here: dict[_Job, _Known] = {}
        for labels, created in self._newest("kube_job_created"):
            job = _job(labels)
            if new or (job, created) in found:
                here[job] = found.setdefault((job, created), _Known(created))
        if not here:
            return
        for labels, seen in self._times("max", "kube_job_created"):
            if (known := here.get(_job(labels))) is not None:
                known.seen = max(known.seen, seen)
        self._numbers(here)
        self._failures(here)
        self._pods(here)

    def _numbers(self, here: Mapping[_Job, _Known]) -> None:
        for name, selector in _NUMBERS.items():
            for labels, value in self._newest(selector):
                if (known := here.get(_job(labels))) is not None:
                    known.numbers[name] = value
        for labels, _ in self._newest("kube_job_owner"):
            known = here.get(_job(labels))
            if known is not None and labels.get("owner_name", "<none>") not in {"<none>", ""}:
                known.owner = labels["owner_name"]

    def _failures(self, here: Mapping[_Job, _Known]) -> None:
        shown = 'kube_job_failed{condition="true"} == 1'
        for labels, at in self._times("min", shown):
            if (known := here.get(_job(labels))) is not None:
                known.numbers.setdefault("failed_at", at)
        for labels, value in self._newest('kube_job_status_failed{reason!=""}'):
            known = here.get(_job(labels))
            if known is not None and value:
                known.reason = labels["reason"]

    def _pods(self, here: Mapping[_Job, _Known]) -> None:
        jobs: dict[tuple[str, str], _Known] = {}
        for labels, _ in self._newest('kube_pod_owner{owner_kind="Job"}'):
            namespace, pod = pod_of(labels)
            known = here.get((namespace, labels.get("owner_name", "")))
            if known is not None:
                jobs[namespace, pod] = known
                known.devices.setdefault(pod, Decimal(0))
        if not jobs:
            return
        requests = f'kube_pod_container_resource_requests{{resource=~"{_ACCELERATORS}"}}'
        for of, value in self._sums(requests, jobs).items():
            jobs[of].devices[of[1]] = value
        for of, value in self._sums("kube_pod_container_status_restarts_total", jobs).items():
            jobs[of].restarts[of[1]] = value
        for labels, value in self._of_pods("kube_pod_completion_time", jobs):
            jobs[pod_of(labels)].pod_ends[pod_of(labels)[1]] = value
        for labels, _ in self._of_pods("kube_pod_info", jobs):
            known = jobs[pod_of(labels)]
            known.priority = labels.get("priority_class") or known.priority
        for labels, _ in self._of_pods("kube_pod_labels", jobs):
            said = {name: value for name, value in labels.items() if name.startswith("label_")}
            jobs[pod_of(labels)].labels |= said

    def _of_pods(
        self, selector: str, jobs: Mapping[tuple[str, str], _Known]
    ) -> Iterator[tuple[Mapping[str, str], Decimal]]:
        """The newest value of each series of `selector` whose pod is one of `jobs`."""
        ours = f'last_over_time(kube_pod_owner{{owner_kind="Job"}}[{self._length}])'
        asked = f"last_over_time({selector}[{self._length}]) and on (namespace, pod) {ours}"
        for labels, value in self.client.values(asked, self.end):
            if pod_of(labels) in jobs:
                yield labels, value

    def _sums(
        self, selector: str, jobs: Mapping[tuple[str, str], _Known]
    ) -> dict[tuple[str, str], Decimal]:
        """By pod, the sum over its containers."""
        found: dict[tuple[str, str], Decimal] = {}
        for labels, value in self._of_pods(selector, jobs):
            found[pod_of(labels)] = found.get(pod_of(labels), Decimal(0)) + value
        return found


def _row(job: _Job, known: _Known, alive: Decimal, labels: JobLabels) -> dict[str, Any]:
    namespace, name = job
    state, ended = _end(known, alive)
    attributes = {
        "namespace": namespace,
        "owner": known.owner,
        **known.labels,
    }
    return {
        "job_id": job_identity(namespace, name, known.created),
        "name": name,
        "team": (known.labels.get(labels.team) if labels.team else None) or namespace,
        "cluster": labels.cluster,
        "pool": known.labels.get(labels.pool) if labels.pool else None,
        "priority": known.priority,
        "gpu_count": _devices(known),
        "submitted_at": _moment(known.created),
        "started_at": _moment(known.numbers.get("started")),
        "ended_at": _moment(ended),
        "state": state,
        "restarts": int(sum(known.restarts.values())) if known.restarts else None,
        "attributes": json.dumps({key: value for key, value in attributes.items() if value}),
    }


def _end(known: _Known, alive: Decimal) -> tuple[str, Decimal | None]:
    """How the job ended and when; no time while it has not."""
    said = known.numbers
    if said.get("completed") or said.get("complete"):
        return "completed", said.get("completed") or max(
            known.pod_ends.values(), default=known.seen
        )
    if said.get("failed"):
        shown = said.get("failed_at", known.seen)
        last = max(known.pod_ends.values(), default=shown)
        return ("timeout" if known.reason == "DeadlineExceeded" else "failed"), min(last, shown)
    if known.seen and alive - known.seen > Decimal(_PATIENCE.total_seconds()):
        return "cancelled", known.seen
    return ("running" if said.get("started") else "pending"), None


def _devices(known: _Known) -> int | None:
    """Accelerators the job asks for while it runs; 0 when its pods ask for none, None when no pod was seen."""
    if not known.devices:
        return None
    at_once = known.numbers.get("parallelism", Decimal(1))
    needed = known.numbers.get("completions", at_once)
    return int(max(known.devices.values()) * max(min(at_once, needed), Decimal(1)))


def _job(labels: Mapping[str, str]) -> _Job:
    return label_of(labels, "namespace"), labels.get("job_name", "")


def _seconds(moment: datetime) -> Decimal:
    return Decimal(str(moment.timestamp()))


def _moment(seconds: Decimal | None) -> datetime | None:
    return None if not seconds else datetime.fromtimestamp(float(seconds), tz=UTC)
