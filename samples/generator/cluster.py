"""The accelerators: a colocated training cluster Harbourline owns, and its serving nodes on AWS.

Jobs are written as `sacct -P -D` prints them; GPU samples as our own record, one device per hour. A job
that spans both nodes waits for its slowest device, so the straggler makes the others look busy.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from . import planted
from .aws import NODES
from .company import END_DAY, FIRST_DAY, at, days, dice

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

GPUS_PER_NODE = 8
COLO_NODES = ("colo-01", "colo-02")
HOUR = timedelta(hours=1)
START, END = at(FIRST_DAY, 0), at(END_DAY, 0)
SLOWED = 1.4
"""How much longer a job over both nodes takes once a device straggles."""


class Job(NamedTuple):
    """One attempt of a job."""

    id: int
    display: str
    name: str
    user: str
    account: str
    qos: str
    state: str
    code: str
    submitted: datetime
    started: datetime | None
    ended: datetime
    nodes: tuple[str, ...]


PROJECTS = (
    ("finetune-triage", "mara", "claims", "normal"),
    ("finetune-redact", "ines", "platform", "normal"),
    ("embed-train", "tobias", "search", "normal"),
    ("pretrain-small", "yuki", "research", "high"),
    ("sweep", "yuki", "research", "low"),
)

ENDS = (
    (0.68, "COMPLETED", "0:0"),
    (0.80, "CANCELLED by 1004", "0:0"),
    (0.90, "FAILED", "1:0"),
    (0.93, "OUT_OF_MEMORY", "0:125"),
    (0.96, "TIMEOUT", "0:0"),
    (0.98, "NODE_FAIL", "0:0"),
    (1.01, "REQUEUED", "0:0"),
)
"""Cumulative chance of each end, Slurm's word for it, and the exit code."""


def jobs() -> list[Job]:
    """Every job attempt of the period on the owned cluster, in order of submission."""
    rng, found, clock, number = dice("jobs"), [], START + 3 * HOUR, 4100
    while clock < END - 60 * HOUR:
        both = rng.random() < 0.45
        groups = [COLO_NODES] if both else [(node,) for node in COLO_NODES]
        ends = []
        for nodes in groups:
            number += 1
            made = list(_attempts(number, nodes, clock, rng))
            found += made
            ends.append(made[-1].ended)
        clock = max(ends) + timedelta(minutes=rng.randint(20, 420))
    return sorted(found, key=lambda job: (job.submitted, job.id, job.ended))


def _attempts(
    number: int, nodes: tuple[str, ...], start: datetime, rng: random.Random
) -> Iterator[Job]:
    """One job; a requeued attempt is followed by the one that took its place."""
    name, user, account, qos = rng.choice(PROJECTS)
    if len(nodes) > 1:
        name, user, account, qos = PROJECTS[3]
    submitted = start - timedelta(minutes=rng.randint(1, 200))
    while True:
        luck = rng.random()
        _, state, code = next(end for end in ENDS if luck < end[0])
        hours = rng.uniform(0.4, 6) if state not in {"COMPLETED", "TIMEOUT"} else rng.uniform(3, 22)
        if len(nodes) > 1 and start.date() >= planted.STRAGGLER_FROM:
            hours *= SLOWED
        end = start + timedelta(seconds=round(hours * 3600))
        display = f"{number - 1}_1" if name == "sweep" else str(number)
        yield Job(
            number, display, name, user, account, qos, state, code, submitted, start, end, nodes
        )
        if state != "REQUEUED":
            return
        submitted, start = end, end + timedelta(minutes=rng.randint(2, 30))


SACCT_COLUMNS = (
    "JobIDRaw", "JobID", "JobName", "User", "Account", "Cluster", "Partition", "QOS", "State",
    "ExitCode", "Submit", "Start", "End", "ElapsedRaw", "AllocTRES", "NodeList",
)  # fmt: skip


def sacct(found: list[Job]) -> str:
    """The jobs as `sacct -a -X -D -P` prints them, with the cluster's clock on UTC."""
    lines = ["|".join(SACCT_COLUMNS)]
    for job in found:
        gpus = GPUS_PER_NODE * len(job.nodes)
        started = job.started or job.ended
        tres = f"billing={gpus},cpu={gpus * 12},gres/gpu:h100={gpus},gres/gpu={gpus},node={len(job.nodes)}"
        cells = (
            job.id, job.display, job.name, job.user, job.account, "colo", "train", job.qos,
            job.state, job.code, _slurm(job.submitted), _slurm(started), _slurm(job.ended),
            int((job.ended - started).total_seconds()), tres,
            job.nodes[0] if len(job.nodes) == 1 else "colo-[01-02]",
        )  # fmt: skip
        lines.append("|".join(map(str, cells)))
    return "\n".join(lines) + "\n"


def _slurm(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%S}"


SAMPLE_COLUMNS = (
    "timestamp", "interval_s", "cluster", "node", "device_uuid", "device_model", "pool",
    "namespace", "pod", "workload", "job_id", "gpu_util", "gr_engine_active", "sm_active",
    "tensor_active", "dram_active", "memory_used_bytes", "memory_total_bytes", "power_w",
    "energy_j", "sm_clock_mhz", "throttle_s",
)  # fmt: skip

Sample = dict[str, object]


def samples(found: list[Job]) -> Iterator[Sample]:
    """One row per device and hour: the owned cluster's devices, then the serving nodes' on AWS."""
    for day in days():
        for hour in range(24):
            when = at(day, 3600 * hour)
            for node in COLO_NODES:
                yield from _colo(node, when, _holder(found, node, when))
            for node, off in NODES.items():
                if off is None or day < off:
                    yield from _serving(node, when)


def _holder(found: list[Job], node: str, when: datetime) -> Job | None:
    """The job that holds the node in most of the hour."""
    middle = when + HOUR / 2
    return next(
        (j for j in found if node in j.nodes and j.started and j.started <= middle < j.ended), None
    )


def _colo(node: str, when: datetime, job: Job | None) -> Iterator[Sample]:
    rng = dice("gpu", node, when)
    straggling = when.date() >= planted.STRAGGLER_FROM
    waits = straggling and job is not None and len(job.nodes) > 1
    for gpu in range(GPUS_PER_NODE):
        slow = straggling and node == planted.STRAGGLER_NODE and gpu == planted.STRAGGLER_GPU
        noise = rng.random()
        if job is None:
            ratios, power, clock, memory = (0.0, 0.0, 0.0, 0.0, 0.0), 88 + 8 * noise, 345, 0.006
        elif waits and not slow:
            ratios = (0.99, 0.985, 0.34 + 0.03 * noise, 0.27 + 0.02 * noise, 0.21 + 0.02 * noise)
            power, clock, memory = 395 + 20 * noise, 1980, 0.83
        else:
            ratios = (0.97, 0.955, 0.52 + 0.05 * noise, 0.43 + 0.04 * noise, 0.34 + 0.03 * noise)
            power, clock, memory = 590 + 50 * noise, 1980, 0.83
        if slow and job is not None:
            power, clock = 430 + 15 * noise, 1305
        yield _sample(
            when, "colo", node, f"GPU-{node}-{gpu}", "NVIDIA H100 80GB HBM3", ratios, power, clock,
            memory, 85899345920, pool="colo-h100", job=job,
            throttle=1500.0 + round(300 * noise, 1) if slow and job is not None else 0.0,
        )  # fmt: skip


def _serving(node: str, when: datetime) -> Iterator[Sample]:
    """A node of the redaction service: busy by day; the second one hardly ever."""
    rng = dice("gpu", node, when)
    day = 1 - abs(when.hour - 13.5) / 13.5
    load = (0.12 + 0.55 * day) * (0.15 if node.endswith("02") else 1)
    for gpu in range(4):
        busy = min(load * (0.9 + 0.2 * rng.random()), 1)
        ratios = (min(busy * 1.35, 1), busy, busy * 0.6, busy * 0.4, busy * 0.7)
        yield _sample(
            when, "aws-serving", node, f"GPU-{node}-{gpu}", "NVIDIA L4", ratios, 18 + 52 * busy,
            2040, 0.71, 25769803776, pool="aws-serving", pod=f"redact-llama-{node[-2:]}",
        )  # fmt: skip


def _sample(  # noqa: PLR0913, PLR0917  (a reading has this many parts)
    when: datetime, cluster: str, node: str, device: str, model: str, ratios: tuple[float, ...],
    power: float, clock: int, memory: float, total: int, *, pool: str, job: Job | None = None,
    pod: str | None = None, throttle: float = 0.0,
) -> Sample:  # fmt: skip
    util, engine, sm, tensor, dram = (round(ratio, 3) for ratio in ratios)
    watts = round(power, 1)
    return {
        "timestamp": f"{when:%Y-%m-%dT%H:%M:%SZ}",
        "interval_s": 3600,
        "cluster": cluster,
        "node": node,
        "device_uuid": device,
        "device_model": model,
        "pool": pool,
        "namespace": "serving" if pod else None,
        "pod": pod,
        "workload": "redact-llama" if pod else (job.name if job else None),
        "job_id": job.id if job else None,
        "gpu_util": util,
        "gr_engine_active": engine,
        "sm_active": sm,
        "tensor_active": tensor,
        "dram_active": dram,
        "memory_used_bytes": round(memory * total),
        "memory_total_bytes": total,
        "power_w": watts,
        "energy_j": round(watts * 3600),
        "sm_clock_mhz": clock,
        "throttle_s": throttle,
    }
