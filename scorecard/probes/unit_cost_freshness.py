"""How old the newest month with both a bill and requests is."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from scorecard.probes.base import Probe, judged, missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.evidence import Finding
    from scorecard.probes.base import Context

__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """Days from the end of the newest billed month that has requests."""
    if context.month is None or context.economics is None:
        return missing("no month has both a bill and requests", "finops load costs FILE")
    ((requests,),) = context.rows(f"select count(*) from requests where {context.in_month()}")
    if not requests:
        return missing(
            f"the bill of {context.month.label} has no requests beside it",
            "finops load requests FILE",
        )
    age = (context.today - context.month.end).days
    return judged(
        Decimal(age),
        {"at_most": params["days"]},
        f"since the end of {context.month.label}, the newest month with bill and requests",
        unit="days",
        query=f"finops unit --month {context.month.label}",
        collected=context.as_of_month,
    )


PROBE = Probe("unit_cost_freshness", "Is the newest unit cost fresh?", ask, ())
