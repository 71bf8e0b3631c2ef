"""Scores over time as reports: every one there was, and what changed between two of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.report.model import Report, ReportColumn, Style
from finops.report.scorecard import points_text
from scorecard.diff import changes, levels, measurements
from scorecard.scoring import as_points

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from scorecard.evidence import Evidence
    from scorecard.history import Record

__all__ = ["diff_report", "history_report"]


def history_report(records: Sequence[Record]) -> Report:
    """A row per record, oldest first, with the move since the one before."""
    rows = []
    for number, record in enumerate(records):
        found = record.score
        before = records[number - 1].score.verified if number else None
        rows.append(
            {
                "as_of": found.as_of.isoformat(),
                "recorded": record.recorded.isoformat(timespec="seconds"),
                "verified": as_points(found.verified),
                "move": None if before is None else as_points(found.verified - before),
                "claimed": as_points(found.claimed),
                "coverage": round(float(found.coverage), 6),
                "risk": found.risk,
                "catalog": found.catalog,
                "sha256": record.sha256,
            }
        )
    return Report(
        schema="finops.scorecard-history/1",
        title=f"Scores of {records[-1].score.subject}" if records else "Scores",
        columns=(
            ReportColumn("as_of", "As of"),
            ReportColumn("verified", "Verified", Style.NUMBER),
            ReportColumn("move", "Move", Style.NUMBER),
            ReportColumn("claimed", "Claimed", Style.NUMBER),
            ReportColumn("coverage", "Known", Style.RATIO),
            ReportColumn("risk", "Risk"),
            ReportColumn("recorded", "Written down", optional=True),
            ReportColumn("catalog", "Catalog", optional=True),
            ReportColumn("sha256", "Fingerprint", shown=False),
        ),
        rows=tuple(rows),
    )


def diff_report(before: Record, after: Record) -> Report:
    """A row per check that changed, with why; levels and totals stand in the notes and the JSON."""
    old, new = before.score, after.score
    moved = [
        each
        for each in levels(old, new)
        if each.claimed[0] != each.claimed[1] or each.verified[0] != each.verified[1]
    ]
    verified, claimed = ((old.verified, new.verified), (old.claimed, new.claimed))
    notes = [f"Verified {_points(verified)}, claimed {_points(claimed)}, of {new.max}."]
    notes += [
        f"{each.category}: verified {_told(each.verified)}, claimed {_told(each.claimed)}."
        for each in moved
    ]
    if old.catalog_sha256 != new.catalog_sha256:
        notes.append(f"The catalog changed: {old.catalog} to {new.catalog}.")
    same = measurements(old, new)
    if same:
        told = "; ".join(f"{name} {_value(was)} to {_value(now)}" for name, was, now in same)
        notes.append(f"Measured otherwise, with the same outcome: {told}.")
    return Report(
        schema="finops.scorecard-diff/1",
        title=f"What changed for {new.subject}, {old.as_of.isoformat()} to {new.as_of.isoformat()}",
        columns=(
            ReportColumn("check", "Check"),
            ReportColumn("category", "Category", shown=False),
            ReportColumn("before", "Before"),
            ReportColumn("after", "After"),
            ReportColumn("value_before", "Value before", Style.NUMBER, shown=False),
            ReportColumn("value_after", "Value after", Style.NUMBER, shown=False),
            ReportColumn("why", "Why", prose=True),
        ),
        rows=tuple(
            {
                **each._asdict(),
                "before": None if each.before is None else str(each.before),
                "after": None if each.after is None else str(each.after),
            }
            for each in changes(old, new)
        ),
        notes=tuple(notes),
        extras={
            "subject": str(new.subject),
            "from": old.as_of,
            "to": new.as_of,
            "verified": [as_points(old.verified), as_points(new.verified)],
            "claimed": [as_points(old.claimed), as_points(new.claimed)],
            "categories": [
                {"id": each.category, "claimed": each.claimed, "verified": each.verified}
                for each in moved
            ],
            "measured": [
                {"check": name, "before": was.value, "after": now.value, "unit": now.unit}
                for name, was, now in same
            ],
        },
    )


def _value(piece: Evidence) -> str:
    if piece.value is None:
        return "n/a"
    return f"{piece.value.normalize():f}" + (
        f" {piece.unit}" if piece.unit not in {"", "ratio"} else ""
    )


def _points(pair: tuple[Fraction, Fraction]) -> str:
    return " to ".join(points_text(points) for points in pair)


def _told(pair: tuple[int | None, int | None]) -> str:
    first, second = ("n/a" if level is None else str(level) for level in pair)
    return first if first == second else f"{first} to {second}"
