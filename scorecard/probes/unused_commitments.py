"""How much of committed or reserved capacity goes unused."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from scorecard.probes.base import Probe, judged, missing, not_applicable, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.evidence import Finding
    from scorecard.probes.base import Context

__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """EffectiveCost of unused commitments and reservations, of all of them, in the newest billed month."""
    if context.month is None:
        return missing("no month has a bill", "finops load costs FILE")
    month = context.month.label
    sql = f"""
select
    coalesce(sum(EffectiveCost) filter (where coalesce(CommitmentDiscountStatus, CapacityReservationStatus) = 'Unused'), 0),
    sum(EffectiveCost)
from costs
where x_BillingMonth = '{month}' and ChargeCategory = 'Usage'
    and coalesce(CommitmentDiscountStatus, CapacityReservationStatus) is not null
"""
    ((unused, committed),) = context.rows(sql)
    if not committed:
        return not_applicable(f"nothing was committed to in {month}", context.as_of_month)
    return judged(
        ratio(unused, committed) or Decimal(0),
        params,
        f"of what was committed in {month} went unused",
        query=sql,
        collected=context.as_of_month,
        stakes=context.stakes(unused, "commitments and reservations nobody used"),
    )


PROBE = Probe("unused_commitments", "Is committed capacity used?", ask, ())
