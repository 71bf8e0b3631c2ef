"""Who holds a device: the job and the program of the processes that compute on it, as Linux tells.

Slurm writes SLURM_JOB_ID into a job's environment, and Kubernetes the pod's name into HOSTNAME of its containers.
Another user's environment can only be read by root; then only the program's name is known.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

__all__ = ["Holder", "holder_of"]


class Holder(NamedTuple):
    """The job, pod and program on a device; None where nobody is, or nothing tells."""

    job_id: str | None = None
    namespace: str | None = None
    pod: str | None = None
    workload: str | None = None


def holder_of(pids: tuple[int, ...], proc: Path = Path("/proc")) -> Holder:
    """The holder by the first process that tells one; a device without processes has none."""
    found = Holder()
    for pid in pids:
        environment = _environment(proc / str(pid) / "environ")
        in_pod = "KUBERNETES_SERVICE_HOST" in environment
        one = Holder(
            environment.get("SLURM_JOB_ID"),
            environment.get("POD_NAMESPACE") if in_pod else None,
            environment.get("HOSTNAME") if in_pod else None,
            _program(proc / str(pid) / "comm"),
        )
        if one.job_id or one.pod:
            return one
        found = found if found.workload else one
    return found if found.workload or not pids else Holder(workload=f"pid {pids[0]}")


def _environment(file: Path) -> dict[str, str]:
    """`SLURM_JOB_ID` and the few others of a process that we use; empty when it may not be read."""
    wanted = {"SLURM_JOB_ID", "KUBERNETES_SERVICE_HOST", "POD_NAMESPACE", "HOSTNAME"}
    try:
        pairs = (one.partition(b"=") for one in file.read_bytes().split(b"\0"))
    except OSError:
        return {}
    said = {
        name.decode(errors="replace"): value.decode(errors="replace") for name, _, value in pairs
    }
    return {name: value for name, value in said.items() if name in wanted}


def _program(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip() or None
    except OSError:
        return None
