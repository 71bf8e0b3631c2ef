"""Device time no bill covers: what was seen of GPU pools without charges, and what an hour was billed at last."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.capacity.billed import read_billed
from finops.analysis.capacity.devices import DEVICE_HOURS, install_devices, sample_pool
from finops.analysis.capacity.pools import capacity_pools
from finops.analysis.capacity.units import PARTS
from finops.analysis.plan_accruals import billed_pools
from finops.analysis.pools import pool_rules, pool_sql
from finops.analysis.where import quote
from finops.ledger.engine import query
from finops.model.money import total, truncate
from finops.model.period import Period, month_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    import duckdb

    from finops.analysis.books import Segment
    from finops.analysis.charges import Charges
    from finops.config import Config

__all__ = ["DeviceRate", "DeviceUse", "last_device_rates", "unbilled_devices"]

_HOUR_MS = 3_600_000


class DeviceUse(NamedTuple):
    """Device-hours seen in a pool, and the days they were seen on."""

    pool: str
    hours: Decimal
    first: date
    last: date


class DeviceRate(NamedTuple):
    """What a device-hour of a pool was billed at in a month, and by whom."""

    provider: str
    month: str
    per_hour: Decimal


def unbilled_devices(
    con: duckdb.DuckDBPyConnection, part: Segment, charges: Charges
) -> list[DeviceUse]:
    """Device time of the month of `part` in GPU pools that have no charges in it."""
    period = part.period
    rules = pool_rules(part.config.pools, part.config.owned)
    pools = capacity_pools(rules, part.config.pools)
    charged = billed_pools(charges)
    waiting = [pool.name for pool in pools if pool.kind == "gpu" and pool.name not in charged]
    if period is None or not waiting:
        return []
    install_devices(con, part.ledger, period, sample_pool(pools))
    rows = query(
        con,
        f"select pool, cast(sum(parts) as bigint), min(day), max(day) from {DEVICE_HOURS} "
        f"where day >= date '{period.start}' and day < date '{period.end}' "
        f"and pool in ({', '.join(quote(name) for name in waiting)}) group by 1 order by 1",
    )
    return [
        DeviceUse(pool, truncate(Fraction(parts, PARTS * _HOUR_MS)), first, last)
        for pool, parts, first, last in rows
        if parts
    ]


def last_device_rates(
    con: duckdb.DuckDBPyConnection,
    config: Config,
    before: Period,
    currency: str,
    wanted: Sequence[str],
) -> dict[str, DeviceRate]:
    """For each pool `wanted` the newest month of `before` that was billed by device time."""
    rules = pool_rules(config.pools, config.owned)
    pools = [pool for pool in capacity_pools(rules, config.pools) if pool.name in wanted]
    found: dict[str, DeviceRate] = {}
    month = month_of(before.end - timedelta(days=1))
    while month.start >= before.start and len(found) < len(pools):
        for billed in read_billed(con, month, currency, rules, pools, {}):
            cost = total(billed.cost.values())
            if billed.pool not in found and billed.ms and cost:
                rate = truncate(Fraction(cost) * _HOUR_MS / billed.ms)
                provider = _provider(con, month, pool_sql(rules), billed.pool)
                found[billed.pool] = DeviceRate(provider, month.label, rate)
        month = month_of(month.start - timedelta(days=1))
    return found


def _provider(con: duckdb.DuckDBPyConnection, month: Period, pool: str, name: str) -> str:
    """Whose charges the pool's are; of several the first by name."""
    sql = (
        "select min(coalesce(ServiceProviderName, ProviderName, '?')) from costs "
        f"where x_BillingMonth = '{month.label}' and ({pool}) = {quote(name)}"
    )
    return str(query(con, sql)[0][0])
