"""How much of the spend on AI is on no request, job or owner."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from finops.model.money import ZERO, total
from scorecard.probes.base import Probe, judged, missing, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.evidence import Finding
    from scorecard.probes.base import Context


__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """What the newest billed month charges for AI and no request carries, of all it charges for AI."""
    found, spent = context.economics, context.spent_on_ai
    if found is None or not spent:
        return missing("no month has both a bill and requests", "finops load costs FILE")
    left = total(max(cost, ZERO) for cost in found.reconciliation.unallocated.values())
    return judged(
        ratio(left, spent) or Decimal(0),
        params,
        "of the spend on AI is on no request, job or workload",
        query=f"finops explain --month {found.period.label}",
        collected=context.as_of_month,
        stakes=context.stakes(left, "spend on AI that is on no request, job or workload"),
    )


PROBE = Probe("unallocated_share", "Is the spend on AI on requests, jobs or owners?", ask, ())
