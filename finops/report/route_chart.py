"""Small-model routing as a text chart: what the mix costs and how good it is, by the share sent on to the large model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.report.model import Style
from finops.report.numbers import shown
from finops.report.plot import Plot

if TYPE_CHECKING:
    from finops.analysis.route.answer import Routing
    from finops.analysis.route.sweep import Point

__all__ = ["route_chart", "route_words"]

WIDTH, HEIGHT = 80, 16
"""Columns and rows where nothing says how many there are."""

_NARROWEST, _LOWEST, _LABEL = 30, 4, 6


def route_chart(found: Routing, *, width: int | None = None, height: int | None = None) -> str:
    """A letter for the cost of every threshold, and for its accuracy where answers were judged; the chosen one below."""
    columns = max(width or WIDTH, _NARROWEST) - _LABEL - 2
    most = max(1.0, *(float(point.blended_cost_ratio) for point in found.points))
    plot = Plot(columns, max(height or HEIGHT, _LOWEST), most)
    for point in found.points:
        share = _escalated(point)
        _put(plot, share, float(point.blended_cost_ratio), "c")
        if point.accuracy is not None:
            _put(plot, share, point.accuracy, "q")
    lines = plot.text(
        "Cost and quality by the share of requests sent on",
        lambda ratio: f"{shown(ratio, Style.RATIO):>{_LABEL}}",
    )
    if found.chosen is not None:
        at = round(_escalated(found.chosen) * (columns - 1))
        lines.append(f"{'':>{_LABEL}}  {' ' * at}^")
    lines.append(f"{'':>{_LABEL}}  0.0%{'100.0% sent on':>{columns - 4}}")
    legend = "c cost, of asking the large model alone"
    legend += ", q right answers, * both" if found.judged else ""
    legend += ", ^ chosen" if found.chosen is not None else ""
    return "\n".join(line.rstrip() for line in (*lines, legend)) + "\n"


def route_words(found: Routing) -> tuple[str, ...]:
    """The same in sentences: one for every threshold."""
    return tuple(
        f"Threshold {point.threshold:f}: {shown(_escalated(point), Style.RATIO)} sent on, costs"
        f" {shown(point.blended_cost_ratio, Style.RATIO)} of the large model alone, {_quality(point)}."
        for point in found.points
    )


def _quality(point: Point) -> str:
    if point.accuracy is None:
        return "quality is not known"
    return f"{shown(point.accuracy, Style.RATIO)} right"


def _escalated(point: Point) -> float:
    split = point.split
    return (split.escalated + split.forced) / split.requests


def _put(plot: Plot, share: float, height: float, letter: str) -> None:
    taken = plot.cells[plot.row(height)][round(share * (plot.columns - 1))]
    plot.mark(share, height, letter if taken in {" ", letter} else "*")
