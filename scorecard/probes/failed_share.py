"""How many requests end in an error or a timeout after all their attempts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scorecard.probes.base import Probe, judged, missing, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.evidence import Finding
    from scorecard.probes.base import Context


__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """Calls whose last attempt failed, of calls in 28 days. What a person cancelled is not a failure."""
    sql = f"""
with last as (
    select arg_max(status, attempt) as status from requests
    where operation in ('chat', 'text_completion') and {context.window(28)}
    group by source_id, call_id
)
select count(*) filter (where status in ('error', 'timeout')), count(*) from last
"""
    ((failed, seen),) = context.rows(sql)
    share = ratio(failed, seen)
    if share is None:
        return missing("no request was logged in the last 28 days", "finops load requests FILE")
    return judged(
        share,
        params,
        "of requests failed after all attempts",
        query=sql,
        collected=context.newest("requests"),
        stakes=context.stakes(context.component("failed"), "cost of requests that failed"),
    )


PROBE = Probe("failed_share", "Do requests end well?", ask, ("requests",), by_team=True)
