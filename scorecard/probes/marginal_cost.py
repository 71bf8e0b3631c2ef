"""Whether the cost of one more request at double traffic is known.

Where providers bill tokens alone, twice the requests cost twice as much. With capacity, its next step
has to be known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scorecard.evidence import Finding, Outcome
from scorecard.probes.base import Probe, missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.probes.base import Context

__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:  # noqa: ARG001  (nothing to be told)
    """True where all the spend on AI is metered; not available where capacity is part of it."""
    found = context.economics
    if found is None:
        return missing("no month has both a bill and requests", "finops load costs FILE")
    if any(context.pools.values()):
        names = ", ".join(name for name, cost in context.pools.items() if cost)
        return missing(
            f"the next step of capacity ({names}) is not known",
            "finops breakeven, with the report attached: finops scorecard answer marginal_known",
        )
    return Finding(
        Outcome.TRUE,
        "all of it is metered: twice the requests cost twice as much",
        query=f"finops unit --month {found.period.label}",
        collected=context.as_of_month,
    )


PROBE = Probe("marginal_cost", "Is the cost of the next request known?", ask, ())
