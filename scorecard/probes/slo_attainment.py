"""Whether the measured p95 and p99 of every workflow with a target keep to it."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from scorecard.evidence import Finding, Outcome
from scorecard.probes.base import Probe, missing, ratio

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from finops.sections.scorecard import Target
    from scorecard.probes.base import Context


__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """Targets kept, of targets of workflows seen in the last `days` days (nearest-rank percentiles)."""
    days = int(params["days"])
    sql = f"""
select
    workflow,
    quantile_disc(latency_ms, 0.95) filter (where status = 'ok') as p95,
    quantile_disc(latency_ms, 0.99) filter (where status = 'ok') as p99
from requests
where operation in ('chat', 'text_completion') and workflow is not null and {context.window(days)}
group by workflow order by workflow
"""
    kept: list[str] = []
    broken: list[str] = []
    for workflow, p95, p99 in context.rows(sql):
        target = _target(workflow, context.settings.targets)
        pairs = () if target is None else (("p95", p95, target.p95_ms), ("p99", p99, target.p99_ms))
        for name, value, limit in pairs:
            if value is None or limit is None:
                continue
            words = f"{workflow} {name} {value:,.0f} ms of {limit:,.0f} ms"
            (kept if value <= limit else broken).append(words)
    if not kept and not broken:
        return missing(
            f"no workflow of the last {days} days has a target",
            "[[scorecard.targets]] in finops.toml",
        )
    shown = "; ".join(broken) if broken else f"all {len(kept)} kept"
    return Finding(
        outcome=Outcome.FALSE if broken else Outcome.TRUE,
        reason=f"{len(kept)} of {len(kept) + len(broken)} targets kept in {days} days: {shown}",
        value=ratio(len(kept), len(kept) + len(broken)),
        unit="ratio",
        query=sql,
        collected=context.newest("requests"),
        stakes=context.stakes(
            context.component("slo_miss"), "responses that missed their objective"
        )
        if broken
        else None,
    )


def _target(workflow: str, targets: Iterable[Target]) -> Target | None:
    return next((each for each in targets if fnmatchcase(workflow, each.workflow)), None)


PROBE = Probe(
    "slo_attainment",
    "Does every workflow with a target keep to it?",
    ask,
    ("requests",),
    by_team=True,
)
