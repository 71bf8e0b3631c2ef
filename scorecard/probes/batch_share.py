"""How much of the work that can wait goes through a batch interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scorecard.probes.base import Probe, judged, missing, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.evidence import Finding
    from scorecard.probes.base import Context

__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """Requests of the batch tier sent as batch, of all of that tier, in 30 days."""
    sql = f"""
select count(*) filter (where batch or service_tier = 'batch'), count(*)
from requests
where operation in ('chat', 'text_completion') and workload_tier = 'batch' and {context.window(30)}
"""
    ((batched, seen),) = context.rows(sql)
    share = ratio(batched, seen)
    if share is None:
        return missing(
            "no request of the last 30 days is of the batch tier",
            "finops load requests FILE, with workload_tier",
        )
    return judged(
        share,
        params,
        "of requests of the batch tier go through a batch interface",
        query=sql,
        collected=context.newest("requests"),
    )


PROBE = Probe(
    "batch_share", "Does work that can wait go as batch?", ask, ("requests",), by_team=True
)
