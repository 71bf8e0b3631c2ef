"""Break-even as a report: one row per option, the derivation, and what the reader must know."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from finops.analysis.breakeven.inputs import Origin
from finops.report.model import Report, ReportColumn, Style
from finops.report.numbers import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from finops.analysis.breakeven.audit import Audit, Finding
    from finops.analysis.breakeven.compare import Comparison, OptionAnswer
    from finops.analysis.breakeven.inputs import Input
    from finops.analysis.breakeven.measured import Demand
    from finops.analysis.breakeven.uncertainty import Uncertainty
    from finops.report.model import Cell, Row

__all__ = [
    "audit_report",
    "breakeven_report",
    "demand_notes",
    "input_rows",
    "origin_note",
]

SCHEMA = "finops.breakeven/1"

COLUMNS = (
    ReportColumn("option", "Option"),
    ReportColumn("breakeven_hours", "Break-even hours", Style.NUMBER),
    ReportColumn("breakeven_months", "Months", Style.NUMBER),
    ReportColumn("breakeven_utilization", "Utilization", Style.RATIO),
    ReportColumn("breakeven_price_per_hour", "Price per hour", Style.UNIT_MONEY, shown=False),
    ReportColumn("breakeven_units", "Units", Style.COUNT, shown=False),
    ReportColumn(
        "breakeven_million_tokens_per_month", "M tokens a month", Style.NUMBER, shown=False
    ),
    ReportColumn("npv", "NPV", Style.MONEY),
    ReportColumn("irr", "IRR a year", Style.RATIO, optional=True),
    ReportColumn("payback_months", "Payback months", Style.NUMBER),
    ReportColumn("discounted_payback_months", "Discounted payback", Style.NUMBER, optional=True),
    ReportColumn("total_cost", "Total cost", Style.MONEY, shown=False),
    ReportColumn("present_cost", "Present cost", Style.MONEY, optional=True),
    ReportColumn("equivalent_annual_cost", "Cost a year", Style.MONEY, optional=True),
    ReportColumn(
        "cost_per_million_valid_tokens", "per M valid tokens", Style.UNIT_MONEY, shown=False
    ),
    ReportColumn("reason", "Why not", shown=False),
    ReportColumn("reasons", "Why a number is missing", shown=False),
)

_NAMED = 4
"""Inputs a note names before it says there are more."""

_ALTERNATIVES = {"cloud": "renting", "api": "calling an API"}


def breakeven_report(
    found: Comparison,
    currency: str,
    *,
    sure: Uncertainty | None = None,
    notes: Sequence[str] = (),
    extras: Mapping[str, object] | None = None,
) -> Report:
    """The report of `found`: every option's break-evens and costs, and how `sure` they are."""
    return Report(
        schema=SCHEMA,
        title=f"Break-even: own against {_ALTERNATIVES[found.against]}",
        columns=COLUMNS,
        rows=tuple(_row(option) for option in found.options),
        currency=currency,
        notes=(*_notes(found), *_base_notes(found), *_sure_notes(sure), *notes),
        extras={
            "against": found.against,
            "utilization_rule": [
                {"months": months, "breakeven_utilization": utilization}
                for months, utilization in found.rule
            ],
            "values": dict(found.values),
            "ownership": _ownership(found),
            "uncertainty": _uncertainty(sure),
            **(extras or {}),
        },
    )


def _row(option: OptionAnswer) -> Row:
    row: dict[str, Cell] = {**option._asdict(), "reasons": dict(option.reasons)}
    why = [option.reasons.get(name) for name in ("payback_months", "breakeven_hours", "irr")]
    row["reason"] = next((reason for reason in why if reason), None)
    return row


def _notes(found: Comparison) -> list[str]:
    v, own = found.values, found.options[0]
    months = v["time.horizon"]
    notes = []
    if own.payback_months is None:
        notes.append(f"Owning {own.reasons['payback_months']}.")
    if own.breakeven_hours is None:
        notes.append(f"At today's prices: {own.reasons['breakeven_hours']}.")
    if found.against == "cloud":
        parts = ", ".join(f"{_share(value)} for {length} months" for length, value in found.rule)
        notes.append(
            f"Utilization needed at this pair of prices ({shown(found.static.price, Style.UNIT_MONEY)} rented, "
            f"{shown(found.static.used, Style.UNIT_MONEY)} used): {parts}; here "
            f"{_share(v['demand.utilization'])}. It is hours that would be rented, of hours owned."
        )
    notes.append(
        f"Over {months:g} months of {v['time.hours_per_month']:g} h at "
        f"{v['money.discount_rate']:.1%} a year. Break-even hours, months and utilization are at "
        "today's prices, without interest; what is already spent is in none of them."
    )
    return notes


def _base_notes(found: Comparison) -> list[str]:
    base = found.ownership
    if base is None:
        return []
    most = max(found.load)
    rule = "" if base.threshold is None else f" above a load factor of {base.threshold:.1%}"
    text = (
        f"Own the base, rent the peak: {base.units} of {most:,.4g} units at most needed are worth "
        f"owning; a unit is{rule}, what all units share left out."
    )
    return [text]


def _sure_notes(sure: Uncertainty | None) -> list[str]:
    if sure is None:
        return []
    paid = ", ".join(
        "never" if months is None else f"{months:,.1f}" for months in sure.payback_months
    )
    what = (
        "the days measured and of the inputs with a range"
        if sure.measured
        else "the inputs with a range"
    )
    text = (
        f"Over {sure.draws:,} draws of {what} (seed {sure.seed}): NPV is above 0 in "
        f"{sure.probability_npv_positive:.1%}; payback in months at P10, P50, P90: {paid}; "
        f"{sure.tornado[0].name} moves NPV most."
    )
    return [text]


def _ownership(found: Comparison) -> object:
    base = found.ownership
    if base is None:
        return None
    return {
        "units": base.units,
        "threshold_load_factor": base.threshold,
        "cost": base.cost,
        "levels": [level._asdict() for level in base.levels],
    }


def _uncertainty(sure: Uncertainty | None) -> object:
    if sure is None:
        return None
    return {
        **sure._asdict(),
        "npv": sure.npv._asdict(),
        "payback_months": sure.payback_months._asdict(),
        "tornado": [bar._asdict() for bar in sure.tornado],
    }


def _share(value: float | None) -> str:
    if value is None:
        return "none"
    return shown(value, Style.RATIO) + (" (out of reach)" if value > 1 else "")


def audit_report(found: Audit) -> Report:
    """A published table recomputed, row by row; what the comparison hides stands in the notes."""
    return Report(
        schema="finops.breakeven.audit/1",
        title=f"Audit: {found.scenario.name}",
        columns=(
            ReportColumn("claim", "Claim"),
            ReportColumn("axis", "Figure"),
            ReportColumn("published", "Published"),
            ReportColumn("reproduced", "Reproduced"),
            ReportColumn("from_inputs", "From inputs as printed", Style.NUMBER, shown=False),
            ReportColumn("low", "At least", Style.NUMBER, shown=False),
            ReportColumn("high", "At most", Style.NUMBER, shown=False),
            ReportColumn("verdict", "Verdict"),
        ),
        rows=tuple(line._asdict() for line in found.table),
        currency=found.scenario.currency,
        notes=(
            *(
                f"{line.claim}: inputs as printed give {line.from_inputs:,.1f}; rounding of the inputs "
                f"allows {line.low:,.1f} to {line.high:,.1f}."
                for line in found.table
                if line.from_inputs is not None and line.verdict != "reproduced"
            ),
            *(_hides(finding) for finding in found.findings),
        ),
        extras={"hides": [finding._asdict() for finding in found.findings]},
    )


def _hides(finding: Finding) -> str:
    text = f"Hidden, {finding.topic}: {finding.says}"
    if finding.breakeven_hours is None or finding.breakeven_months is None:
        return f"{text}."
    return f"{text}: {finding.breakeven_hours:,.0f} h, {finding.breakeven_months:.1f} months."


def input_rows(inputs: Mapping[str, Input]) -> list[dict[str, object]]:
    """Every input that was given, with where it comes from, for programs."""
    return [{**asdict(one), "origin": str(one.origin)} for one in inputs.values()]


def origin_note(inputs: Mapping[str, Input]) -> str:
    """How many inputs were measured, quoted and assumed; what is not given takes its default."""
    parts = []
    for origin in Origin:
        names = [name for name, one in inputs.items() if one.origin is origin]
        if names:
            more = " …" if len(names) > _NAMED else ""
            parts.append(f"{len(names)} {origin} ({', '.join(names[:_NAMED])}{more})")
    return f"Inputs: {'; '.join(parts)}; every other one takes its default, which is an assumption."


def _refused(found: Demand) -> str:
    """What became of the demand of jobs that never began."""
    if not found.refused_hours:
        return (
            f"{found.refused_jobs} jobs never began and are not counted: no job that ended says how "
            "long they would have lasted."
        )
    return (
        f"{found.refused_jobs} jobs never began: {found.refused_hours:,.1f} device-hours, as jobs of "
        "their name usually last, are assumed for them when they were asked for."
    )


def demand_notes(found: Demand) -> list[str]:
    """What was measured of a pool, and what the measurement cannot see."""
    activity = found.active_hours / found.owned_hours
    measured = (
        f"Measured, pool {found.pool}, {found.start:%Y-%m-%d} to {found.end:%Y-%m-%d}: "
        f"{found.devices} devices held {found.utilization:.1%} of {found.owned_hours:,.0f} "
        f"device-hours, engines active {activity:.1%}; held is what counts, as it would be rented too."
    )
    notes = [measured]
    if found.hours_missing:
        notes.append(f"{found.hours_missing} hours have no samples and are left out.")
    if found.hours_full:
        notes.append(
            f"In {found.hours_full} of {len(found.load)} hours every device was held: demand may have "
            "been higher than what was measured."
        )
    if found.waited_hours:
        notes.append(
            f"{found.waited_hours:,.0f} device-hours waited; they count in the hour they were asked for."
        )
    if found.refused_jobs:
        notes.append(_refused(found))
    if found.paid is not None:
        notes.append(
            f"The bill charges {shown(found.paid, Style.MONEY)} for the pool: "
            f"{shown(found.paid / found.owned_hours, Style.UNIT_MONEY)} for each device-hour observed."
        )
    return notes
