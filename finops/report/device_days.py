"""Device time day by day as a report: `finops capacity --by day` and `--by node`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.capacity.units import device_hours
from finops.model.money import total
from finops.report.model import Report, ReportColumn, Style

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from finops.analysis.capacity.device_days import DeviceDay
    from finops.model.period import Period
    from finops.report.model import Row

__all__ = ["device_days_report"]

_HOURS = ("busy_hours", "held_idle_hours", "idle_hours")


def device_days_report(
    found: Sequence[DeviceDay],
    *,
    nodes: bool,
    period: Period | None,
    notes: Sequence[str] = (),
) -> Report:
    """A row for each pool and day, with `nodes` for each node of it too; hours are device-hours."""
    keys = ("pool", "node", "day") if nodes else ("pool", "day")
    sums: dict[tuple[str | None, ...], tuple[int, int, int]] = {}
    for each in found:
        day = each.day.isoformat()
        key = (each.pool, each.node, day) if nodes else (each.pool, day)
        busy, held, idle = sums.get(key, (0, 0, 0))
        sums[key] = (busy + each.busy, held + each.held, idle + each.idle)
    rows: list[Row] = [
        {**dict(zip(keys, key, strict=True)), **_numbers(parts)} for key, parts in sums.items()
    ]
    said = () if rows else ("No device was seen: finops load gpu FILE, or finops collect gpu.",)
    whole = _numbers(_added(sums.values()))
    return Report(
        schema="finops.capacity_days/1",
        title="Capacity by node and day" if nodes else "Capacity by day",
        columns=(
            *(ReportColumn(name, name.capitalize()) for name in keys),
            ReportColumn("observed_hours", "Observed h", Style.NUMBER),
            ReportColumn("busy_hours", "Busy h", Style.NUMBER),
            ReportColumn("held_idle_hours", "Held idle h", Style.NUMBER),
            ReportColumn("idle_hours", "Idle h", Style.NUMBER),
            ReportColumn("busy_share", "Busy", Style.RATIO),
        ),
        rows=tuple(rows),
        period=period,
        totals={**dict.fromkeys(keys), **whole},
        notes=(
            *notes,
            *said,
            "Hours that were billed and never seen have no day here: finops capacity counts them.",
        ),
    )


def _numbers(parts: tuple[int, int, int]) -> dict[str, Decimal | float | None]:
    hours = [device_hours(each) for each in parts]
    seen = sum(parts)
    return {
        "observed_hours": total(hours),
        **dict(zip(_HOURS, hours, strict=True)),
        "busy_share": parts[0] / seen if seen else None,
    }


def _added(parts: Iterable[tuple[int, int, int]]) -> tuple[int, int, int]:
    busy = held = idle = 0
    for each in parts:
        busy, held, idle = busy + each[0], held + each[1], idle + each[2]
    return busy, held, idle
