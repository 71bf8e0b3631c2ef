"""What a load leaves ready: the roll-ups of the days it touched, so that the first question need not wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.capacity.devices import refresh_devices, sample_pool
from finops.analysis.capacity.pools import capacity_pools
from finops.analysis.pools import pool_rules
from finops.analysis.rollups import refresh
from finops.analysis.terms import Terms

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from finops.config import Config
    from finops.ledger.store import Ledger

__all__ = ["roll_up_days"]


def roll_up_days(ledger: Ledger, config: Config, table: str, days: Collection[date]) -> bool:
    """Sum up the `days` of `table` that a load touched; False where that is left to the first question.

    That is so of more requests than a load should wait for. Of other tables than samples nothing is kept.
    """
    if not days:
        return True
    if table == "requests":
        return refresh(ledger, Terms.of(config), sorted(days))
    if table == "gpu_samples":
        pools = capacity_pools(pool_rules(config.pools, config.owned), config.pools)
        refresh_devices(ledger, sample_pool(pools), sorted(days))
    return True
