"""Device time day by day: what every node's accelerators were seen doing, busy, held or idle.

The same device time that `capacity` settles (`device_time.sql` decides it), before any charge is laid on it.
What was billed and never seen has no day here: only a pool's whole period knows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.books import books
from finops.analysis.capacity.devices import DEVICE_HOURS, install_devices, sample_pool
from finops.analysis.capacity.pools import capacity_pools
from finops.analysis.kept import days_of
from finops.analysis.pools import pool_rules
from finops.ledger.engine import query
from finops.model.period import Period

if TYPE_CHECKING:
    from datetime import date

    from finops.analysis.books import Segment
    from finops.config import Config
    from finops.ledger.store import Ledger

__all__ = ["DeviceDay", "device_days"]


class DeviceDay(NamedTuple):
    """One pool's device time on one node and day (UTC), in parts; `pool` None: no rule says whose it is."""

    pool: str | None
    node: str | None
    day: date
    busy: int
    held: int
    """Held by somebody and not busy."""
    idle: int
    """Held by nobody."""


def device_days(ledger: Ledger, config: Config, period: Period | None) -> tuple[DeviceDay, ...]:
    """Every node's days in `period` (None: all of them) on which it was seen, by pool, node and day."""
    found = [day for part in books(ledger, config, period) for day in _of(part)]
    return tuple(sorted(found, key=lambda each: (str(each.pool), str(each.node), each.day)))


def _of(part: Segment) -> list[DeviceDay]:
    span = part.period or _everything(part.ledger)
    if span is None:
        return []
    rules = pool_rules(part.config.pools, part.config.owned)
    pools = capacity_pools(rules, part.config.pools)
    with part.ledger.connect(["gpu_samples"]) as con:
        install_devices(con, part.ledger, span, sample_pool(pools))
        rows = query(
            con,
            f"""
            select
                pool, node, day,
                cast(sum(busy) as bigint),
                cast(coalesce(sum(parts - busy) filter (where is_held), 0) as bigint),
                cast(coalesce(sum(parts - busy) filter (where not is_held), 0) as bigint)
            from {DEVICE_HOURS}
            where day >= date '{span.start}' and day < date '{span.end}'
            group by all
            """,
        )
    return [DeviceDay(*row) for row in rows]


def _everything(ledger: Ledger) -> Period | None:
    """The days there are samples of; None without any."""
    from datetime import timedelta

    days = sorted(days_of(ledger, "gpu_samples"))
    return Period(days[0], days[-1] + timedelta(days=1)) if days else None
