"""How far what the log says was used is from what the invoice charges for it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from finops.model.money import total
from scorecard.probes.base import Probe, judged, missing, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.evidence import Finding
    from scorecard.probes.base import Context

__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """Billed usage of metered models that the log does not explain, either way, of all billed."""
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
    apart = total(abs(line.unlogged) for line in lines)
    return judged(
        ratio(apart, billed) or Decimal(0),
        params,
        f"of metered usage in {found.period.label} differs between log and invoice",
        query=f"finops explain --month {found.period.label}",
        collected=context.as_of_month,
        stakes=context.stakes(apart, "metered usage the log does not explain"),
    )


PROBE = Probe("reconciliation_error", "Does the log agree with the invoice?", ask, ())
