"""Whether time to first token and time per output token are both measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scorecard.probes.base import Probe, judged, missing, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.evidence import Finding
    from scorecard.probes.base import Context


__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """Responses with time to first token, latency and output tokens, of responses of the given tiers."""
    tiers = ", ".join(f"'{tier}'" for tier in params["tiers"])
    sql = f"""
select count(*) filter (where ttft_ms is not null and latency_ms is not null and output_tokens > 0), count(*)
from requests
where operation in ('chat', 'text_completion') and status = 'ok' and workload_tier in ({tiers})
    and {context.window(28)}
"""
    ((timed, seen),) = context.rows(sql)
    share = ratio(timed, seen)
    if share is None:
        return missing(
            f"no response of tier {' or '.join(params['tiers'])} in the last 28 days",
            "finops load requests FILE",
        )
    return judged(
        share,
        params,
        "of responses that people wait for have both times",
        query=sql,
        collected=context.newest("requests"),
    )


PROBE = Probe(
    "token_timing",
    "Are time to first token and per token measured?",
    ask,
    ("requests",),
    by_team=True,
)
