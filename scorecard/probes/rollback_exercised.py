"""Whether something was taken back to what it was before."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from scorecard.probes.base import Probe, judged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.evidence import Finding
    from scorecard.probes.base import Context

__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """True when a change of the last `days` days returned to a value its subject had before."""
    sql = f"""
select count(*), max(cast(now_.changed_at as date))
from changes as now_ where {context.window(int(params["days"]), "now_.changed_at")} and exists (
    select 1 from changes as then_
    where then_.kind = now_.kind and then_.subject = now_.subject
        and then_.changed_at < now_.changed_at and then_.changed_from = now_.changed_to
)
"""
    ((found, _),) = context.rows(sql)
    return judged(
        Decimal(found),
        {"at_least": Decimal(1)},
        f"in {params['days']} days",
        unit="rollbacks",
        query=sql,
        collected=context.newest("changes"),
    )


PROBE = Probe("rollback_exercised", "Was a rollback exercised?", ask, ("changes",))
