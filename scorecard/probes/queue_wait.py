"""How long jobs wait for accelerators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scorecard.probes.base import Probe, judged, missing, no_accelerators, number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.evidence import Finding
    from scorecard.probes.base import Context

__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """95th percentile (nearest rank) of minutes from submission to start, of jobs started in 30 days."""
    none = no_accelerators(context)
    if none is not None:
        return none
    sql = f"""
select quantile_disc(date_diff('second', submitted_at, started_at), 0.95) / 60
from jobs where submitted_at is not null and {context.window(30, "started_at")}
"""
    ((minutes,),) = context.rows(sql)
    if minutes is None:
        return missing("no job started in the last 30 days", "finops load jobs FILE")
    return judged(
        number(minutes),
        params,
        "is what 95 of 100 jobs wait at most",
        unit="minutes",
        query=sql,
        collected=context.newest("jobs"),
    )


PROBE = Probe("queue_wait", "Do jobs start soon?", ask, ())
