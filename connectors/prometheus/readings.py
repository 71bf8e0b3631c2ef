"""A window of one server's devices as a file of DCGM readings: one line per device and scrape.

The window is read in chunks small enough that a chunk of the largest fleet fits into memory; the file grows by
a chunk at a time. Values and times pass through as they were scraped.
"""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from connectors.prometheus.devices import owners_hidden

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from connectors.prometheus.client import Client
    from connectors.prometheus.devices import Family

__all__ = ["Selection", "Written", "chunks", "write_readings"]

_POINTS = 600_000
"""Readings of one metric that are held at a time."""

_LABELS = (
    "UUID",
    "GPU_I_ID",
    "GPU_I_PROFILE",
    "modelName",
    "hostname",
    "cluster",
    "pool",
    "exported_pod",
    "exported_namespace",
    "hpc_job",
    "workload",
)
_OWNER = (("exported_pod", "pod", "pod_name"), ("exported_namespace", "namespace", "pod_namespace"))


class Selection(NamedTuple):
    """Which series of a family, whose pods belong to which workload, and the cluster they are in."""

    family: Family
    matchers: str
    """Label matchers of every selector: `cluster="a"`, or nothing."""
    workloads: Mapping[tuple[str, str], str]
    """Workload of each (namespace, pod)."""
    pools: Mapping[tuple[str, str], str]
    jobs: Mapping[tuple[str, str], str]
    """The Job of each pod that has one, as the `jobs` table knows it."""
    cluster: str
    """Cluster of series that name none."""


class Written(NamedTuple):
    """What stands in the file: lines, and the newest reading's time (milliseconds since 1970)."""

    lines: int
    newest: int


def chunks(
    start: datetime, end: datetime, devices: int, scrape_s: float
) -> Iterator[tuple[datetime, datetime]]:
    """`[start, end)` cut so that a metric of `devices` has about 600,000 readings in each part."""
    fitting = max(int(_POINTS * scrape_s / max(devices, 1)), 60)
    length = timedelta(seconds=min(fitting, 86_400))
    while start < end:
        stop = min(start + length, end)
        yield start, stop
        start = stop


def write_readings(
    client: Client, path: Path, windows: Iterator[tuple[datetime, datetime]], chosen: Selection
) -> Written:
    """Write the readings of `chosen` in `windows`, which follow each other, to `path` as CSV."""
    fields = list(dict.fromkeys(metric.field for metric in chosen.family.metrics))
    lines, newest = 0, 0
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["timestamp", *_LABELS, *fields])
        for start, end in windows:
            readings = _collect(client, chosen, start, end)
            hidden = owners_hidden(dict(labels) for labels, _ in readings)
            for (labels, at), values in sorted(readings.items()):
                writer.writerow(
                    [
                        _moment(at),
                        *_named(dict(labels), chosen, hidden=hidden),
                        *(values.get(field, "") for field in fields),
                    ]
                )
                lines, newest = lines + 1, max(newest, at)
    return Written(lines, newest)


_Key = tuple[tuple[tuple[str, str], ...], int]


def _collect(
    client: Client, chosen: Selection, start: datetime, end: datetime
) -> dict[_Key, dict[str, str]]:
    """Readings of every metric by label set and time."""
    found: dict[_Key, dict[str, str]] = {}
    for metric in chosen.family.metrics:
        for series in client.raw(f"{metric.name}{{{chosen.matchers}}}", start, end):
            if series.labels.get("gpu_partition_id", "0") != "0":
                continue
            labels = {
                chosen.family.labels.get(name, name): value
                for name, value in series.labels.items()
                if name != "__name__" and not name.startswith("DCGM_FI_")
            }
            key = tuple(sorted(labels.items()))
            for at, value in series.samples:
                scaled = value if metric.scale == 1 else repr(float(value) * metric.scale)
                found.setdefault((key, at), {}).setdefault(metric.field, scaled)
    return found


def _named(labels: Mapping[str, str], chosen: Selection, *, hidden: bool) -> list[str]:
    """The label columns of a line; the owner is looked for where `hidden` says it can be."""
    pod, namespace = (
        next((labels[name] for name in (names[:1] if hidden else names) if labels.get(name)), "")
        for names in _OWNER
    )
    said = {
        **labels,
        "cluster": labels.get("cluster") or chosen.cluster,
        "pool": labels.get("pool") or chosen.pools.get((namespace, pod), ""),
        "exported_pod": pod,
        "exported_namespace": namespace if pod else "",
        "workload": chosen.workloads.get((namespace, pod), ""),
        "hpc_job": labels.get("hpc_job")
        or labels.get("job_id")
        or chosen.jobs.get((namespace, pod), ""),
    }
    return [said.get(name, "") for name in _LABELS]


def _moment(millis: int) -> str:
    return datetime.fromtimestamp(millis / 1000, tz=UTC).isoformat(timespec="milliseconds")
