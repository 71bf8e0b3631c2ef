"""How much of the cost of requests is retries."""

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
    """Cost of superseded attempts, of what requests of the newest billed month cost."""
    found = context.economics
    if found is None or not found.reconciliation.allocated:
        return missing("no month has both a bill and requests", "finops load costs FILE")
    retried = context.component("retried")
    return judged(
        ratio(retried, found.reconciliation.allocated) or Decimal(0),
        params,
        f"of the cost of requests in {found.period.label} is retries",
        query=f"finops unit --by workflow --month {found.period.label}",
        collected=context.as_of_month,
        stakes=context.stakes(retried, "attempts that were superseded"),
    )


PROBE = Probe("retry_share", "Are retries a small part of cost?", ask, ())
