"""Marginal cost as a report: what doubled traffic of each group adds, and the step it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.report.model import Report, ReportColumn, Style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finops.analysis.doubling import Marginal
    from finops.analysis.headroom import Step
    from finops.analysis.marginal import MarginalAnswer
    from finops.report.model import Cell, Row

__all__ = ["marginal_report"]

_COLUMNS = (
    ReportColumn("requests", "Requests", Style.COUNT, shown=False),
    ReportColumn("cost", "Cost", Style.MONEY),
    ReportColumn("added_cost", "Doubled adds", Style.MONEY),
    ReportColumn("marginal_cost_factor", "Factor", Style.NUMBER),
    ReportColumn("metered", "Metered", Style.MONEY, optional=True),
    ReportColumn("covered", "Covered", Style.MONEY, optional=True),
    ReportColumn("shared", "Shared", Style.MONEY, optional=True),
    ReportColumn("scaling", "of it grows", Style.MONEY, optional=True),
    ReportColumn("capacity", "Capacity", Style.MONEY, optional=True),
    ReportColumn("step", "Step"),
)


def marginal_report(
    answer: MarginalAnswer, *, limit: int | None = None, notes: Sequence[str] = ()
) -> Report:
    """One row per group, dearest first; `steps` in JSON has every pool's hour, load and price."""
    rows = [_row(answer, each) for each in answer.groups]
    whole: dict[str, Cell] = {**dict.fromkeys(answer.by), **_row(answer, answer.total)}
    hidden = len(rows) - len(rows[:limit])
    more = (f"{hidden} more rows are not shown; the totals count them.",) if hidden else ()
    return Report(
        schema="finops.marginal/1",
        title="Cost of doubled traffic",
        columns=(
            *(ReportColumn(name, name.replace("_", " ").capitalize()) for name in answer.by),
            *_COLUMNS,
        ),
        rows=tuple(rows[:limit]),
        period=answer.period,
        currency=answer.currency,
        totals=whole,
        notes=(*notes, *more, *_notes(answer)),
        extras={
            "steps": [
                {**dict(zip(answer.by, each.keys, strict=True)), **_step(found)}
                for each in answer.groups
                for found in each.steps
            ],
            "missing": _missing(answer),
        },
    )


def _row(answer: MarginalAnswer, each: Marginal) -> Row:
    keys = zip(answer.by, each.keys, strict=True) if each.keys else ()
    row: dict[str, Cell] = {name: None if key is None else str(key) for name, key in keys}
    return row | {
        "requests": each.requests,
        "cost": each.cost,
        "added_cost": each.added,
        "marginal_cost_factor": each.factor,
        "metered": each.metered,
        "covered": each.covered,
        "shared": each.shared,
        "scaling": each.scaling,
        "capacity": each.capacity,
        "step": "; ".join(_words(found) for found in each.steps) or "none",
    }


def _words(found: Step) -> str:
    """What must be bought, when, at which headroom; or that nothing must."""
    if found.units is None or found.hour is None or found.busy is None:
        return f"{found.pool}: not known"
    at = f"{found.busy:.0%} of {found.max_busy:.0%} busy, {found.hour:%Y-%m-%d %H}h"
    return f"{found.pool}: {_bought(found)} ({at})"


def _bought(found: Step) -> str:
    if not found.units:
        return "fits"
    if found.covered and found.covered == found.period_cost:
        return f"{found.units} more, paid already"
    return f"buy {found.units}{', partly paid already' if found.covered else ''}"


def _step(found: Step) -> dict[str, object]:
    return {
        "pool": found.pool,
        "units": found.units,
        "hour": None if found.hour is None else f"{found.hour:%Y-%m-%dT%H:00:00Z}",
        "busy": found.busy,
        "max_busy": found.max_busy,
        "headroom": None if found.busy is None else float(found.max_busy) - found.busy,
        "monthly_cost": found.monthly_cost,
        "covered": None if found.units is None else found.covered,
        "why": found.why,
    }


def _missing(answer: MarginalAnswer) -> dict[str, str]:
    why = sorted({found.why for each in answer.groups for found in each.steps if found.why})
    return dict.fromkeys(("added_cost", "marginal_cost_factor"), "; ".join(why)) if why else {}


def _notes(answer: MarginalAnswer) -> list[str]:
    steps = [found for each in answer.groups for found in each.steps]
    notes = ["Each row doubles alone; everybody else's traffic stays as it is."]
    if any(found.covered for found in steps):
        notes.append(
            "What is paid already are commitments that lie unused (`finops commitments`): Covered counts them."
        )
    assumed = sorted(
        {found.pool for found in steps if found.is_assumed and found.units is not None}
    )
    if assumed:
        notes.append(
            f"{', '.join(assumed)}: that 80 % of the devices may be busy within objectives is assumed; "
            "set max_busy in [[pools]]."
        )
    notes += [f"{why}." for why in sorted({found.why for found in steps if found.why})]
    return notes
