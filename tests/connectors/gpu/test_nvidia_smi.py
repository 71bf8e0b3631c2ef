"""`nvidia-smi --query-gpu` output: units in header and cells, `[N/A]`, the host's wall clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from connectors.formats.gpu.native import FORMAT as OWN
from connectors.formats.gpu.nvidia_smi import FORMAT
from finops.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    Read = Callable[..., list[dict[str, Any]]]

TEXT = """\
timestamp, index, uuid, name, utilization.gpu [%], memory.used [MiB], memory.total [MiB], power.draw [W], clocks.current.sm [MHz]
2026/10/01 12:00:00.000, 0, GPU-a, NVIDIA H100, 97 %, 1024 MiB, 81559 MiB, 512.30 W, 1980 MHz
2026/10/01 12:00:00.000, 1, GPU-b, NVIDIA H100, 0 %, 4 MiB, 81559 MiB, 70.00 W, 345 MHz
2026/10/01 12:00:15.000, 0, GPU-a, NVIDIA H100, [N/A], 1024 MiB, 81559 MiB, [Not Supported], 1980 MHz
2026/10/01 12:00:15.000, 1, GPU-b, NVIDIA H100, 0 %, 4 MiB, 81559 MiB, 70.00 W, 345 MHz
"""


def test_units_blanks_and_the_zone_that_is_set(read: Read) -> None:
    rows = read(FORMAT, TEXT, timezone="Europe/Berlin")
    assert rows[0] == {
        "_row": 1,
        "timestamp": datetime(2026, 10, 1, 10, tzinfo=UTC),
        "interval_s": 15.0,
        "device_uuid": "GPU-a",
        "device_model": "NVIDIA H100",
        "gpu_util": 0.97,
        "memory_used_bytes": 1024 * 1024**2,
        "memory_total_bytes": 81559 * 1024**2,
        "power_w": 512.3,
        "sm_clock_mhz": 1980.0,
    }
    assert "gpu_util" not in rows[2]
    assert "power_w" not in rows[2]
    assert "_problem" not in rows[2]


def test_without_a_zone_it_is_utc(read: Read) -> None:
    assert read(FORMAT, TEXT)[0]["timestamp"] == datetime(2026, 10, 1, 12, tzinfo=UTC)


def test_nounits_reads_the_same(read: Read) -> None:
    bare = TEXT
    for unit in (" %,", " MiB,", " W,"):
        bare = bare.replace(unit, ",")
    bare = bare.replace(" MHz\n", "\n")
    assert read(FORMAT, bare) == read(FORMAT, TEXT)


def test_an_unknown_zone_is_the_commands_fault(read: Read) -> None:
    with pytest.raises(UsageError, match="'Mars/Olympus' is not a time zone"):
        read(FORMAT, TEXT, timezone="Mars/Olympus")


def test_a_wrong_cell_is_named(read: Read) -> None:
    rows = read(FORMAT, TEXT.replace("97 %", "lots"))
    assert (rows[0]["_problem"], rows[0]["_problem_column"], rows[0]["_problem_value"]) == (
        "not a number", "utilization.gpu [%]", "lots",
    )  # fmt: skip


def test_a_query_without_uuid_says_what_to_ask_for(read: Read) -> None:
    rows = read(FORMAT, TEXT.replace(" uuid,", " serial,"))
    assert rows[0]["_problem"] == "no device: query timestamp,uuid,…"


def test_our_own_record_in_csv_and_jsonl(read: Read) -> None:
    from_csv = read(
        OWN, "timestamp,interval_s,device_uuid,unknown\n2026-10-01T00:00:00Z,30,GPU-a,1\n"
    )
    from_lines = read(
        OWN,
        '{"timestamp": "2026-10-01T00:00:00Z", "interval_s": 30, "device_uuid": "GPU-a"}\n',
        "x.jsonl",
    )
    assert from_csv == from_lines == [
        {"_row": 1, "timestamp": "2026-10-01T00:00:00Z", "interval_s": "30", "device_uuid": "GPU-a"}
    ]  # fmt: skip
