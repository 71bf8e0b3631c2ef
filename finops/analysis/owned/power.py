"""Electricity of owned hardware: measured where GPU samples have it, modelled where they do not.

Energy of a day, before PUE, in kWh. Each device has 24 hours of it:

    energy measured    energy_j, else power_w x interval, and the hosts' share of `host_kw`
    activity known     idle_kw + (max_kw - idle_kw) x activity, the device's share of it
    no samples         idle_kw, the device's share of it

Hours that nothing tells the power of (no `idle_kw`) are left out and counted.
"""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.owned.energy import Energy
from finops.analysis.owned.schedule import MS_PER_DAY, DailyCharge, in_service
from finops.model.money import truncate
from finops.sections.owned import Element

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from finops.model.period import Period
    from finops.sections.owned import Owned, Power

__all__ = ["Hours", "hours_of", "power_charges"]

_MJ_PER_KWH = 3_600_000_000
_MS_PER_HOUR = 3_600_000


class Hours(NamedTuple):
    """Device-hours (of a thing without devices: hours) by how their power is known."""

    measured: Fraction
    told: Fraction
    idle: Fraction
    unknown: Fraction


def power_charges(
    owned: Owned, window: Period, energy: Mapping[date, Energy]
) -> Iterator[DailyCharge]:
    """Electricity of each day of `window` in service: kWh at the meter of the site, times the tariff."""
    power, days = owned.power, in_service(owned, window)
    if power is None or days is None:
        return
    day = days.start
    while day < days.end:
        kwh = _kwh(owned, power, energy.get(day, Energy())) * Fraction(power.pue)
        amount = truncate(kwh * Fraction(power.price_per_kwh))
        if kwh:
            yield DailyCharge(owned, Element.POWER, day, amount, truncate(kwh))
        day += timedelta(days=1)


def hours_of(owned: Owned, window: Period, energy: Mapping[date, Energy]) -> Hours:
    """How the power of each device-hour in service in `window` is known."""
    days = in_service(owned, window)
    if days is None:
        return Hours(*[Fraction(0)] * 4)
    devices = owned.devices or 1
    mine = [found for day, found in energy.items() if days.start <= day < days.end]
    measured = Fraction(sum(found.measured_ms for found in mine))
    told = Fraction(sum(found.told_ms for found in mine))
    rest = sum((_rest(owned, found) for found in mine), Fraction(0))
    rest += devices * MS_PER_DAY * ((days.end - days.start).days - len(mine))
    known = owned.power is not None and owned.power.idle_kw is not None
    parts = (measured, told if known else 0, rest if known else 0, 0 if known else told + rest)
    return Hours(*(Fraction(part) / _MS_PER_HOUR for part in parts))


def _rest(owned: Owned, found: Energy) -> Fraction:
    """Device-ms of a day that no sample tells of."""
    return Fraction(max(0, (owned.devices or 1) * MS_PER_DAY - found.measured_ms - found.told_ms))


def _kwh(owned: Owned, power: Power, found: Energy) -> Fraction:
    """Energy of one day at the hardware."""
    device_hours = Fraction(1, (owned.devices or 1) * _MS_PER_HOUR)
    kwh = Fraction(found.measured_mj, _MJ_PER_KWH)
    hosts_ms = min(found.measured_ms, (owned.devices or 1) * MS_PER_DAY)
    kwh += Fraction(power.host_kw) * hosts_ms * device_hours
    if power.idle_kw is None:
        return kwh
    idle = Fraction(power.idle_kw)
    span = Fraction(power.max_kw) - idle if power.max_kw is not None else Fraction(0)
    kwh += idle * (found.told_ms + _rest(owned, found)) * device_hours
    return kwh + span * found.active_ms * device_hours
