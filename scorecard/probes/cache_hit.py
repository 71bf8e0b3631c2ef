"""How much of the input comes from a prompt cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from finops.model.tables import INPUT_TOKEN_COLUMNS
from scorecard.probes.base import Probe, judged, missing, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.evidence import Finding
    from scorecard.probes.base import Context

__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """Cached input tokens of all input tokens of generation requests in 30 days."""
    sql = f"""
select
    sum(cache_read_tokens),
    sum({" + ".join(f"coalesce({name}, 0)" for name in INPUT_TOKEN_COLUMNS)})
from requests where operation in ('chat', 'text_completion') and {context.window(30)}
"""
    ((cached, tokens),) = context.rows(sql)
    share = ratio(cached, tokens)
    if share is None or cached is None:
        return missing(
            "no request of the last 30 days says how much of its input was cached",
            "finops load requests FILE, with cache_read_tokens",
        )
    return judged(
        share,
        params,
        "of input tokens come from a cache",
        query=sql,
        collected=context.newest("requests"),
    )


PROBE = Probe("cache_hit", "Does input come from a cache?", ask, ("requests",), by_team=True)
