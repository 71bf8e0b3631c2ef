"""Bars: one for each label, its value beside it; losses grow to the left of the line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.report.charts.parts import WIDTH, Scale, cut, fill, frame, said, tag, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finops.report.charts.parts import Picture

__all__ = ["bars"]

_ROW, _BAR, _LABELS = 26.0, 16.0, 180.0


def bars(picture: Picture) -> Iterator[str]:
    """The chart of the first series, line by line."""
    (series, *_) = picture.series
    known = [value for value in series.values if value is not None]
    room = max((len(text_) for text_ in series.texts), default=1) * 7.0 + 10
    left = _LABELS + (room if min(known, default=0) < 0 else 0)
    low, high = min([0.0, *known]), max([0.0, *known])
    scale = Scale(low, high if high > low else low + 1, 1, left, WIDTH - room)
    height = _ROW * len(picture.labels) + 22
    yield from frame(picture, height, _rows(picture, scale))


def _rows(picture: Picture, scale: Scale) -> Iterator[str]:
    series, zero = picture.series[0], scale.at(0)
    for at, label in enumerate(picture.labels):
        top = at * _ROW + 4
        middle = top + _BAR / 2 + 4
        value = series.values[at]
        told = tag("title", said(f"{label}: {series.texts[at]} {picture.unit}".rstrip()))
        yield text(_LABELS - 8, middle, cut(label, _LABELS - 8), "end")
        if value is None:
            yield text(zero + 6, middle, series.texts[at], kind="value faint")
            continue
        end = scale.at(value)
        yield tag(
            "rect",
            told,
            x=min(zero, end),
            y=top,
            width=max(abs(end - zero), 0.5),
            height=_BAR,
            fill=fill(picture, 0),
        )
        side = ("start", 6) if value >= 0 else ("end", -6)
        yield text(end + side[1], middle, series.texts[at], side[0], "value")
    bottom = len(picture.labels) * _ROW + 2
    yield tag("line", x1=zero, y1=0, x2=zero, y2=bottom, class_="axis")
    if picture.unit:
        yield text(zero, bottom + 16, picture.unit, kind="faint")
