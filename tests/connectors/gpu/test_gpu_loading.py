"""GPU samples through the whole pipeline, into a ledger and out of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SMI = """\
timestamp, index, uuid, name, utilization.gpu [%], memory.used [MiB], power.draw [W]
2026/10/01 23:59:45.000, 0, GPU-a, NVIDIA H100, 97 %, 1024 MiB, 512.30 W
2026/10/02 00:00:00.000, 0, GPU-a, NVIDIA H100, 90 %, 1024 MiB, 500.00 W
2026/10/02 00:00:15.000, 0, GPU-a, NVIDIA H100, [N/A], 1024 MiB, 500.00 W
"""
DCGM = """\
timestamp,UUID,modelName,hostname,DCGM_FI_DEV_GPU_UTIL,DCGM_FI_PROF_SM_ACTIVE,pod
2026-10-01T00:00:00Z,GPU-a,H100,n1,100,0.5,vllm-0
2026-10-01T00:00:30Z,GPU-a,H100,n1,100,0.25,vllm-0
"""


def test_nvidia_smi(
    load: Callable[..., Any], ask: Callable[[str], Any], write: Callable[..., Path]
) -> None:
    (result,) = load(
        "gpu_samples",
        write("smi.csv", SMI),
        sets={"node": "gpu-7", "cluster": "lab", "timezone": "UTC"},
    )
    assert (result.format, result.stored.rows_stored) == ("nvidia-smi", 3)
    assert ask(
        "select timestamp, day, interval_s, node, cluster, gpu_util, power_w from gpu_samples order by 1"
    ) == [
        (datetime(2026, 10, 1, 23, 59, 45, tzinfo=UTC), date(2026, 10, 1), 15.0, "gpu-7", "lab", 0.97, 512.3),
        (datetime(2026, 10, 2, tzinfo=UTC), date(2026, 10, 2), 15.0, "gpu-7", "lab", 0.9, 500.0),
        (datetime(2026, 10, 2, 0, 0, 15, tzinfo=UTC), date(2026, 10, 2), 15.0, "gpu-7", "lab", None, 500.0),
    ]  # fmt: skip


def test_reading_zone_less_times_as_utc_is_told(
    load: Callable[..., Any], write: Callable[..., Path]
) -> None:
    (result,) = load("gpu_samples", write("smi.csv", SMI))
    assert (
        "times carry no zone and are read as UTC; --set timezone=Europe/Berlin changes it"
        in result.notes
    )
    (result,) = load("gpu_samples", write("smi.csv", SMI), sets={"timezone": "Europe/Berlin"})
    assert not any("zone" in note for note in result.notes)


def test_twice_changes_nothing(
    load: Callable[..., Any], ask: Callable[[str], Any], write: Callable[..., Path]
) -> None:
    load("gpu_samples", write("dcgm.csv", DCGM))
    (again,) = load("gpu_samples", write("dcgm.csv", DCGM))
    assert again.stored.unchanged
    assert ask("select count(*), sum(interval_s), avg(sm_active) from gpu_samples") == [
        (2, 60.0, 0.375)
    ]


def test_one_wrong_cell_refuses_the_file_and_is_named(
    refused: Callable[..., Any], write: Callable[..., Path]
) -> None:
    error = refused("gpu_samples", write("dcgm.csv", DCGM.replace(",0.25,", ",1.25,")))
    assert [(p.row, p.column, p.value) for p in error.problems] == [(2, "sm_active", "1.25")]
    error = refused("gpu_samples", write("other.csv", DCGM.replace(",0.25,", ",half,")))
    assert [(p.row, p.column, p.value, p.why) for p in error.problems] == [
        (2, "DCGM_FI_PROF_SM_ACTIVE", "half", "not a number")
    ]
