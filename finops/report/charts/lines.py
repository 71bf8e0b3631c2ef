"""Lines over labels in their order, the first with a band where its range is known.

A line is told from another by dashes and by the name at its end, and broken where a value is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.report.charts.parts import (
    INKS,
    WIDTH,
    Scale,
    frame,
    grid,
    gutter,
    legend,
    legend_height,
    pixel,
    said,
    tag,
    text,
    thinned,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finops.report.charts.parts import Picture, Series

__all__ = ["lines"]

_HEIGHT = 220.0

_DASHES = ("", "7 4", "2 3", "10 3 2 3", "4 2", "1 4", "12 4", "6 2 1 2")


def lines(picture: Picture) -> Iterator[str]:
    """The chart, line by line."""
    top = legend_height(picture) + (18 if picture.unit else 4)
    bounds = [each for each in (picture.low, picture.high) if each is not None]
    values = [v for each in (*picture.series, *bounds) for v in each.values if v is not None]
    scale = Scale.over(values, top + _HEIGHT, top)
    yield from frame(picture, top + _HEIGHT + 24, _body(picture, scale, gutter(scale)))


def _body(picture: Picture, scale: Scale, left: float) -> Iterator[str]:
    yield from legend(picture, 12)
    yield from grid(scale, left, picture.unit)
    room = (WIDTH - left) / max(len(picture.labels), 1)
    xs = [left + room * (at + 0.5) for at in range(len(picture.labels))]
    if picture.low is not None and picture.high is not None:
        yield from _band(picture.low, picture.high, scale, xs)
    for place, series in enumerate(picture.series):
        yield from _line(picture, series, scale, xs, place)
    for at in sorted(thinned(picture.labels, room)):
        yield text(xs[at], max(scale.start, scale.end) + 18, picture.labels[at], "middle")


def _band(low: Series, high: Series, scale: Scale, xs: list[float]) -> Iterator[str]:
    both = [
        (x, scale.at(bottom), scale.at(up))
        for x, bottom, up in zip(xs, low.values, high.values, strict=True)
        if bottom is not None and up is not None
    ]
    if not both:
        return
    above = [f"{pixel(x)},{pixel(up)}" for x, _, up in both]
    below = [f"{pixel(x)},{pixel(bottom)}" for x, bottom, _ in reversed(both)]
    yield tag("polygon", points=" ".join((*above, *below)), fill=INKS[0][0], class_="band")


def _line(
    picture: Picture, series: Series, scale: Scale, xs: list[float], place: int
) -> Iterator[str]:
    ink = INKS[place % len(INKS)][0]
    path, is_down = [], False
    for x, value in zip(xs, series.values, strict=True):
        if value is not None:
            path.append(f"{'L' if is_down else 'M'}{pixel(x)},{pixel(scale.at(value))}")
        is_down = value is not None
    dashes = _DASHES[place % len(_DASHES)]
    looks = {"stroke_dasharray": dashes} if dashes else {}
    if path:
        yield tag("path", d="".join(path), stroke=ink, class_="line", **looks)
    for at, (x, value) in enumerate(zip(xs, series.values, strict=True)):
        if value is not None:
            told = f"{picture.labels[at]}, {series.name}: {series.texts[at]} {picture.unit}"
            yield tag(
                "circle", tag("title", said(told.rstrip())), cx=x, cy=scale.at(value), r=3, fill=ink
            )
