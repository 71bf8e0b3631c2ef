"""DCGM readings: one device is one row, however many series the exporter made of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from connectors.formats.gpu.dcgm import FORMAT

if TYPE_CHECKING:
    from collections.abc import Callable

    Read = Callable[..., list[dict[str, Any]]]

HEADER = (
    "timestamp,gpu,UUID,modelName,GPU_I_PROFILE,GPU_I_ID,Hostname,DCGM_FI_DEV_GPU_UTIL,"
    "DCGM_FI_PROF_GR_ENGINE_ACTIVE,DCGM_FI_DEV_FB_USED,DCGM_FI_DEV_FB_FREE,DCGM_FI_DEV_FB_RESERVED,"
    "DCGM_FI_DEV_POWER_USAGE,DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION,namespace,pod,"
    "exported_namespace,exported_pod\n"
)


def line(time: str, **cells: object) -> str:
    values = {
        "device": "GPU-a", "profile": "", "slot": "", "util": 97, "engine": 0.5, "energy": "",
        "owner": "prod,vllm-1", "power": 400.5, **cells,
    }  # fmt: skip
    return (
        "{time},0,{device},H100,{profile},{slot},node-1,{util},{engine},1024,70000,600,"
        "{power},{energy},monitoring,dcgm-exporter-x,{owner}\n".format(time=time, **values)
    )


def test_units_and_the_owner_prometheus_renamed(read: Read) -> None:
    (row, _) = read(FORMAT, HEADER + line("2026-10-01T00:00:00Z") + line("2026-10-01T00:00:30Z"))
    assert row == {
        "_row": 1,
        "timestamp": datetime(2026, 10, 1, tzinfo=UTC),
        "interval_s": 30.0,
        "device_uuid": "GPU-a",
        "device_model": "H100",
        "node": "node-1",
        "namespace": "prod",
        "pod": "vllm-1",
        "gpu_util": 0.97,
        "gr_engine_active": 0.5,
        "memory_used_bytes": 1024 * 1024**2,
        "memory_total_bytes": 71624 * 1024**2,
        "power_w": 400.5,
    }


def test_a_device_without_an_owner_is_not_the_exporters(read: Read) -> None:
    rows = read(
        FORMAT,
        HEADER + line("2026-10-01T00:00:00Z", owner=",") + line("2026-10-01T00:00:30Z", owner=","),
    )
    assert [row.get("pod") for row in rows] == [None, None]


def test_series_of_one_device_are_one_row_with_the_largest_reading(read: Read) -> None:
    rows = read(
        FORMAT,
        HEADER
        + line("2026-10-01T00:00:00Z", util=40, owner="prod,vllm-2")
        + line("2026-10-01T00:00:00Z", util=97, owner="prod,vllm-1")
        + line("2026-10-01T00:00:30Z"),
    )
    assert [(row["gpu_util"], row["pod"]) for row in rows] == [(0.97, "vllm-1")] * 2


def test_energy_is_the_difference_of_a_counter_of_millijoules(read: Read) -> None:
    rows = read(
        FORMAT,
        HEADER
        + line("2026-10-01T00:00:00Z", energy=1_000_000)
        + line("2026-10-01T00:00:30Z", energy=13_000_000)
        + line("2026-10-01T00:01:00Z", energy=500),
    )
    assert [row.get("energy_j") for row in rows] == [12000.0, None, None]


def test_a_gap_is_clamped_to_three_intervals_and_claims_no_energy(read: Read) -> None:
    rows = read(
        FORMAT,
        HEADER
        + line("2026-10-01T00:00:00Z", energy=0)
        + line("2026-10-01T00:00:30Z", energy=1000)
        + line("2026-10-01T00:01:00Z", energy=2000)
        + line("2026-10-01T06:00:00Z", energy=9000),
    )
    assert [row["interval_s"] for row in rows] == [30.0, 30.0, 90.0, 30.0]
    assert [row.get("energy_j") for row in rows] == [1.0, 1.0, None, None]


def test_the_blank_sentinel_is_no_reading(read: Read) -> None:
    rows = read(
        FORMAT,
        HEADER
        + line("2026-10-01T00:00:00Z", util=9223372036854775794)
        + line("2026-10-01T00:00:30Z", util=""),
    )
    assert ["gpu_util" in row for row in rows] == [False, False]
    assert ["_problem" in row for row in rows] == [False, False]


def test_mig_slices_share_the_power_of_their_device(read: Read) -> None:
    text = HEADER
    for second in ("00", "30"):
        for slot, profile in ((3, "1g.10gb"), (4, "2g.20gb")):
            text += line(
                f"2026-10-01T00:00:{second}Z", slot=slot, profile=profile, util="", power=300,
                energy=1000 if second == "00" else 9_001_000,
            )  # fmt: skip
    rows = read(FORMAT, text)
    assert [row["mig_profile"] for row in rows] == ["3/1g.10gb", "4/2g.20gb"] * 2
    assert [row["power_w"] for row in rows] == [150.0] * 4
    assert [row.get("energy_j") for row in rows] == [4500.0, 4500.0, None, None]


def test_the_new_spelling_of_hostname_and_seconds_since_1970(read: Read) -> None:
    header = HEADER.replace("Hostname", "hostname").replace("timestamp", "time")
    rows = read(FORMAT, header + line("1790812800") + line("1790812860.0"))
    assert rows[0]["timestamp"] == datetime(2026, 10, 1, tzinfo=UTC)
    assert (rows[0]["node"], rows[0]["interval_s"]) == ("node-1", 60.0)


def test_a_wrong_cell_is_named_and_hides_behind_no_copy(read: Read) -> None:
    rows = read(
        FORMAT,
        HEADER
        + line("2026-10-01T00:00:00Z")
        + line("2026-10-01T00:00:00Z", util="high")
        + line("yesterday")
        + line("2026-10-01T00:00:30Z"),
    )
    assert [
        (row["_row"], row["_problem_column"], row["_problem_value"])
        for row in rows
        if "_problem" in row
    ] == [
        (2, "DCGM_FI_DEV_GPU_UTIL", "high"),
        (3, "timestamp", "yesterday"),
    ]


def test_one_reading_alone_asks_for_its_interval(read: Read) -> None:
    (row,) = read(FORMAT, HEADER + line("2026-10-01T00:00:00Z"))
    assert "--set interval_s=SECONDS" in row["_problem"]
    (row,) = read(FORMAT, HEADER + line("2026-10-01T00:00:00Z"), interval_s="30")
    assert "_problem" not in row


@pytest.mark.parametrize(
    "time", ["2026-10-01 02:00:00", "2026-10-01T00:00:00Z", "2026-10-01 02:00:00+02"]
)
def test_a_zone_in_the_text_wins_over_the_one_that_is_set(read: Read, time: str) -> None:
    (row,) = read(FORMAT, HEADER + line(time), interval_s="30", timezone="Europe/Berlin")
    assert row["timestamp"] == datetime(2026, 10, 1, tzinfo=UTC)
