"""Provisioned units and seats that were used in a month no bill covers: how many are in force, and their price.

    provisioned   units of the last day billed x hours of the month, at what a unit-hour was billed at then
    seat          the seats billed last, at what a seat was billed at for a month
    either        units x price of the plans finops.toml names, for the days they are in force

What a bill says no units of time or seats of is accrued as a month of its charges; a charge for several months
is taken by the month. Billed last is the newest month that charges begin in, whenever they were invoiced.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.capacity.billed import Span, ms_between
from finops.analysis.capacity.pools import capacity_pools
from finops.analysis.capacity.units import ms_per_unit
from finops.analysis.capacity.usage import read_served
from finops.analysis.charges import ORIGINS, UNIT_LINES, line_sql
from finops.analysis.fx import Exchange, exchange_amount
from finops.analysis.pools import pool_rules, pool_sql
from finops.analysis.where import quote
from finops.errors import ConfigError
from finops.ledger.engine import query
from finops.model.money import total, truncate
from finops.model.period import Period, month_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import duckdb

    from finops.analysis.capacity.pools import CapacityPool
    from finops.analysis.charges import Charges
    from finops.analysis.economics import Prepared
    from finops.config import Config
    from finops.sections.pools import Plan

__all__ = ["KINDS", "Priced", "billed_pools", "covered_pools", "price_plans", "unbilled_plans"]

KINDS = {"provisioned": "provisioned units", "seat": "seats"}
"""Kinds of pools that are paid for by a plan, and what of one is accrued."""

_HOUR_MS = 3_600_000
_DAY = timedelta(days=1)
_STEP = timedelta(microseconds=1)
_PROVIDER = "coalesce(ServiceProviderName, ProviderName, PublisherName, InvoiceIssuerName, '?')"


class Priced(NamedTuple):
    """Units of a plan, what one costs, who bills them, and who says so; `rate` None: it cannot be told."""

    provider: str
    quantity: Decimal
    unit: str
    rate: Decimal | None
    source: str
    first: date
    last: date


class _Charge(NamedTuple):
    provider: str
    unit: str | None
    starts: datetime
    ends: datetime
    cost: Decimal
    quantity: Decimal | None


# --- what was used ----------------------------------------------------------------------------


def unbilled_plans(
    con: duckdb.DuckDBPyConnection, prepared: Prepared, config: Config, month: Period
) -> list[CapacityPool]:
    """Provisioned and seat pools that requests of `month` used and nothing charged for it, by name.

    Of seats a user with a request is one; needs `prepared` on `con`.
    """
    charges = prepared.allocation.charges
    pools = [pool for pool in _plans(config) if pool.name not in billed_pools(charges)]
    if not pools:
        return []
    served = read_served(con, prepared.relations.allocation, month).get(month.label, {})
    return [
        pool
        for pool in sorted(pools)
        if any(
            each.requests if pool.kind == "seat" else each.rows
            for each in served.get(pool.name, {}).values()
        )
    ]


def billed_pools(charges: Charges) -> set[str]:
    """Pools with charges for the period's own work."""
    return {charge.pool for charge in charges.charges if charge.line in UNIT_LINES}


def covered_pools(con: duckdb.DuckDBPyConnection, config: Config, month: Period) -> set[str]:
    """Plans that any bill charges for some of `month`, whichever month it was invoiced in."""
    names = [pool.name for pool in _plans(config)]
    if not names:
        return set()
    start, end = (f"timestamptz '{moment.isoformat()}'" for moment in month.bounds())
    rows = query(
        con,
        f"select distinct pool from ({_rows(config)}) as charges where pool in ({_listed(names)}) "
        f"and (ChargePeriodEnd > {start} or ChargePeriodStart >= {start}) and ChargePeriodStart < {end}",
    )
    return {str(pool) for (pool,) in rows}


def _plans(config: Config) -> list[CapacityPool]:
    rules = pool_rules(config.pools, config.owned)
    return [pool for pool in capacity_pools(rules, config.pools) if pool.kind in KINDS]


def _rows(config: Config) -> str:
    """Charges for work with their pool and the month they begin in; what came after a close as what it is."""
    origins = ", ".join(quote(origin) for origin in ORIGINS)
    lines = ", ".join(quote(line) for line in UNIT_LINES)
    return (
        f"select * from (select *, {pool_sql(pool_rules(config.pools, config.owned))} as pool, "
        f"{line_sql(None)} as plan_line from (select * replace (case when x_AdjustsMonth is null then x_Line end as x_Line), "
        "strftime(ChargePeriodStart, '%Y-%m') as month from costs "
        f"where x_CostOrigin in ({origins})) as told) as charged where plan_line in ({lines})"
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(quote(name) for name in names)


# --- what it costs ----------------------------------------------------------------------------


def price_plans(
    con: duckdb.DuckDBPyConnection,
    config: Config,
    pools: Sequence[CapacityPool],
    month: Period,
    before: Period,
    currency: str,
) -> list[tuple[CapacityPool, Priced]]:
    """What of `pools` is in force in `month`, by finops.toml, else by the newest bill of `before`.

    `costs` on `con` is in `currency`.
    """
    last = _last_billed(con, config, pools, before, currency) if pools else {}
    found: list[tuple[CapacityPool, Priced]] = []
    for pool in pools:
        billed_in, charges = last.get(pool.name, ("", []))
        provider = min((each.provider for each in charges), default="?")
        told = [each._replace(provider=provider) for each in _told(config, pool, month, currency)]
        if not told and charges:
            told = [_of_bill(pool, month, billed_in, charges)._replace(provider=provider)]
        found += [(pool, each) for each in told or [_unknown(month)]]
    return found


def _unknown(month: Period) -> Priced:
    why = "no bill before it and no plan in finops.toml says what it costs"
    return Priced("?", Decimal(1), "Months", None, why, month.start, month.end - _DAY)


def _told(config: Config, pool: CapacityPool, month: Period, currency: str) -> Iterator[Priced]:
    """The plans of finops.toml in force on days of `month`."""
    settings = next((each for each in config.pools if each.name == pool.name), None)
    for plan in (settings.plans if settings else None) or ():
        first = max(month.start, plan.from_ or month.start)
        end = min(month.end, plan.to or month.end)
        if first >= end:
            continue
        days = (end - first).days
        part = Fraction(days, (month.end - month.start).days)
        unit, size = ("Seats", part) if pool.kind == "seat" else ("Unit-Hours", Fraction(24 * days))
        source = "plan in finops.toml" + (f": {plan.source}" if plan.source else "")
        quantity = truncate(Fraction(plan.units) * size)
        rate, told = _exchanged(plan, config, currency, first)
        yield Priced("?", quantity, unit, rate, source + told, first, end - _DAY)


def _exchanged(plan: Plan, config: Config, currency: str, day: date) -> tuple[Decimal | None, str]:
    """The price of a plan in `currency` at the rate of `day`, and what is to be said of that."""
    own = plan.currency or config.currency
    if own == currency:
        return plan.price, ""
    try:
        rate = Exchange.of(config).rate(own, currency, day)
    except ConfigError as error:
        return None, f"; {error.message}"
    return exchange_amount(plan.price, rate.rate), f"; {own} at {rate.rate} of {rate.day}"


def _last_billed(
    con: duckdb.DuckDBPyConnection,
    config: Config,
    pools: Sequence[CapacityPool],
    before: Period,
    currency: str,
) -> dict[str, tuple[str, list[_Charge]]]:
    """The newest month of `before` in which a pool cost something, and its usage."""
    rows = query(
        con,
        f"""
        select pool, month, {_PROVIDER} as provider,
            case when ConsumedQuantity is null then PricingUnit else ConsumedUnit end as unit,
            ChargePeriodStart, ChargePeriodEnd, sum(EffectiveCost),
            case when bool_and(coalesce(ConsumedQuantity, PricingQuantity) is not null)
                then sum(coalesce(ConsumedQuantity, PricingQuantity)) end as quantity
        from ({_rows(config)}) as charges
        where pool in ({_listed(pool.name for pool in pools)}) and BillingCurrency = {quote(currency)}
            and month in ({_listed(before.months)}) and plan_line = 'usage'
        group by all order by all
        """,
    )
    months: dict[str, dict[str, list[_Charge]]] = defaultdict(lambda: defaultdict(list))
    for pool, month, *charge in rows:
        months[pool][month].append(_Charge(*charge))
    found = {}
    for pool, by_month in months.items():
        paid = [name for name, each in by_month.items() if total(c.cost for c in each)]
        if paid:
            found[pool] = (max(paid), by_month[max(paid)])
    return found


def _of_bill(
    pool: CapacityPool, month: Period, billed_in: str, charges: Sequence[_Charge]
) -> Priced:
    """What of a plan is in force by its last bill."""
    days = (month.start, month.end - _DAY)
    source = f"billed rate of {billed_in}"
    if pool.kind == "provisioned" and (timed := _units(charges)) is not None:
        units, rate = timed
        hours = 24 * (month.end - month.start).days
        return Priced("?", truncate(units * hours), "Unit-Hours", rate, source, *days)
    fee = sum((Fraction(each.cost) / _months(each) for each in charges), Fraction())
    seats = _seats(charges) if pool.kind == "seat" else None
    if seats is None:
        return Priced("?", Decimal(1), "Months", truncate(fee), f"billed in {billed_in}", *days)
    quantity, unit = seats
    return Priced("?", quantity, unit, truncate(fee / Fraction(quantity)), source, *days)


def _units(charges: Sequence[_Charge]) -> tuple[Fraction, Decimal] | None:
    """Units on the last day billed and the cost of one for an hour; None where the bill says no time."""
    times: dict[tuple[datetime, datetime], Fraction] = defaultdict(Fraction)
    for each in charges:
        size = ms_per_unit(each.unit)
        if size is not None and each.quantity is not None:
            times[each.starts, each.ends] += Fraction(each.quantity) * size
    spans = [Span(*edges, floor(ms)) for edges, ms in times.items() if ms]
    billed = sum(span.ms for span in spans)
    if billed <= 0:
        return None
    last = max(span.ends for span in spans)
    units = Fraction(ms_between(spans, last - _DAY, last), 24 * _HOUR_MS)
    cost = total(each.cost for each in charges)
    return (units, truncate(Fraction(cost) * _HOUR_MS / billed)) if units > 0 else None


def _seats(charges: Sequence[_Charge]) -> tuple[Decimal, str] | None:
    """Seats billed for whole months, and what the bill calls them; None where it does not say."""
    units = {each.unit for each in charges}
    if len(units) > 1 or any(each.quantity is None or _spans(each) < 1 for each in charges):
        return None
    quantity = total(each.quantity or Decimal(0) for each in charges)
    return (quantity, units.pop() or "Seats") if quantity > 0 else None


def _months(charge: _Charge) -> Fraction:
    """How many months a charge is for: at least one."""
    return max(Fraction(1), _spans(charge))


def _spans(charge: _Charge) -> Fraction:
    """The months a charge covers, those it has in part by their days and hours."""
    found, day = Fraction(), charge.starts.date()
    while (month := month_of(day)).bounds()[0] < charge.ends:
        start, end = month.bounds()
        inside = min(end, charge.ends) - max(start, charge.starts)
        found += Fraction(inside // _STEP, (end - start) // _STEP)
        day = month.end
    return found
