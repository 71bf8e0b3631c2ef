"""In how many hours of the last 30 days accelerators were sampled."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from scorecard.probes.base import Probe, judged, missing, no_accelerators, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.evidence import Finding
    from scorecard.probes.base import Context

__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """Hours with GPU samples, of the hours in 30 days."""
    none = no_accelerators(context)
    if none is not None:
        return none
    sql = (
        "select count(distinct date_trunc('hour', timestamp)) from gpu_samples "
        f"where {context.window(30)}"
    )
    ((hours,),) = context.rows(sql)
    if not hours:
        return missing("no accelerator was sampled in the last 30 days", "finops load gpu FILE")
    return judged(
        min(ratio(hours, 30 * 24) or Decimal(0), Decimal(1)),
        params,
        "of the last 720 hours have GPU samples",
        query=sql,
        collected=context.newest("gpu_samples"),
    )


PROBE = Probe("utilization_collected", "Is the utilization of accelerators collected?", ask, ())
