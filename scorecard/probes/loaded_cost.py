"""Whether unit cost includes retries, retrieval, shared services and idle capacity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from finops.model.money import ZERO, total
from scorecard.evidence import Finding, Outcome
from scorecard.probes.base import Probe, missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.probes.base import Context

__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:  # noqa: ARG001  (nothing to be told)
    """True when nothing of the newest billed month is unmapped, and all its capacity was observed."""
    found = context.economics
    if found is None:
        return missing("no month has both a bill and requests", "finops load costs FILE")
    left = {
        name: found.reconciliation.unallocated.get(name, ZERO)
        for name in ("unobserved", "unmapped")
    }
    outside = total(max(cost, ZERO) for cost in left.values())
    query = f"finops explain --month {found.period.label}"
    if outside:
        named = " and ".join(name for name, cost in left.items() if cost > ZERO)
        return Finding(
            Outcome.FALSE,
            f"{outside:,.2f} {found.currency} is {named}, so no unit cost holds it",
            value=outside,
            unit=found.currency,
            query=query,
            collected=context.as_of_month,
            stakes=context.stakes(outside, "cost outside every unit cost"),
        )
    return Finding(
        Outcome.TRUE,
        "retries, retrieval, shared services and idle capacity are all accounted for",
        query=query,
        collected=context.as_of_month,
    )


PROBE = Probe("loaded_cost", "Is unit cost fully loaded?", ask, ())
