"""How much of their time accelerators are throttled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scorecard.probes.base import Probe, judged, missing, no_accelerators, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scorecard.evidence import Finding
    from scorecard.probes.base import Context

__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """Throttled seconds of sampled seconds in 30 days, where samples say so; the worst device is named."""
    none = no_accelerators(context)
    if none is not None:
        return none
    sql = f"""
select device_uuid, sum(throttle_s), sum(interval_s)
from gpu_samples where throttle_s is not null and {context.window(30)}
group by device_uuid order by 2 desc, 1
"""
    found = context.rows(sql)
    share = ratio(sum(part for _, part, _ in found), sum(whole for *_, whole in found))
    if share is None:
        return missing(
            "no sample says whether devices throttle", "finops load gpu FILE, with throttle_s"
        )
    device, throttled, _ = found[0]
    worst = f"; {throttled / 3600:,.0f} hours of it on {device}" if throttled else ""
    finding = judged(
        share,
        params,
        "of device time is throttled",
        query=sql,
        collected=context.newest("gpu_samples"),
    )
    return finding._replace(reason=finding.reason + worst)


PROBE = Probe("throttle_share", "Do devices run unthrottled?", ask, ())
