"""How much of the spend on AI has a unit cost: requests, jobs or workloads carry it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from finops.model.money import subtract
from scorecard.probes.base import Probe, judged, missing, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.evidence import Finding
    from scorecard.probes.base import Context

__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """What requests, jobs and workloads of the newest billed month carry, of all it charges for AI."""
    found, spent = context.economics, context.spent_on_ai
    if found is None or not spent:
        return missing("no month has both a bill and requests", "finops load costs FILE")
    return judged(
        ratio(context.carried, spent) or Decimal(0),
        params,
        f"of the spend on AI of {found.period.label} is on requests, jobs or workloads",
        query=f"finops unit --month {found.period.label}",
        collected=context.as_of_month,
        stakes=context.stakes(subtract(spent, context.carried), "spend on AI without a unit cost"),
    )


PROBE = Probe("unit_cost_coverage", "Does the spend on AI have a unit cost?", ask, ())
