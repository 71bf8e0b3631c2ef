"""How many retrievals read a store in another region than the caller's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scorecard.probes.base import Probe, judged, missing, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.evidence import Finding
    from scorecard.probes.base import Context

__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """Lookups whose caller and store are in different regions, of those that name both, in 30 days."""
    sql = f"""
select count(*) filter (where caller_region <> store_region), count(*)
from requests
where store_region is not null and caller_region is not null and {context.window(30)}
"""
    ((apart, seen),) = context.rows(sql)
    share = ratio(apart, seen)
    if share is None:
        return missing(
            "no lookup names the regions of caller and store",
            "finops load requests FILE, with caller_region and store_region",
        )
    return judged(
        share,
        params,
        "of lookups read a store in another region",
        query=sql,
        collected=context.newest("requests"),
    )


PROBE = Probe(
    "cross_region_retrieval", "Are stores read where they are?", ask, ("requests",), by_team=True
)
