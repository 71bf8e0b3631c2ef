"""The CSV that `nvidia-smi --query-gpu=… --format=csv` prints, with or without `-l` and `nounits`.

What the reader knows: the header carries units (`memory.used [MiB]`) and the cells repeat them; commas
are followed by a space; an unsupported field says `[N/A]`. The query must name `timestamp` and `uuid`.
Times are the host's wall clock without a zone: `--set timezone=Europe/Berlin` says which; without it
they are read as UTC. The host is not in the output: `--set node=…` and `--set cluster=…` name it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.formats.cells import (
    assumed_zone,
    column_finder,
    instant,
    is_wrong,
    number,
    problem,
    quoted,
    text,
)
from connectors.formats.contract import Format, Shape
from connectors.formats.gpu.intervals import with_intervals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.formats.contract import Delivery, Head

__all__ = ["FORMAT"]

MIB = 1024 * 1024
FIELDS = {
    "gpu_util": (("utilization.gpu",), 0.01),
    "memory_used_bytes": (("memory.used",), MIB),
    "memory_total_bytes": (("memory.total",), MIB),
    "power_w": (("power.draw", "power.draw.average", "power.draw.instant"), 1),
    "sm_clock_mhz": (("clocks.current.sm", "clocks.sm"), 1),
    "energy_counter_j": (("total_energy_consumption",), 0.001),
}
"""Ledger column or counter, the query fields that give it (best first), and the unit's size."""

DEVICE = ("uuid", "gpu_uuid")
MODEL = ("name", "gpu_name")


def _recognises(head: Head) -> int:
    names = column_finder(head.columns)
    if "timestamp" not in names and not any(name in names for name in DEVICE):
        return 0
    return 95 if any(f in names for fields, _ in FIELDS.values() for f in fields) else 0


def _find(names: Mapping[str, str], wanted: tuple[str, ...]) -> str | None:
    return next((names[name] for name in wanted if name in names), None)


def _reading(column: str, cell: str | None, scale: float) -> str:
    if cell is None:
        return f"cast(null as double) as {column}"
    value = f"{number(quoted(cell))} * {scale}"
    return f"cast({value} as bigint) as {column}" if scale == MIB else f"{value} as {column}"


def _text(cell: str | None) -> str:
    return "cast(null as varchar)" if cell is None else text(quoted(cell))


def _select(delivery: Delivery) -> str:
    names = column_finder(delivery.columns)
    time, device = names.get("timestamp"), _find(names, DEVICE)
    zone_name = assumed_zone(delivery)
    at = "cast(null as timestamptz)" if time is None else instant(quoted(time), zone_name)
    cells = {column: (_find(names, fields), scale) for column, (fields, scale) in FIELDS.items()}
    readings = ", ".join(_reading(column, *cell) for column, cell in cells.items())
    checks = [
        ("timestamp", time, f"{at} is null", "not a time: query timestamp,uuid,…"),
        ("uuid", device, f"{_text(device)} is null", "no device: query timestamp,uuid,…"),
    ] + [
        (column, cell, is_wrong(quoted(cell)), "not a number")
        for column, (cell, _) in cells.items()
        if cell is not None
    ]
    return with_intervals(
        f"select _file, _row, {at} as read_at, {_text(device)} as device_uuid,"
        f" {_text(_find(names, MODEL))} as device_model, cast(null as varchar) as mig_profile,"
        f" {readings}, cast(null as double) as throttle_counter_s, 1 as share,"
        f" {problem(checks)} from {delivery.scan()}",
        delivery.settings,
    )


FORMAT = Format(
    name="nvidia-smi",
    table="gpu_samples",
    about="nvidia-smi --query-gpu CSV; times are the host's, UTC unless --set timezone says otherwise",
    shapes=(Shape.CSV,),
    recognises=_recognises,
    select=_select,
)
