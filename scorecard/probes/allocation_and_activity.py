"""Whether holding an accelerator and using its engine are measured apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scorecard.probes.base import Probe, judged, missing, no_accelerators, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.evidence import Finding
    from scorecard.probes.base import Context

__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """Sampled time with an engine counter, where some samples name who holds the device."""
    none = no_accelerators(context)
    if none is not None:
        return none
    sql = f"""
select
    coalesce(sum(interval_s) filter (where coalesce(gr_engine_active, sm_active, tensor_active) is not null), 0),
    sum(interval_s),
    count(coalesce(pod, workload, job_id))
from gpu_samples where {context.window(30)}
"""
    ((counted, seen, held),) = context.rows(sql)
    share = ratio(counted, seen)
    if share is None:
        return missing("no accelerator was sampled in the last 30 days", "finops load gpu FILE")
    if not held:
        return missing(
            "no sample says who holds the device",
            "finops load gpu FILE, with pod, workload or job_id from the exporter",
        )
    return judged(
        share,
        params,
        "of sampled time has engine counters beside the holder",
        query=sql,
        collected=context.newest("gpu_samples"),
    )


PROBE = Probe("allocation_and_activity", "Are allocation and activity measured apart?", ask, ())
