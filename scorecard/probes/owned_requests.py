"""How many requests name the team that owns them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scorecard.probes.base import Probe, judged, missing, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.evidence import Finding
    from scorecard.probes.base import Context


__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """Requests with a team, of all requests in 30 days."""
    sql = f"""
select count(team), count(*) from requests
where operation in ('chat', 'text_completion') and {context.window(30)}
"""
    ((owned, seen),) = context.rows(sql)
    share = ratio(owned, seen)
    if share is None:
        return missing("no request was logged in the last 30 days", "finops load requests FILE")
    return judged(
        share, params, "of requests name a team", query=sql, collected=context.newest("requests")
    )


PROBE = Probe("owned_requests", "Do requests name the team that owns them?", ask, ("requests",))
