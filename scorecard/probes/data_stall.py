"""How much of their time jobs wait for data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scorecard.probes.base import Probe, judged, missing, no_accelerators, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.evidence import Finding
    from scorecard.probes.base import Context

__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """GPU-seconds waiting for data, of the GPU-seconds of jobs that say so, ended in 90 days."""
    none = no_accelerators(context)
    if none is not None:
        return none
    sql = f"""
select sum(gpu_count * data_stall_s), sum(gpu_count * date_diff('second', started_at, ended_at))
from jobs where data_stall_s is not null and started_at is not null and {context.window(90, "ended_at")}
"""
    ((stalled, seen),) = context.rows(sql)
    share = ratio(stalled, seen)
    if share is None:
        return missing(
            "no job reports data_stall_s",
            "finops load jobs FILE, with data_stall_s from the training loop",
        )
    return judged(
        share,
        params,
        "of GPU time of jobs was spent waiting for data",
        query=sql,
        collected=context.newest("jobs"),
    )


PROBE = Probe("data_stall", "Do jobs get their data in time?", ask, ())
