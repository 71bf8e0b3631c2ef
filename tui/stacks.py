"""Rows as stacks along an axis: what a chart draws. Lengths of bars, not amounts: those stand in the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.report.cells import cell_text
from finops.report.model import Style

if TYPE_CHECKING:
    from finops.report.model import Report

__all__ = ["Stack", "stacks"]

OTHER = "other"
"""What the parts that have no colour of their own are drawn as, together."""


class Stack(NamedTuple):
    """The axis's places in order, and for each part its height at every place; the largest part first."""

    places: tuple[str, ...]
    parts: tuple[tuple[str, tuple[float, ...]], ...]


def stacks(report: Report, across: str, height: str, parts: str | None, *, most: int) -> Stack:
    """`height` of every row by `across`, in at most `most` parts; what is left over is `other`."""
    places = sorted({cell_text(row[across], Style.TEXT) for row in report.rows})
    where = {place: index for index, place in enumerate(places)}
    sums: dict[str, list[float]] = {}
    for row in report.rows:
        value = row[height]
        if value is None or isinstance(value, str) or not hasattr(value, "__float__"):
            continue
        name = "" if parts is None else cell_text(row[parts], Style.TEXT)
        heights = sums.setdefault(name, [0.0] * len(places))
        heights[where[cell_text(row[across], Style.TEXT)]] += float(value)
    ordered = sorted(sums.items(), key=lambda item: -sum(map(abs, item[1])))
    kept, rest = ordered[:most], ordered[most:]
    if rest:
        kept = [*ordered[: most - 1], (OTHER, _added([h for _, h in ordered[most - 1 :]]))]
    return Stack(tuple(places), tuple((name, tuple(heights)) for name, heights in kept))


def _added(heights: list[list[float]]) -> list[float]:
    return [sum(each) for each in zip(*heights, strict=True)]
