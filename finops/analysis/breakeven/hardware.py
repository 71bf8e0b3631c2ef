"""What owning costs, taken from hardware the company has: `[[owned]]` of a device, by the accelerator.

own.price        (nodes + network + storage) / devices
own.residual     residual / all that was paid
own.running      (colocation + support + staff in a month) / devices / hours of a month
own.idle_power   idle kW of all the nodes / devices; where it is not known, that of the hosts
own.max_power    kW at full load / devices; idle power where it is not known

What an invoice charges for owned hardware stands in no setting and is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.breakeven.inputs import FIELDS, Input, Origin
from finops.model.money import ZERO, total

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from finops.sections.owned import Owned

__all__ = ["owned_inputs", "same_device"]

_UNITS = {field.name: field.unit for field in FIELDS}


def same_device(
    owned: Iterable[Owned], device_model: str | None, name: str | None = None
) -> Owned | None:
    """The newest hardware of `device_model` with accelerators, or the one called `name`; None for none."""
    wanted = (device_model or "").casefold()
    found = [
        each
        for each in owned
        if each.devices
        and (
            each.name == name if name else wanted and (each.device_model or "").casefold() == wanted
        )
    ]
    return max(found, key=lambda each: (each.in_service, each.name), default=None)


def owned_inputs(owned: Owned, hours_per_month: float) -> dict[str, Input]:
    """Inputs of one accelerator more like `owned`, in its currency; its life is the horizon."""
    paid = (owned.purchase_price, owned.network_price, owned.storage_price)
    kept = (owned.colocation_per_month, owned.support_per_month, owned.staff_per_month)
    price, monthly = (total(part or ZERO for part in parts) for parts in (paid, kept))
    rows = {
        "own.price": float(price) / owned.devices,
        "own.residual": max(0.0, float(owned.residual / price)) if price else 0.0,
        "own.running": float(monthly) / owned.devices / hours_per_month,
        "own.lifetime": float(owned.life_months),
        "time.horizon": float(owned.life_months),
        **_power(owned),
    }
    source, day = f"[[owned]] {owned.name}", owned.in_service.isoformat()
    return {
        name: Input(
            name, value, _UNITS[name].replace("USD", owned.currency), Origin.QUOTED, source, day
        )
        for name, value in rows.items()
    }


def _power(owned: Owned) -> dict[str, float]:
    power = owned.power
    if power is None:
        return {}
    idle: Decimal = power.host_kw if power.idle_kw is None else power.idle_kw
    most = idle if power.max_kw is None else power.max_kw
    return {
        "own.idle_power": float(idle) / owned.devices,
        "own.max_power": float(most) / owned.devices,
        "own.pue": float(power.pue),
        "own.tariff": float(power.price_per_kwh),
    }
