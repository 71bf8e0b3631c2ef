"""How many changes of a model, prompt or route name who approved them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scorecard.probes.base import Probe, judged, missing, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.evidence import Finding
    from scorecard.probes.base import Context

__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """Changes with an approver, of changes of model, prompt and route in the last `days` days."""
    where = f"kind in ('model', 'prompt', 'route') and {context.window(int(params['days']), 'changed_at')}"
    sql = f"select count(approved_by), count(*) from changes where {where}"
    ((approved, seen),) = context.rows(sql)
    share = ratio(approved, seen)
    if share is None:
        return missing("no change was logged lately", "finops load changes FILE")
    finding = judged(
        share,
        {"at_least": params["at_least"]},
        f"of {seen} changes name who approved them",
        query=sql,
        collected=context.newest("changes"),
    )
    bare = context.rows(
        f"select distinct subject from changes where approved_by is null and {where} order by 1"
    )
    if not bare:
        return finding
    names = ", ".join(str(subject) for (subject,) in bare)
    return finding._replace(reason=f"{finding.reason}; not those of {names}")


PROBE = Probe("changes_approved", "Is every change approved?", ask, ("changes",))
