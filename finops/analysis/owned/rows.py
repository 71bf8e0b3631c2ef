"""Owned hardware as charges beside the bill: FOCUS-shaped rows in the view `costs`, one per element and day.

They are virtual: made from finops.toml (and, for power, from GPU samples) whenever a question is asked,
stored nowhere. `x_CostOrigin` is `owned`; no invoice has them, so `BilledCost` is zero and the other
amounts are the cost itself. They end with the newest month the ledger has data of: the future has not
been spent.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.layers import LAYER_OF_ELEMENT
from finops.analysis.owned.energy import energy_by_day, install_energy
from finops.analysis.owned.power import Hours, hours_of, power_charges
from finops.analysis.owned.schedule import charges, in_service, value_unknown_since
from finops.analysis.pools import cost_columns
from finops.analysis.where import compile_where, quote
from finops.ledger.engine import query
from finops.ledger.months import months_with
from finops.model.period import Period, month_of, parse_month
from finops.model.tables import COSTS
from finops.sections.owned import Element

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import duckdb

    from finops.analysis.owned.schedule import DailyCharge
    from finops.ledger.store import Ledger
    from finops.sections.owned import Owned

__all__ = ["ORIGIN", "SERVICE", "SOURCE", "add_owned", "known_months"]

ORIGIN = "owned"
"""`x_CostOrigin` of these rows."""

SERVICE = "Owned hardware"
"""`ServiceName` of these rows."""

SOURCE = "finops.toml"
"""`x_SourceId` of these rows."""


class _Kind(NamedTuple):
    """How an element stands in FOCUS."""

    category: str
    frequency: str = "Recurring"
    charge: str = "Usage"


_KINDS = {
    Element.DEPRECIATION: _Kind("Compute"),
    Element.NETWORK: _Kind("Networking"),
    Element.STORAGE: _Kind("Storage"),
    Element.SUPPORT: _Kind("Compute"),
    Element.POWER: _Kind("Other", "Usage-Based"),
    Element.COLOCATION: _Kind("Other"),
    Element.STAFF: _Kind("Compute"),
    Element.DISPOSAL: _Kind("Compute", "One-Time", "Adjustment"),
}


_UNITS = {Element.POWER: "kWh", Element.DEPRECIATION: "Device-Hours"}
"""What an element's quantity counts."""


def add_owned(
    con: duckdb.DuckDBPyConnection, ledger: Ledger, owned: Sequence[Owned], period: Period | None
) -> tuple[str, ...]:
    """Put charges of `owned` for the months `period` touches beside the bill in the view `costs` of `con`.

    None for the period is every month the ledger has data of. Returns what a reader must know: which
    part of the power was measured, and what could not be known.
    """
    window = _window(ledger, period) if owned else None
    if window is None:
        return ()
    if any(each.power is not None and each.is_located for each in owned):
        install_energy(con, ledger, window)
    rows: list[DailyCharge] = []
    notes: list[str] = []
    for each in owned:
        days = in_service(each, window)
        if days is None:
            continue
        rows += charges(each, days)
        if each.power is not None:
            energy = energy_by_day(con, each, days)
            rows += power_charges(each, days, energy)
            notes += _power_notes(each, hours_of(each, days, energy))
        notes += _value_notes(each, days)
        notes += _invoice_notes(con, each, days)
    if rows:
        _install(con, owned, rows)
    return tuple(notes)


def known_months(ledger: Ledger) -> Period | None:
    """From the first to the last month the ledger has bills, requests or samples of; None for none."""
    months = months_with(ledger, "costs", "requests", "gpu_samples")
    return Period(parse_month(months[0]).start, parse_month(months[-1]).end) if months else None


def _window(ledger: Ledger, period: Period | None) -> Period | None:
    """Whole months `period` touches, none after the ledger's newest."""
    known = known_months(ledger)
    if known is None or period is None:
        return known
    end = period.end if period.end.day == 1 else month_of(period.end).end
    window = Period(period.start.replace(day=1), min(end, known.end))
    return window if window.start < window.end else None


def _install(
    con: duckdb.DuckDBPyConnection, owned: Sequence[Owned], rows: Iterable[DailyCharge]
) -> None:
    """Make `costs` the bill and `rows`; what the ledger recorded stays as `recorded_costs`."""
    days = [
        [
            f"{each.owned.name}/{each.element}",
            each.day.isoformat(),
            f"{each.amount:f}",
            None if each.quantity is None else f"{each.quantity:f}",
        ]
        for each in rows
    ]
    kinds = [_constants(each, element) for each in owned for element in Element]
    con.execute(
        "create or replace temp table owned_days as select r[1] as id, cast(r[2] as date) as day, "
        "cast(r[3] as decimal(38, 24)) as amount, cast(r[4] as decimal(38, 24)) as quantity "
        "from (select unnest(from_json(?, '[[\"VARCHAR\"]]')) as r)",
        [json.dumps(days)],
    ).fetchall()
    shape = json.dumps([dict.fromkeys(kinds[0], "VARCHAR")])
    con.execute(
        "create or replace temp table owned_kinds as "
        f"select unnest(from_json(?, '{shape}'), recursive := true)",
        [json.dumps(kinds)],
    ).fetchall()
    constants = [name for name in kinds[0] if name not in {"id", "unit"}]
    given = {**{name: f"k.{name}" for name in constants}, **_VARYING}
    typed = ", ".join(
        f'cast({given.get(column.name, "null")} as {column.kind.stored}) as "{column.name}"'
        for column in COSTS.columns
    )
    query(
        con,
        f"create or replace temp view owned_costs as select {typed} "
        "from owned_days as d join owned_kinds as k on d.id = k.id",
    )
    query(con, "alter view costs rename to recorded_costs")
    query(
        con,
        "create temp view costs as select * from recorded_costs union all by name select * from owned_costs",
    )


_MONTH = "cast(date_trunc('month', d.day) as date)"

_VARYING = {
    "BilledCost": "0",
    "EffectiveCost": "d.amount",
    "ListCost": "d.amount",
    "ContractedCost": "d.amount",
    "BillingPeriodStart": _MONTH,
    "BillingPeriodEnd": f"{_MONTH} + interval 1 month",
    "ChargePeriodStart": "d.day",
    "ChargePeriodEnd": "d.day + interval 1 day",
    "x_BillingMonth": "strftime(d.day, '%Y-%m')",
    "ConsumedQuantity": "d.quantity",
    "ConsumedUnit": "case when d.quantity is not null then k.unit end",
    "PricingQuantity": "d.quantity",
    "PricingUnit": "case when d.quantity is not null then k.unit end",
}
"""Columns that differ from day to day, over `owned_days` as `d`."""


def _constants(owned: Owned, element: Element) -> dict[str, str | None]:
    """Columns of one thing and element that are the same every day."""
    kind = _KINDS[element]
    tariff = owned.power.price_per_kwh if element is Element.POWER and owned.power else None
    source = owned.sources.get(element)
    return {
        "id": f"{owned.name}/{element}",
        "unit": _UNITS.get(element),
        "BillingCurrency": owned.currency,
        "BillingAccountId": ORIGIN,
        "ChargeCategory": kind.charge,
        "ChargeDescription": f"{element} of {owned.name}" + (f" ({source})" if source else ""),
        "ChargeFrequency": kind.frequency,
        "HostProviderName": ORIGIN,
        "ServiceProviderName": ORIGIN,
        "ServiceCategory": kind.category,
        "ServiceName": SERVICE,
        "ResourceId": owned.name,
        "ResourceName": owned.name,
        "ResourceType": owned.device_model,
        "SkuMeter": str(element),
        "ListUnitPrice": None if tariff is None else f"{tariff:f}",
        "Tags": json.dumps(owned.tags) if owned.tags else None,
        "x_SourceId": SOURCE,
        "x_Scope": f"{ORIGIN}/{owned.name}",
        "x_LoadId": ORIGIN,
        "x_CostOrigin": ORIGIN,
        "x_StackLayer": str(LAYER_OF_ELEMENT[element]),
        "x_Pool": owned.pool,
    }


def _power_notes(owned: Owned, hours: Hours) -> list[str]:
    """How the power of a thing is known, where it was not all measured."""
    whole = sum(hours)
    if not whole or hours.measured == whole:
        return []
    unit = "device-hours" if owned.devices else "hours"
    told = [
        f"{float(part / whole):.1%} {how}"
        for part, how in (
            (hours.measured, "measured"),
            (hours.told, "modelled from activity"),
            (hours.idle, "taken as idle power (no samples)"),
        )
        if part
    ]
    notes = [f"Power of {owned.name}: {', '.join(told)}."] if told else []
    if hours.unknown:
        notes.append(
            f"Power of {owned.name} is not known for {float(hours.unknown):,.0f} {unit} and left out: load GPU "
            "samples with energy or power, or set power.idle_kw in finops.toml."
        )
    return notes


def _invoice_notes(con: duckdb.DuckDBPyConnection, owned: Owned, days: Period) -> list[str]:
    """Elements an invoice is said to have that no cost row of the period is."""
    months = ", ".join(quote(month) for month in days.months)
    notes = []
    for element, where in owned.invoiced.items():
        condition = compile_where(where, cost_columns()).sql
        found = query(
            con, f"select 1 from costs where x_BillingMonth in ({months}) and {condition} limit 1"
        )
        if not found:
            notes.append(
                f"{str(element).capitalize()} of {owned.name} is invoiced, says finops.toml, but no bill of "
                f"{days.label} has a row where {where}: it is missing here. Load that bill."
            )
    return notes


def _value_notes(owned: Owned, days: Period) -> list[str]:
    since = value_unknown_since(owned)
    if since is None or since >= days.end:
        return []
    return [
        (
            f"The value of {owned.name} after {since} is not known and its depreciation since not counted: add "
            "market_values or annual_decline in finops.toml."
        )
    ]
