"""How much of the bill is moving data."""

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
    """EffectiveCost of usage that moves data, of all usage in the newest billed month."""
    if context.month is None:
        return missing("no month has a bill", "finops load costs FILE")
    month = context.month.label
    sql = f"""
select
    coalesce(sum(EffectiveCost) filter (
        where ServiceName ilike '%data transfer%' or ServiceName ilike '%bandwidth%'
        or ChargeDescription ilike '%egress%' or ChargeDescription ilike '%data transfer%'
    ), 0),
    sum(EffectiveCost)
from costs where x_BillingMonth = '{month}' and ChargeCategory = 'Usage'
"""
    ((moved, spent),) = context.rows(sql)
    if not spent:
        return missing(f"the bill of {month} has no usage", "finops load costs FILE")
    return judged(
        ratio(moved, spent) or Decimal(0),
        params,
        f"of the bill of {month} is moving data",
        query=sql,
        collected=context.as_of_month,
        stakes=context.stakes(moved, "moving data"),
    )


PROBE = Probe("egress_share", "Is moving data a small part of the bill?", ask, ())
