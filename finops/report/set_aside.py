"""Logs that give way to another log of the same calls, in words and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from finops.analysis.authority import Ruling

__all__ = ["set_aside_notes", "set_aside_rows"]


def set_aside_rows(rulings: Iterable[Ruling]) -> list[dict[str, object]]:
    """One object for each source that gives way: how many of its rows, and how many of those another has."""
    return [
        {
            "provider": each.scope.provider,
            "project": each.scope.project,
            "month": each.scope.month,
            "source": each.source,
            "believed": list(each.to),
            "rows": each.rows,
            "set_aside": each.set_aside,
            "matched": each.matched,
            "unmatched": each.unmatched,
        }
        for each in rulings
    ]


def set_aside_notes(rulings: Iterable[Ruling]) -> list[str]:
    """What was set aside, a sentence for each source and month."""
    notes = []
    for each in rulings:
        parts = (each.scope.provider or "no provider", each.scope.project, each.scope.month)
        where = ", ".join(part for part in parts if part)
        believed = " and ".join(each.to)
        why = "logs the same calls" if each.whole else "has the same attempts"
        alone = f"; {each.unmatched:,} of them only {each.source} has" if each.unmatched else ""
        notes.append(
            f"{each.set_aside:,} rows of {each.source} ({where}) are set aside: {believed} {why}{alone}."
        )
    return notes
