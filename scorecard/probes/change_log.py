"""Whether changes of models, prompts and routes are logged."""

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
    """True when the last `days` days have logged changes."""
    sql = f"select count(*) from changes where {context.window(int(params['days']), 'changed_at')}"
    ((found,),) = context.rows(sql)
    if not found:
        return missing(
            f"no change was logged in the last {params['days']} days", "finops load changes FILE"
        )
    return judged(
        Decimal(found),
        {"at_least": Decimal(1)},
        f"logged in {params['days']} days",
        unit="changes",
        query=sql,
        collected=context.newest("changes"),
    )


PROBE = Probe("change_log", "Are changes logged?", ask, ("changes",))
