"""Whether the scheduler tells work apart by priority or quality of service."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from scorecard.probes.base import Probe, judged, missing, no_accelerators

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.evidence import Finding
    from scorecard.probes.base import Context

__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """True when jobs of the last `days` days have two or more priorities or qualities of service."""
    none = no_accelerators(context)
    if none is not None:
        return none
    sql = f"""
select count(distinct qos) + count(distinct priority), count(*) filter (where state = 'preempted'), count(*)
from jobs where {context.window(int(params["days"]), "submitted_at")}
"""
    ((classes, preempted, jobs),) = context.rows(sql)
    if not jobs:
        return missing("no job was submitted lately", "finops load jobs FILE")
    return judged(
        Decimal(classes),
        {"at_least": Decimal(2)},
        f"of priority in use, {preempted} of {jobs} jobs gave way",
        unit="levels",
        query=sql,
        collected=context.newest("jobs"),
    )


PROBE = Probe("priorities_in_use", "Are priorities in use?", ask, ())
