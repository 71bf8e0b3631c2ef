"""Electricity of owned hardware, in the reference: what its samples measured, told or leave to idle power.

Energy is counted in whole millijoules and time in whole milliseconds, as samples are read; from there on
everything is exact until a day's amount is cut at the 24th place.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING, Any

from tests.analysis.reference.devices import MS, activity
from tests.analysis.reference.rows import Row, cut

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

HOUR_MS = 3_600_000
MJ_PER_KWH = 3_600_000_000
DAY_HOURS = 24


class Electricity:
    """The power of one asset of `devices` accelerators, each as it was sampled."""

    def __init__(self, table: dict[str, Any], devices: int, samples: Sequence[Row]) -> None:
        self.power: dict[str, Any] | None = table.get("power")
        self.devices = devices
        self.seen: dict[date, list[tuple[int, int | None, int | None]]] = defaultdict(list)
        of_device: dict[str, dict[datetime, list[Row]]] = defaultdict(lambda: defaultdict(list))
        for row in samples:
            if _is_of(table, row):
                of_device[row["device_uuid"]][row["timestamp"]].append(row)
        for at in of_device.values():
            self._see(at)

    def _see(self, at: dict[datetime, list[Row]]) -> None:
        """Every sample of a device, up to the next of it; several at one instant are one."""
        moments = sorted(at)
        for place, moment in enumerate(moments):
            rows = at[moment]
            length = max(_whole(row["interval_s"] * 1000) for row in rows)
            lasted = length
            if place + 1 < len(moments):
                lasted = min(length, (moments[place + 1] - moment) // MS)
            energy = max((e for row in rows if (e := _millijoules(row)) is not None), default=None)
            active = max(
                (row["interval_s"] * a for row in rows if (a := activity(row)) is not None),
                default=None,
            )
            self.seen[rows[0]["day"]].append(
                (
                    lasted,
                    None if energy is None else energy * lasted // length,
                    None if active is None else _whole(active * 1000) * lasted // length,
                )
            )

    def _kw(self, name: str) -> Fraction | None:
        assert self.power is not None
        given = self.power.get(name)
        return None if given is None else Fraction(str(given))

    def kwh(self, day: date) -> Fraction:
        """What the meter of the hardware shows for a day in service."""
        idle, most = self._kw("idle_kw"), self._kw("max_kw")
        if not self.devices:
            return (idle or Fraction(0)) * DAY_HOURS
        found, left = Fraction(0), self.devices * DAY_HOURS * HOUR_MS
        for lasted, millijoules, active in self.seen[day]:
            share = Fraction(lasted, HOUR_MS * self.devices)
            if millijoules is not None:
                found += Fraction(millijoules, MJ_PER_KWH) + share * (self._kw("host_kw") or 0)
                left -= lasted
            elif active is not None:
                load = Fraction(active, HOUR_MS * self.devices)
                found += (idle or 0) * share + load * ((most - (idle or 0)) if most else 0)
                left -= lasted
        return found + Fraction(max(left, 0), HOUR_MS * self.devices) * (idle or 0)

    def cost(self, day: date) -> Fraction:
        """What a day's power costs."""
        if self.power is None:
            return Fraction(0)
        pue, tariff = self._kw("pue"), self._kw("price_per_kwh")
        assert tariff is not None
        return cut(self.kwh(day) * (1 if pue is None else pue) * tariff)


def _is_of(table: dict[str, Any], row: Row) -> bool:
    """Whether a sample is of the asset's nodes."""
    names, cluster = table.get("node_names"), table.get("cluster")
    if cluster is not None and row["cluster"] != cluster:
        return False
    return row["node"] in names if names else cluster is not None


def _millijoules(row: Row) -> int | None:
    if row["energy_j"] is not None:
        return _whole(row["energy_j"] * 1000)
    return None if row["power_w"] is None else _whole(row["power_w"] * row["interval_s"] * 1000)


def _whole(number: float) -> int:
    return floor(Fraction(number) + Fraction(1, 2))
