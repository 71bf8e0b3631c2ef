"""Rows as stacks along an axis: what a chart draws. Lengths of bars, not amounts: those stand in the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.text import Text

from finops.report.cells import cell_text
from finops.report.model import Style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finops.report.model import Report
    from tui.view import Chart

__all__ = ["Stack", "chart_words", "shade_map", "stacks"]

SAID = 7
"""Parts that are told one by one, the last of them all others."""

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


SHADES = "\u2591\u2592\u2593\u2588"


def shade_map(report: Report, chart: Chart, width: int, colours: Sequence[str]) -> Text:
    """A line for each part with a block for each place, as full as the share there; blank: no row."""
    if chart.parts is None:
        return Text()
    places = sorted({cell_text(row[chart.across], Style.TEXT) for row in report.rows})
    shares: dict[str, dict[str, float]] = {}
    for row in report.rows:
        value = row[chart.height]
        if isinstance(value, int | float):
            part = shares.setdefault(cell_text(row[chart.parts], Style.TEXT), {})
            part[cell_text(row[chart.across], Style.TEXT)] = float(value)
    label = min(24, max(map(len, shares), default=0))
    wide = max(1, min(3, (width - label - 1) // max(1, len(places))))
    text = Text(no_wrap=True)
    for name in sorted(shares):
        text.append(f"{name[:label]:<{label}} ")
        for place in places:
            share = shares[name].get(place)
            if share is None:
                text.append(" " * wide)
                continue
            shade = min(len(SHADES) - 1, max(0, int(share * len(SHADES))))
            text.append(SHADES[shade] * wide, colours[shade])
        text.append("\n")
    head = " " * (label + 1) + "".join(f"{place[-2:]:<{wide}}"[:wide] for place in places)
    return Text(f"{head}\n") + text if wide > 1 else text


def chart_words(report: Report, chart: Chart) -> tuple[str, ...]:
    """What a chart shows, in sentences: its ends and its least and most, then each of its parts."""
    column = next(each for each in report.columns if each.name == chart.height)
    if chart.shades and chart.parts is not None:
        return tuple(
            f"{name}: {cell_text(sum(shares) / len(shares), column.style)} on average of {len(shares)}."
            for name, shares in sorted(_shares(report, chart).items())
        )
    whole = stacks(report, chart.across, chart.height, None, most=1)
    if not whole.parts:
        return ("There is nothing to draw.",)
    heights = whole.parts[0][1]
    least, most = min(heights), max(heights)
    told = [
        f"{name} {cell_text(height, column.style)} at {whole.places[heights.index(height)]}"
        for name, height in (("least", least), ("most", most))
    ]
    first, last = whole.places[0], whole.places[-1]
    lines = [f"{len(heights)} values from {first} to {last}: {', '.join(told)}."]
    if chart.parts is not None:
        found = stacks(report, chart.across, chart.height, chart.parts, most=SAID).parts
        lines += [f"{name}: {cell_text(sum(each), column.style)} in all." for name, each in found]
    return tuple(lines)


def _shares(report: Report, chart: Chart) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for row in report.rows:
        value = row[chart.height]
        if isinstance(value, int | float):
            found.setdefault(cell_text(row[str(chart.parts)], Style.TEXT), []).append(float(value))
    return found


def _added(heights: list[list[float]]) -> list[float]:
    return [sum(each) for each in zip(*heights, strict=True)]
