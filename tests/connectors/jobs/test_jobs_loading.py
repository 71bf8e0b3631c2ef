"""Jobs through the whole pipeline: a job seen running and seen ended later is one job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEADER = (
    "JobIDRaw|JobID|JobName|Account|State|ExitCode|Submit|Start|End|ElapsedRaw|AllocTRES|NodeList\n"
)
FIRST = (
    HEADER
    + "7|7|train|ml|RUNNING|0:0|2026-09-30T20:00:00|2026-09-30T21:00:00|Unknown|0|gres/gpu:h100=8,gres/gpu=8|n1\n"
)
LATER = (
    HEADER
    + "7|7|train|ml|COMPLETED|0:0|2026-09-30T20:00:00|2026-09-30T21:00:00|2026-10-01T02:00:00|18000|gres/gpu:h100=8,gres/gpu=8|n1\n"
    + "7.batch|7.batch|batch|ml|COMPLETED|0:0|2026-09-30T21:00:00|2026-09-30T21:00:00|2026-10-01T02:00:00|18000|gres/gpu=8|n1\n"
)


def test_a_later_delivery_ends_the_job(
    load: Callable[..., Any], ask: Callable[[str], Any], write: Callable[..., Path]
) -> None:
    load("jobs", write("a.txt", FIRST), source="slurm")
    assert ask("select job_id, state, month, gpu_count from jobs") == [
        ("7", "running", "2026-09", 8)
    ]
    (result,) = load("jobs", write("b.txt", LATER), source="slurm")
    assert result.format == "sacct"
    assert ask("select job_id, state, month, gpu_count from jobs") == [
        ("7", "completed", "2026-10", 8)
    ]


def test_a_state_nobody_knows_is_refused_by_name(
    refused: Callable[..., Any], write: Callable[..., Path]
) -> None:
    error = refused("jobs", write("a.csv", FIRST.replace("RUNNING", "MELTED")))
    assert [(p.row, p.column, p.value) for p in error.problems] == [(1, "state", "MELTED")]
