"""On how many days, and on how many requests, latency was measured."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from scorecard.probes.base import Probe, judged, missing, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.evidence import Finding
    from scorecard.probes.base import Context


__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """Share of requests with a latency in the last `days` days, all of which must have requests."""
    days = int(params["days"])
    sql = f"""
select count(distinct day), count(latency_ms), count(*) from requests
where operation in ('chat', 'text_completion') and {context.window(days)}
"""
    ((seen_days, timed, seen),) = context.rows(sql)
    if seen_days < days:
        return missing(
            f"only {seen_days} of the last {days} days have requests", "finops load requests FILE"
        )
    return judged(
        ratio(timed, seen) or Decimal(0),
        params,
        f"of requests in the last {days} days have a latency",
        query=sql,
        collected=context.newest("requests"),
    )


PROBE = Probe(
    "latency_measured", "Is latency measured every day?", ask, ("requests",), by_team=True
)
