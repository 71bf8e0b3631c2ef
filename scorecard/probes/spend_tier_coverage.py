"""How much of the spend on AI carries a workload tier.

Spend on requests counts by their own tier. Capacity that no request carries counts by the tier of the
requests and jobs seen on its pool.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from finops.model.money import ZERO, add, multiply, subtract, total
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
    left = found.reconciliation.unallocated.get("capacity", ZERO)
    on_pools = total(multiply(cost, _tiered(context, pool)) for pool, cost in context.pools.items())
    tiered = add(tiered, min(left, on_pools))
    return judged(
        ratio(tiered, spent) or Decimal(0),
        params,
        "of the spend on AI carries a workload tier",
        query=f"finops unit --by tier --month {found.period.label}",
        collected=context.as_of_month,
        stakes=context.stakes(subtract(spent, tiered), "spend on AI without a tier"),
    )


def _tiered(context: Context, pool: str) -> Decimal:
    """Share of the attempts and jobs seen on `pool` in the month that carry a tier."""
    name = pool.replace("'", "''")
    ((known, seen),) = context.rows(
        "select count(workload_tier), count(*) from (select workload_tier from requests "
        f"where pool = '{name}' and {context.in_month()} union all select workload_tier from jobs "
        f"where pool = '{name}' and {context.in_month('started_at')})"
    )
    return ratio(known, seen) or Decimal(0)


PROBE = Probe("spend_tier_coverage", "Does the spend on AI carry a workload tier?", ask, ())
