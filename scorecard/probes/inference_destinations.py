"""Whether every model call goes where calls may go."""

from __future__ import annotations

from decimal import Decimal
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from scorecard.probes.base import Probe, judged, missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.evidence import Finding
    from scorecard.probes.base import Context

__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:  # noqa: ARG001  (nothing to be told)
    """Destinations of 30 days of model calls that no pattern of the allow-list fits."""
    allowed = context.settings.destinations
    if not allowed:
        return missing(
            "no allow-list of destinations is known", "scorecard.destinations in finops.toml"
        )
    sql = f"""
select coalesce(provider, '?') as provider, coalesce(region, inference_geo) as place, count(*)
from requests where operation in ('chat', 'text_completion', 'embeddings', 'rerank') and {context.window(30)} group by all order by all
"""
    outside, calls = [], 0
    for provider, place, count in context.rows(sql):
        names = (provider, f"{provider}/{place}" if place else provider)
        if not any(fnmatchcase(name, pattern) for name in names for pattern in allowed):
            outside.append(names[1])
            calls += count
    finding = judged(
        Decimal(calls),
        {"at_most": Decimal(0)},
        "went to destinations off the list",
        unit="calls",
        query=sql,
        collected=context.newest("requests"),
    )
    return (
        finding._replace(reason=f"{finding.reason}: {', '.join(outside)}") if outside else finding
    )


PROBE = Probe("inference_destinations", "Do model calls stay inside?", ask, ("requests",))
