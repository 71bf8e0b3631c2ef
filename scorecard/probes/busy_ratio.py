"""How much of the time accelerators that are paid for are active."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from finops.model.money import total
from scorecard.probes.base import Probe, judged, missing, no_accelerators, ratio, share_left

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.evidence import Finding
    from scorecard.probes.base import Context

__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """Engine activity over sampled time in 30 days; idle money is each pool's bill by its own ratio."""
    none = no_accelerators(context)
    if none is not None:
        return none
    sql = f"""
select
    pool,
    sum(interval_s * coalesce(gr_engine_active, sm_active, gpu_util)) as active,
    sum(interval_s) as sampled
from gpu_samples
where coalesce(gr_engine_active, sm_active, gpu_util) is not null and {context.window(30)}
group by pool order by pool
"""
    found = context.rows(sql)
    share = ratio(sum(active for _, active, _ in found), sum(seen for *_, seen in found))
    if share is None:
        return missing("no activity was sampled in the last 30 days", "finops load gpu FILE")
    idle = total(
        share_left(context.pools[pool], ratio(active, seen) or Decimal(0))
        for pool, active, seen in found
        if pool in context.pools
    )
    parts = ", ".join(f"{pool} {active / seen:.0%}" for pool, active, seen in found)
    return judged(
        share,
        params,
        f"of sampled accelerator time is active ({parts})",
        query=sql,
        collected=context.newest("gpu_samples"),
        stakes=context.stakes(idle, "accelerators while their engines were idle"),
    )


PROBE = Probe("busy_ratio", "Are accelerators active?", ask, ())
