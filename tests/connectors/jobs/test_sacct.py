"""`sacct -P`, with the shapes a real slurmctld 22.05 printed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from connectors.formats.jobs.native import FORMAT as OWN
from connectors.formats.jobs.sacct import FORMAT

if TYPE_CHECKING:
    from collections.abc import Callable

    Read = Callable[..., list[dict[str, Any]]]

HEADER = (
    "JobIDRaw|JobID|JobName|Account|State|ExitCode|Submit|Start|End|ElapsedRaw|AllocTRES|NodeList\n"
)
TRES = "billing=1,cpu=1,gres/gpu:h100=2,gres/gpu=2,node=1"


def line(
    raw: str, state: str = "COMPLETED", start: str = "10:01:00", end: str = "10:05:00", **cells: str
) -> str:
    job, code, tres = cells.get("job", raw), cells.get("code", "0:0"), cells.get("tres", TRES)
    submit = cells.get("submit", "2026-10-01T10:00:00")
    start, end = (t if t == "Unknown" else f"2026-10-01T{t}" for t in (start, end))
    return f"{raw}|{job}|train|ml|{state}|{code}|{submit}|{start}|{end}|240|{tres}|n1\n"


def test_typed_and_untyped_accelerators_are_the_same_ones(read: Read) -> None:
    (row,) = read(FORMAT, HEADER + line("7"))
    assert json.loads(row.pop("attributes")) == {
        "slurm_state": "COMPLETED", "slurm_job": "7", "nodes": "n1",
    }  # fmt: skip
    assert row == {
        "_row": 1,
        "job_id": "7",
        "name": "train",
        "team": "ml",
        "gpu_count": 2,
        "gpu_model": "h100",
        "exit_code": "0:0",
        "submitted_at": datetime(2026, 10, 1, 10, tzinfo=UTC),
        "started_at": datetime(2026, 10, 1, 10, 1, tzinfo=UTC),
        "ended_at": datetime(2026, 10, 1, 10, 5, tzinfo=UTC),
        "state": "completed",
    }


@pytest.mark.parametrize(
    ("tres", "count"),
    [
        ("billing=8,cpu=8,node=1", 0),
        ("gres/gpu=4", 4),
        ("cpu=1,gres/gpu:a100=2,gres/gpu:h100=1", 3),
        ("cpu=1,gres/gpumem=80,gres/gpu=1", 1),
        ("", None),
    ],
)
def test_counting_accelerators(read: Read, tres: str, count: int | None) -> None:
    (row,) = read(FORMAT, HEADER + line("7", tres=tres))
    assert row.get("gpu_count") == count


@pytest.mark.parametrize(
    ("slurm", "state"),
    [
        ("CANCELLED by 0", "cancelled"),
        ("CANCELLED", "cancelled"),
        ("FAILED", "failed"),
        ("OUT_OF_MEMORY", "failed"),
        ("OOM", "failed"),
        ("TIMEOUT", "timeout"),
        ("DEADLINE", "timeout"),
        ("NODE_FAIL", "node_fail"),
        ("BOOT_FAIL", "node_fail"),
        ("PREEMPTED", "preempted"),
        ("REQUEUED", "preempted"),
        ("R", "running"),
        ("SUSPENDED", "running"),
        ("PENDING", "pending"),
        ("MELTED", "MELTED"),
    ],
)
def test_states(read: Read, slurm: str, state: str) -> None:
    (row,) = read(FORMAT, HEADER + line("7", slurm))
    assert row["state"] == state


def test_an_attempt_lost_to_a_requeue_is_a_row_of_its_own(read: Read) -> None:
    rows = read(
        FORMAT,
        HEADER
        + line("7", "REQUEUED", end="10:01:27")
        + line("7", start="10:03:00", submit="2026-10-01T10:01:27"),
    )
    assert [
        (row["job_id"], row["state"], row["restarts"], row.get("requeue_of")) for row in rows
    ] == [
        ("7@2026-10-01T10:01:00Z", "preempted", 0, None),
        ("7", "completed", 1, "7@2026-10-01T10:01:00Z"),
    ]


def test_steps_repeat_their_job_and_are_left_out(read: Read) -> None:
    rows = read(FORMAT, HEADER + line("7") + line("7.batch") + line("7.0"))
    assert [row["job_id"] for row in rows] == ["7"]


def test_array_tasks_keep_their_own_identity(read: Read) -> None:
    rows = read(FORMAT, HEADER + line("9", job="8_1") + line("8", job="8_2"))
    assert [row["job_id"] for row in rows] == ["9", "8"]
    assert json.loads(rows[0]["attributes"])["slurm_job"] == "8_1"


def test_the_same_attempt_seen_running_and_ended_is_one(read: Read) -> None:
    rows = read(FORMAT, HEADER + line("7", "RUNNING", end="Unknown") + line("7"))
    assert [(row["job_id"], row["state"]) for row in rows] == [("7", "completed")]


def test_unknown_is_no_time_and_nonsense_is_a_problem(read: Read) -> None:
    rows = read(
        FORMAT,
        HEADER
        + line("7", "PENDING", start="Unknown", end="Unknown", tres="")
        + line("8", submit="today"),
    )
    assert "started_at" not in rows[0]
    assert "_problem" not in rows[0]
    assert (rows[1]["_problem_column"], rows[1]["_problem_value"]) == ("Submit", "today")


def test_times_are_the_clusters_own(read: Read) -> None:
    (row,) = read(FORMAT, HEADER + line("7"), timezone="America/New_York")
    assert row["started_at"] == datetime(2026, 10, 1, 14, 1, tzinfo=UTC)


def test_our_own_record(read: Read) -> None:
    (row,) = read(OWN, '{"job_id": "a", "state": "running", "gpu_count": 8}\n', "jobs.jsonl")
    assert row == {"_row": 1, "job_id": "a", "state": "running", "gpu_count": "8"}
