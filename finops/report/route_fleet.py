"""What routing does to the fleet as a report: a row per class of accelerator, and what sites say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.report.model import Report, ReportColumn, Style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finops.analysis.route.answer import Routing
    from finops.analysis.route.fleet import ClassNeed, Fleet, FleetEffect, SiteAnswer
    from finops.analysis.route.sweep import Point
    from finops.report.model import Cell, Row

__all__ = ["fleet_report"]

COLUMNS = (
    ReportColumn("accelerator", "Accelerator"),
    ReportColumn("accelerators_before", "All-large", Style.COUNT),
    ReportColumn("accelerators_after", "Routed", Style.COUNT),
    ReportColumn("accelerators_freed", "Freed", Style.COUNT),
    ReportColumn("nodes_before", "Nodes before", Style.COUNT, shown=False),
    ReportColumn("nodes_after", "Nodes after", Style.COUNT, shown=False),
    ReportColumn("racks_before", "Racks before", Style.COUNT, optional=True),
    ReportColumn("racks_after", "Racks after", Style.COUNT, optional=True),
    ReportColumn("kw_before", "kW before", Style.NUMBER),
    ReportColumn("kw_after", "kW after", Style.NUMBER),
    ReportColumn("kw_freed", "kW freed", Style.NUMBER),
    ReportColumn("kw_per_rack_before", "kW/rack before", Style.NUMBER, optional=True),
    ReportColumn("kw_per_rack_after", "kW/rack after", Style.NUMBER, optional=True),
)


def fleet_report(
    found: Routing, point: Point, fleet: Fleet, effect: FleetEffect, *, notes: Sequence[str] = ()
) -> Report:
    """Accelerators, power and racks before and after, at the threshold of `point`."""
    rows = tuple(
        _row(before, after) for before, after in zip(effect.before, effect.after, strict=True)
    )
    return Report(
        schema="finops.route-fleet/1",
        title=f"Fleet with small-model routing, {found.plan.design}, threshold {point.threshold:f}",
        columns=COLUMNS,
        rows=rows,
        totals={"accelerator": "Total", **_sums(effect)},
        notes=(*notes, _basis(fleet), *map(_site, effect.sites)),
        extras={
            "threshold": point.threshold,
            "requests_per_second": fleet.requests_per_second,
            "max_busy": fleet.max_busy,
            "sites": [
                {
                    "name": answer.site.name,
                    "kw_per_rack": answer.site.kw_per_rack,
                    "racks": answer.site.racks,
                    "eligible_before": answer.before is None,
                    "eligible_after": answer.after is None,
                    "becomes_eligible": answer.becomes_eligible,
                    "can_hold_after": list(answer.parts),
                    "why_not_before": answer.before,
                    "why_not_after": answer.after,
                }
                for answer in effect.sites
            ],
        },
    )


def _row(before: ClassNeed, after: ClassNeed) -> Row:
    found: dict[str, Cell] = {"accelerator": before.accelerator}
    for name in ("accelerators", "nodes", "racks", "kw", "kw_per_rack"):
        found |= {f"{name}_before": getattr(before, name), f"{name}_after": getattr(after, name)}
    found["accelerators_freed"] = before.accelerators - after.accelerators
    found["kw_freed"] = before.kw - after.kw
    return found


def _sums(effect: FleetEffect) -> dict[str, Cell]:
    """Everything added over the classes; the fullest rack is that of all."""
    found: dict[str, Cell] = {}
    for when, needs in (("before", effect.before), ("after", effect.after)):
        for name in ("accelerators", "nodes", "racks", "kw"):
            found[f"{name}_{when}"] = sum(getattr(need, name) for need in needs)
        found[f"kw_per_rack_{when}"] = max(need.kw_per_rack for need in needs)
    for name in ("accelerators", "kw"):
        pairs = zip(effect.before, effect.after, strict=True)
        found[f"{name}_freed"] = sum(getattr(b, name) - getattr(a, name) for b, a in pairs)
    return found


def _basis(fleet: Fleet) -> str:
    return (
        f"At {float(fleet.requests_per_second):,.4g} requests a second, the busiest moment, with "
        f"{float(fleet.max_busy):.0%} of a replica's throughput used. Power is that of full nodes."
    )


def _site(answer: SiteAnswer) -> str:
    name = answer.site.name
    if answer.after is not None:
        part = f"; it can hold its {' or '.join(answer.parts)} part" if answer.parts else ""
        return f"{name} cannot hold the routed fleet: {answer.after}{part}."
    if answer.before is not None:
        return f"{name} becomes eligible: it could not hold the fleet before ({answer.before})."
    return f"{name} can hold the fleet either way."
