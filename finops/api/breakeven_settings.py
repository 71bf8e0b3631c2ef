"""What finops.toml says of a pool that could be owned or rented: hardware of its device, and what renting costs.

An owned pool is held against the price paid for a rented pool of the same device; a rented one against owned
hardware of the same device. `[[breakeven]]` says what neither tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from finops.analysis.breakeven.inputs import Input
    from finops.analysis.breakeven.measured import Demand
    from finops.api.breakeven import Pool
    from finops.api.session import Session
    from finops.config import Config
    from finops.model.period import Period
    from finops.sections.projections import Breakeven

__all__ = ["Standing", "entry_of", "pools_to_compare", "standing"]


class Standing(NamedTuple):
    """What the settings and other pools supply, where it is from, and whether the pool is owned."""

    inputs: Mapping[str, Input] = {}
    notes: tuple[str, ...] = ()
    is_owned: bool = False


def entry_of(config: Config, pool: str) -> Breakeven | None:
    """The `[[breakeven]]` of the pool; None where there is none."""
    return next((each for each in config.breakeven if each.pool == pool), None)


def pools_to_compare(session: Session, period: Period | None) -> tuple[str, ...]:
    """Pools whose demand was measured in `period` (None: ever), those whose hardware [[owned]] describes first."""
    from finops.analysis.breakeven.measured import measured_pools
    from finops.analysis.capacity.pools import capacity_pools
    from finops.analysis.pools import pool_rules

    config = session.config
    capacity = capacity_pools(pool_rules(config.pools, config.owned), config.pools)
    devices = {each.device_model for each in config.owned}
    found = measured_pools(session.ledger, period, capacity)
    return tuple(sorted(found, key=lambda name: (found[name] not in devices, name)))


def standing(pool: Pool, config: Config, measured: Demand, currency: str) -> Standing:
    """Inputs for `pool`; what is in another currency is left out and said."""
    from finops.analysis.breakeven.hardware import owned_inputs, same_device
    from finops.analysis.breakeven.inputs import values

    entry = entry_of(config, pool.name)
    inputs: dict[str, Input] = {}
    notes = []
    named = None if entry is None else entry.hardware
    hardware = same_device(config.owned, measured.device_model, named)
    if hardware is not None and hardware.currency == currency:
        inputs.update(owned_inputs(hardware, values({})["time.hours_per_month"]))
        notes.append(
            f"What owning costs is that of {hardware.name} in [[owned]], by the accelerator."
        )
        if hardware.invoiced:
            parts = ", ".join(hardware.invoiced)
            notes.append(f"Left out, as invoices charge it: {parts} of {hardware.name}.")
    elif hardware is not None:
        notes.append(f"{hardware.name} in [[owned]] is in {hardware.currency} and is left out.")
    is_owned = pool.name in {each.pool for each in config.owned}
    rent = _quoted(entry, currency, measured) or (
        _paid_elsewhere(pool, config, measured, currency) if is_owned else None
    )
    if rent is not None:
        inputs["cloud.on_demand"] = rent
        notes.append(f"Renting costs {rent.value:,.4g} {rent.unit}: {rent.source}.")
    return Standing(inputs, tuple(notes), is_owned)


def _quoted(entry: Breakeven | None, currency: str, measured: Demand) -> Input | None:
    """The price of a rented hour that the settings name."""
    from finops.analysis.breakeven.inputs import Input, Origin

    if entry is None or entry.cloud_per_hour is None:
        return None
    return Input(
        "cloud.on_demand",
        float(entry.cloud_per_hour),
        f"{currency}/unit/hour",
        Origin.QUOTED,
        entry.source or "[[breakeven]] in finops.toml",
        measured.end.date().isoformat(),
    )


def _paid_elsewhere(pool: Pool, config: Config, mine: Demand, currency: str) -> Input | None:
    """The lowest price paid for a device-hour of a rented pool of the same device; None without one."""
    from finops.analysis.breakeven.inputs import Input, Origin
    from finops.analysis.breakeven.measured import measured_pools
    from finops.analysis.capacity.pools import capacity_pools
    from finops.analysis.pools import pool_rules

    capacity = capacity_pools(pool_rules(config.pools, config.owned), config.pools)
    owned = {each.pool for each in config.owned}
    prices = []
    for name, model in measured_pools(pool.ledger, pool.period, capacity).items():
        if name in owned or model is None or model != mine.device_model:
            continue
        rented = pool._replace(name=name).demand(currency)
        if rented.paid is not None:
            prices.append((rented.paid / rented.owned_hours, name))
    if not prices:
        return None
    price, name = min(prices)
    day = mine.end.date().isoformat()
    unit = f"{currency}/unit/hour"
    return Input(
        "cloud.on_demand", price, unit, Origin.MEASURED, f"price paid for pool {name}", day
    )
