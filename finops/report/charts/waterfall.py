"""A waterfall: from one total to another by steps up and down, each with its sign beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.report.charts.parts import (
    CHARACTER,
    WIDTH,
    Scale,
    cut,
    fill,
    frame,
    grid,
    gutter,
    said,
    tag,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finops.report.charts.parts import Picture

__all__ = ["waterfall"]

_HEIGHT, _WIDEST = 220.0, 72.0

_TOTAL, _UP, _DOWN = 0, 1, 2
"""Inks of a total, of what adds to it and of what takes from it."""


class _Step(NamedTuple):
    """One column: from where to where, and as what."""

    start: float
    end: float
    ink: int


def waterfall(picture: Picture) -> Iterator[str]:
    """The chart of the first series, line by line; `picture.totals` says which labels are totals."""
    steps = _steps(picture)
    top = 34.0 if picture.unit else 20.0
    scale = Scale.over([v for step in steps for v in (step.start, step.end)], top + _HEIGHT, top)
    yield from frame(picture, top + _HEIGHT + 24, _body(picture, steps, scale, gutter(scale)))


def _steps(picture: Picture) -> list[_Step]:
    steps, reached = [], 0.0
    for value, is_total in zip(picture.series[0].values, picture.totals, strict=True):
        amount = value or 0.0
        if is_total:
            steps.append(_Step(0.0, amount, _TOTAL))
            reached = amount
        else:
            steps.append(_Step(reached, reached + amount, _UP if amount >= 0 else _DOWN))
            reached += amount
    return steps


def _body(picture: Picture, steps: list[_Step], scale: Scale, left: float) -> Iterator[str]:
    yield from grid(scale, left, picture.unit)
    room = (WIDTH - left) / max(len(steps), 1)
    width = min(room * 0.66, _WIDEST)
    told = [_signed(picture, at, step) for at, step in enumerate(steps)]
    is_narrow = any((len(value) + 2) * CHARACTER > room for value in told)
    for at, step in enumerate(steps):
        middle = left + room * (at + 0.5)
        first, last = scale.at(step.start), scale.at(step.end)
        label, value = picture.labels[at], told[at]
        yield tag(
            "rect",
            tag("title", said(f"{label}: {value} {picture.unit}".rstrip())),
            x=middle - width / 2,
            y=min(first, last),
            width=width,
            height=max(abs(first - last), 0.5),
            fill=fill(picture, step.ink),
        )
        shown = value.lstrip("▲▼ ") if is_narrow else value
        yield text(middle, min(first, last) - 5, shown, "middle", "value")
        yield text(middle, max(scale.start, scale.end) + 18, cut(label, room), "middle")
        if at + 1 < len(steps):
            yield tag(
                "line", x1=middle + width / 2, y1=last, x2=middle + room - width / 2, y2=last,
                class_="link",
            )  # fmt: skip


def _signed(picture: Picture, at: int, step: _Step) -> str:
    value = picture.series[0].texts[at]
    return f"▲ +{value}" if step.ink == _UP else f"▼ {value}" if step.ink == _DOWN else value
