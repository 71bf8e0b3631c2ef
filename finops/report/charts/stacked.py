"""Stacked columns: one for each label, its series on top of each other; what is negative hangs below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.report.charts.parts import (
    WIDTH,
    Scale,
    fill,
    frame,
    grid,
    gutter,
    legend,
    legend_height,
    said,
    tag,
    text,
    thinned,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finops.report.charts.parts import Picture

__all__ = ["stacked"]

_HEIGHT, _WIDEST = 220.0, 64.0


def stacked(picture: Picture) -> Iterator[str]:
    """The chart, line by line."""
    top = legend_height(picture) + (18 if picture.unit else 4)
    ends = [end for at in range(len(picture.labels)) for end in _ends(picture, at)]
    scale = Scale.over(ends, top + _HEIGHT, top)
    left = gutter(scale)
    yield from frame(picture, top + _HEIGHT + 24, _body(picture, scale, left))


def _ends(picture: Picture, at: int) -> tuple[float, float]:
    """How far the column at `at` reaches down and up."""
    values = [series.values[at] or 0.0 for series in picture.series]
    return sum(v for v in values if v < 0), sum(v for v in values if v > 0)


def _body(picture: Picture, scale: Scale, left: float) -> Iterator[str]:
    yield from legend(picture, 12)
    yield from grid(scale, left, picture.unit)
    room = (WIDTH - left) / max(len(picture.labels), 1)
    width = min(room * 0.7, _WIDEST)
    written = thinned(picture.labels, room)
    for at, label in enumerate(picture.labels):
        middle = left + room * (at + 0.5)
        yield from _column(picture, scale, at, (middle - width / 2, width))
        if at in written:
            yield text(middle, max(scale.start, scale.end) + 18, label, "middle")


def _column(picture: Picture, scale: Scale, at: int, place: tuple[float, float]) -> Iterator[str]:
    down = up = 0.0
    x, width = place
    for index, series in enumerate(picture.series):
        value = series.values[at] or 0.0
        if not value:
            continue
        start = up if value > 0 else down
        up, down = (up + value, down) if value > 0 else (up, down + value)
        first, last = scale.at(start), scale.at(start + value)
        told = f"{picture.labels[at]}, {series.name}: {series.texts[at]} {picture.unit}".rstrip()
        yield tag(
            "rect",
            tag("title", said(told)),
            x=x,
            y=min(first, last),
            width=width,
            height=max(abs(first - last), 0.5),
            fill=fill(picture, index),
            class_="edge",
        )
