"""Savings as a report: the largest first, each with its range, what it rests on and how to see its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.report.model import Report, ReportColumn, Style

if TYPE_CHECKING:
    from finops.analysis.savings.answer import Savings
    from finops.analysis.savings.saving import Ranked
    from finops.report.model import Row

__all__ = ["savings_report"]

_COLUMNS = (
    ReportColumn("saving", "Saving"),
    ReportColumn("lever", "Lever", shown=False),
    ReportColumn("subject", "Subject", shown=False),
    ReportColumn("owner", "Owner", optional=True),
    ReportColumn("low", "At least", Style.MONEY),
    ReportColumn("high", "At most", Style.MONEY),
    ReportColumn("certainty", "Certainty"),
    ReportColumn("effort", "Effort", optional=True),
    ReportColumn("counted", "In the sum"),
    ReportColumn("excludes", "Same money as", shown=False),
    ReportColumn("how", "How it is computed", prose=True),
    ReportColumn("command", "Rows", shown=False),
)


def savings_report(
    found: Savings, *, limit: int | None = None, notes: tuple[str, ...] = ()
) -> Report:
    """What could be saved of the period; the totals count no money twice."""
    shown = found.ranked[:limit]
    told = [*notes, *found.notes]
    if len(shown) < len(found.ranked):
        told.append(
            f"{len(shown):,} of {len(found.ranked):,} rows shown; totals count all of them."
        )
    if not found.ranked:
        told.append("Nothing to save was found in the period.")
    if any(not each.counted for each in found.ranked):
        told.append(
            "Rows that are not in the sum are about the same money as a larger one: one of them can be had."
        )
    return Report(
        schema="finops.savings/1",
        title="Savings",
        columns=_COLUMNS,
        rows=tuple(_row(each) for each in shown),
        period=found.period,
        currency=found.currency,
        totals={
            **dict.fromkeys(column.name for column in _COLUMNS),
            "low": found.low,
            "high": found.high,
        },
        notes=tuple(told),
        extras={"before": {"start": found.before.start, "end": found.before.end}},
    )


def _row(each: Ranked) -> Row:
    one = each.saving
    return {
        "saving": one.key,
        "lever": str(one.lever),
        "subject": one.subject,
        "owner": one.owner,
        "low": one.low,
        "high": one.high,
        "certainty": str(one.certainty),
        "effort": str(one.effort),
        "counted": each.counted,
        "excludes": ", ".join(each.excludes) or None,
        "how": one.how,
        "command": one.command,
    }
