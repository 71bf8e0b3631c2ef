"""Whether jobs measure how much of their time led to something."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from scorecard.probes.base import Probe, judged, missing, no_accelerators, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.evidence import Finding
    from scorecard.probes.base import Context

__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:  # noqa: ARG001  (nothing to be told)
    """GPU-seconds of jobs that report productive seconds, of those of all jobs ended in 90 days."""
    none = no_accelerators(context)
    if none is not None:
        return none
    sql = f"""
select
    coalesce(sum(gpu_count * date_diff('second', started_at, ended_at))
        filter (where productive_s is not null), 0),
    sum(gpu_count * date_diff('second', started_at, ended_at))
from jobs where started_at is not null and {context.window(90, "ended_at")}
"""
    ((known, seen),) = context.rows(sql)
    share = ratio(known, seen)
    if not share:
        return missing(
            "no job reports productive seconds",
            "finops load jobs FILE, with productive_s from the training loop",
        )
    return judged(
        share,
        {"at_least": Decimal("0.9")},
        "of GPU-seconds of jobs report what was productive",
        query=sql,
        collected=context.newest("jobs"),
    )


PROBE = Probe("goodput", "Is goodput measured?", ask, ())
