"""How many held GPU-hours belong to work with a workload tier.

A device's work is known by the job or the workload that holds it; its tier by the job record, or by the
requests its deployment answered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scorecard.probes.base import Probe, judged, missing, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.evidence import Finding
    from scorecard.probes.base import Context


__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """Held device-hours whose job or deployment has a tier, of held device-hours in 30 days."""
    sql = f"""
with tiers as (
    select job_id as name, max(workload_tier) as tier from jobs group by job_id
    union all
    select deployment as name, max(workload_tier) as tier from requests
    where deployment is not null and {context.window(30)} group by deployment
), held as (
    select coalesce(job_id, workload, pod) as name, interval_s from gpu_samples
    where coalesce(job_id, workload, pod) is not null and {context.window(30)}
)
select
    coalesce(sum(interval_s) filter (where tier is not null), 0),
    sum(interval_s)
from held left join tiers using (name)
"""
    ((tiered, seen),) = context.rows(sql)
    share = ratio(tiered, seen)
    if share is None:
        return missing("nobody held an accelerator in the last 30 days", "finops load gpu FILE")
    return judged(
        share,
        params,
        "of held GPU-hours belong to work with a tier",
        query=sql,
        collected=context.newest("gpu_samples"),
    )


PROBE = Probe(
    "gpu_hour_tier_coverage", "Do held GPU-hours belong to work with a workload tier?", ask, ()
)
