"""Data quality as a report: what most dollars hang on first, what is in order last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.report.model import Report, ReportColumn, Style

if TYPE_CHECKING:
    from finops.analysis.quality.answer import Quality
    from finops.analysis.quality.finding import Finding
    from finops.report.model import Row

__all__ = ["quality_report"]

_COLUMNS = (
    ReportColumn("check", "Check"),
    ReportColumn("status", "Status"),
    ReportColumn("subject", "Subject"),
    ReportColumn("at_stake", "At stake", Style.MONEY),
    ReportColumn("share", "Of all", Style.RATIO),
    ReportColumn("estimate", "Estimate", shown=False),
    ReportColumn("what", "What is found", prose=True),
    ReportColumn("fix", "What mends it", prose=True, optional=True),
)


def quality_report(found: Quality, *, notes: tuple[str, ...] = ()) -> Report:
    """Every check with what it found; dollars that are estimates are of other days or months."""
    told = list(notes)
    if any(each.at_stake is None for each in found.findings):
        told.append("At stake n/a: nobody can say what hangs on it.")
    if any(each.is_estimate for each in found.findings):
        told.append(
            "Deliveries and days that are missing are put at what other months and days cost."
        )
    return Report(
        schema="finops.quality/1",
        title="Data quality",
        columns=_COLUMNS,
        rows=tuple(_row(each, found) for each in found.findings),
        period=found.period,
        currency=found.currency,
        notes=tuple(told),
        extras={"EffectiveCost": found.charged, "clean": found.is_clean},
    )


def _row(each: Finding, found: Quality) -> Row:
    share = None
    if each.at_stake is not None and found.charged > 0:
        share = float(each.at_stake / found.charged)
    return {
        "check": str(each.check),
        "status": "ok" if each.is_ok else "look",
        "subject": each.subject,
        "at_stake": each.at_stake,
        "share": share,
        "estimate": each.is_estimate,
        "what": each.what,
        "fix": each.fix,
    }
