"""How many idle GPU-hours have a cause.

A device that somebody holds and does not use is idle because of its holder. One that nobody holds is idle
for want of demand, or while jobs queued for its cluster; that can be told only where the cluster's jobs
are known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scorecard.probes.base import Probe, judged, missing, no_accelerators, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.evidence import Finding
    from scorecard.probes.base import Context

__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """Idle device-hours with one of the three causes, of idle device-hours in 30 days."""
    none = no_accelerators(context)
    if none is not None:
        return none
    sql = f"""
with hours as (
    select
        cluster,
        date_trunc('hour', timestamp) as hour,
        coalesce(sum(interval_s * (1 - least(activity, 1))) filter (where held), 0) / 3600 as held_idle,
        coalesce(sum(interval_s) filter (where not held), 0) / 3600 as free
    from (
        select *, coalesce(gr_engine_active, sm_active, gpu_util) as activity,
            coalesce(pod, workload, job_id) is not null as held
        from gpu_samples where {context.window(30)}
    ) where activity is not null or not held
    group by all
), queued as (
    select distinct h.cluster, h.hour from hours as h join jobs as j
        on j.cluster = h.cluster and j.submitted_at < h.hour + interval 1 hour
        and coalesce(j.started_at, j.ended_at) > h.hour
)
select
    coalesce(sum(held_idle), 0),
    coalesce(sum(free) filter (where known.cluster is not null and queued.hour is null), 0),
    coalesce(sum(free) filter (where known.cluster is not null and queued.hour is not null), 0),
    coalesce(sum(free) filter (where known.cluster is null), 0)
from hours
left join (select distinct cluster from jobs where cluster is not null) as known using (cluster)
left join queued using (cluster, hour)
"""
    ((held, calm, queued, unexplained),) = context.rows(sql)
    share = ratio(held + calm + queued, held + calm + queued + unexplained)
    if share is None:
        return missing("no accelerator was sampled in the last 30 days", "finops load gpu FILE")
    return judged(
        share,
        params,
        f"of idle GPU-hours have a cause: {held:,.0f} held and unused, {calm:,.0f} without demand, "
        f"{queued:,.0f} while jobs waited",
        query=sql,
        collected=context.newest("gpu_samples"),
    )


PROBE = Probe("idle_explained", "Is what is idle explained?", ask, ())
