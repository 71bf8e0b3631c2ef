"""How many requests break the residency policy of their data class."""

from __future__ import annotations

from decimal import Decimal
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from scorecard.probes.base import Probe, judged, missing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from finops.sections.scorecard import Residency
    from scorecard.evidence import Finding
    from scorecard.probes.base import Context

__all__ = ["PROBE"]


def ask(context: Context, params: Mapping[str, Any]) -> Finding:
    """Requests of 30 days one of whose regions (model, store) is not one its data class may be in."""
    rules = context.settings.residency
    if not rules:
        return missing("no residency policy is known", "[[scorecard.residency]] in finops.toml")
    classes = ", ".join(f"'{rule.data_class}'" for rule in rules)
    sql = f"""
select data_class, place, count(*)
from (
    select data_class, unnest([region, store_region, inference_geo]) as place from requests
    where data_class in ({classes}) and {context.window(30)}
)
where place is not null group by all order by all
"""
    broken = [
        (data_class, place, count)
        for data_class, place, count in context.rows(sql)
        if not _may_be(rules, data_class, place)
    ]
    ((seen,),) = context.rows(
        f"select count(*) from requests where data_class in ({classes}) and {context.window(30)}"
    )
    if not seen:
        return missing(
            "no request of the last 30 days is of a data class with a policy",
            "finops load requests FILE, with data_class and region",
        )
    finding = judged(
        Decimal(sum(count for *_, count in broken)),
        params,
        f"of {seen:,} with a policy went where they may not",
        unit="requests",
        query=sql,
        collected=context.newest("requests"),
    )
    named = ", ".join(f"{data_class} in {place}" for data_class, place, _ in broken)
    return finding._replace(reason=f"{finding.reason}: {named}") if broken else finding


def _may_be(rules: Iterable[Residency], data_class: str, place: str) -> bool:
    return any(
        fnmatchcase(place, pattern)
        for rule in rules
        if rule.data_class == data_class
        for pattern in rule.regions
    )


PROBE = Probe("residency_violations", "Does data stay where it may be?", ask, ("requests",))
