"""How close the measured power of the fullest rack comes to its limit."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from scorecard.probes.base import (
    Probe,
    judged,
    missing,
    no_accelerators,
    not_applicable,
    number,
    ratio,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from finops.sections.scorecard import Rack
    from scorecard.evidence import Finding
    from scorecard.probes.base import Context

__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """99th percentile of a rack's power by interval (nearest rank) over its limit; the fullest rack."""
    none = no_accelerators(context)
    if none is not None:
        return none
    racks = context.settings.racks
    if not racks:
        if not context.config.owned:
            return not_applicable("no rack is ours: nothing is owned", context.newest("costs"))
        return missing("no rack's limit is known", "[[scorecard.racks]] in finops.toml")
    parts, unseen = [], []
    for rack in racks:
        ((watts,),) = context.rows(_sql(context, rack))
        if watts is None:
            unseen.append(rack.name)
            continue
        drawn = number(watts) / 1000 + rack.host_kw
        parts.append((ratio(drawn, rack.limit_kw) or Decimal(0), rack, drawn))
    if unseen:
        return missing(
            f"no power was sampled in {', '.join(unseen)}", "finops load gpu FILE, with power_w"
        )
    share, rack, drawn = max(parts, key=lambda part: part[0])
    return judged(
        share,
        params,
        f"of its limit is the peak of rack {rack.name} ({drawn:.1f} of {rack.limit_kw} kW)",
        query=_sql(context, rack),
        collected=context.newest("gpu_samples"),
    )


def _sql(context: Context, rack: Rack) -> str:
    nodes = ", ".join("'" + name.replace("'", "''") + "'" for name in rack.nodes)
    among = f"and node in ({nodes})" if nodes else ""
    cluster = rack.cluster.replace("'", "''")
    return f"""
select quantile_disc(watts, 0.99) from (
    select timestamp, sum(power_w) as watts from gpu_samples
    where cluster = '{cluster}' {among} and {context.window(90)} group by timestamp
)
"""


PROBE = Probe("rack_power", "Do racks stay below their limit?", ask, ())
