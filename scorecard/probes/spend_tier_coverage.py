"""How much of the spend on AI carries a workload tier.

Spend on requests counts by their own tier, spend on jobs by the share of their GPU time that has one. A
workload that no request names has none.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from finops.model.money import add, multiply, subtract, total
from scorecard.probes.base import Probe, judged, missing, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.evidence import Finding
    from scorecard.probes.base import Context


__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """Cost of work with a tier, of all that the newest billed month charges for AI."""
    found, spent = context.economics_by("tier"), context.spent_on_ai
    if found is None or not spent:
        return missing("no month has both a bill and requests", "finops load costs FILE")
    tiered = total(
        total(group.components.values()) for group in found.groups if group.keys[0] is not None
    )
    on_jobs = multiply(found.reconciliation.jobs, _tiered_jobs(context))
    tiered = add(tiered, on_jobs)
    return judged(
        ratio(tiered, spent) or Decimal(0),
        params,
        "of the spend on AI carries a workload tier",
        query=f"finops unit --by tier --month {found.period.label}",
        collected=context.as_of_month,
        stakes=context.stakes(subtract(spent, tiered), "spend on AI without a tier"),
    )


def _tiered_jobs(context: Context) -> Decimal:
    """Share of the GPU time of jobs running in the month that belongs to jobs with a tier."""
    seconds = "gpu_count * date_diff('second', started_at, ended_at)"
    ((known, seen),) = context.rows(
        f"select coalesce(sum({seconds}) filter (where workload_tier is not null), 0), "
        f"sum({seconds}) from jobs where {context.in_month('ended_at')}"
    )
    return ratio(known, seen) or Decimal(0)


PROBE = Probe("spend_tier_coverage", "Does the spend on AI carry a workload tier?", ask, ())
