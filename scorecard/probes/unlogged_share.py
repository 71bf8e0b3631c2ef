"""How much of what providers bill for was not called through the log."""

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
    """Metered usage that is billed and not logged, of all metered usage of the newest billed month."""
    found = context.economics
    if found is None:
        return missing("no month has both a bill and requests", "finops load costs FILE")
    lines = found.allocation.metered.settlements
    billed = total(line.billed_cost for line in lines)
    if not billed:
        return missing(
            f"the bill of {found.period.label} has no metered usage of models",
            "finops costs --by ServiceName",
        )
    unlogged = total(max(line.unlogged, ZERO) for line in lines)
    return judged(
        ratio(unlogged, billed) or Decimal(0),
        params,
        f"of metered usage in {found.period.label} is billed and was not logged",
        query=f"finops explain --month {found.period.label}",
        collected=context.as_of_month,
        stakes=context.stakes(unlogged, "usage billed and not logged"),
    )


PROBE = Probe("unlogged_share", "Is every billed call in the log?", ask, ())
