"""What charts are made of: the frame with its words, inks and patterns, a scale with round ticks.

Coordinates are pixels of the view box, from the top left. A number is written with two decimals at most,
so that the same picture is the same text.
"""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from finops.report.cells import visible
from finops.report.model import Style
from finops.report.numbers import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = [
    "CHARACTER",
    "CHART_STYLE",
    "INKS",
    "WIDTH",
    "Picture",
    "Scale",
    "Series",
    "cut",
    "fill",
    "frame",
    "grid",
    "legend",
    "pixel",
    "said",
    "tag",
    "text",
]

WIDTH = 720
"""Width of every view box."""

CHARACTER = 6.6
"""Width of a character of the charts' text, about."""

INKS = (
    ("#0072b2", ""),
    ("#e69f00", "M-2,2l4,-4M0,8l8,-8M6,10l4,-4"),
    ("#009e73", "M0,0l8,8M-2,6l4,4M6,-2l4,4"),
    ("#cc79a7", "M0,4h8"),
    ("#56b4e9", "M4,0v8"),
    ("#d55e00", "M0,4h8M4,0v8"),
    ("#8c8c00", "M3,3h2v2h-2z"),
    ("#777777", "M0,2h8M0,6h8"),
)
"""Colour and pattern of each series in turn; the colours are told apart by those who see fewer of them."""

CHART_STYLE = """
.chart { display: block; width: 100%; height: auto; max-width: 60rem; font: 12px system-ui, sans-serif; }
.chart text { fill: var(--ink); } .chart .faint { fill: var(--ink); opacity: .75; }
.chart .value { font-variant-numeric: tabular-nums; }
.chart .axis { stroke: var(--line); stroke-width: 1; } .chart .grid { stroke: var(--line); opacity: .35; }
.chart .edge { stroke: var(--paper); stroke-width: 1; } .chart .hatch { stroke: #ffffff; stroke-width: 1.4; fill: #ffffff; }
.chart .link { stroke: var(--line); stroke-dasharray: 2 2; }
.chart .line { fill: none; stroke-width: 2.2; } .chart .band { opacity: .22; }
@media print { .chart rect, .chart path { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
""".strip()
"""For the page that holds charts: it defines --ink, --paper and --line."""

_MOST_TICKS = 5


class Series(NamedTuple):
    """What is drawn in one ink: a value for each label, None where there is none."""

    name: str
    values: tuple[float | None, ...]
    texts: tuple[str, ...]
    """The values as people read them."""


class Picture(NamedTuple):
    """One chart: `key` is unique on its page; `low` and `high` bound the first series."""

    key: str
    title: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str = ""
    low: Series | None = None
    high: Series | None = None
    totals: tuple[bool, ...] = ()
    """Which labels of a waterfall stand on the ground."""


class Scale(NamedTuple):
    """Values from `low` to `high`, round ones `step` apart, laid on pixels from `start` to `end`."""

    low: float
    high: float
    step: float
    start: float
    end: float

    @classmethod
    def over(cls, values: Iterable[float], start: float, end: float) -> Scale:
        """A scale with zero on it and round ends."""
        found = [0.0, *values]
        step = _step(min(found), max(found))
        low, high = math.floor(min(found) / step) * step, math.ceil(max(found) / step) * step
        return cls(low, high if high > low else low + step, step, start, end)

    def at(self, value: float) -> float:
        """The pixel of `value`."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Round values from one end to the other."""
        count = round((self.high - self.low) / self.step)
        return [self.low + self.step * n for n in range(count + 1)]


def _step(low: float, high: float) -> float:
    """1, 2 or 5 times a power of ten, such that few steps reach from `low` to `high`."""
    rough = (high - low) / _MOST_TICKS
    if rough <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    return power * next(times for times in (1, 2, 5, 10) if rough <= power * times * 1.000001)


def pixel(value: float) -> str:
    """`12.5`, `3`: two decimals at most."""
    text_ = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text_ in {"-0", ""} else text_


def said(value: str) -> str:
    """Text for markup."""
    return escape(visible(value))


def tag(name: str, inside: str = "", /, **attributes: str | float) -> str:
    """`<rect x="1"/>`; an attribute's underscores are hyphens, and `class_` is class."""
    parts = [name]
    for key, value in attributes.items():
        spelled = key.rstrip("_").replace("_", "-")
        told = escape(value) if isinstance(value, str) else pixel(value)
        parts.append(f'{spelled}="{told}"')
    opening = " ".join(parts)
    return f"<{opening}>{inside}</{name}>" if inside else f"<{opening}/>"


def text(x: float, y: float, value: str, anchor: str = "start", kind: str = "") -> str:
    """A line of text at its baseline."""
    looks = {"class_": kind} if kind else {}
    return tag("text", said(value), x=x, y=y, text_anchor=anchor, **looks)


def cut(value: str, width: float) -> str:
    """`value` as far as it goes in `width` pixels."""
    most = max(int(width / CHARACTER), 2)
    return value if len(value) <= most else f"{value[: most - 1]}…"


def fill(picture: Picture, place: int) -> str:
    """The paint of series `place`: its colour, or its pattern where it has one."""
    color, hatch = INKS[place % len(INKS)]
    return f"url(#{picture.key}-{place % len(INKS)})" if hatch else color


def frame(picture: Picture, height: float, body: Iterable[str]) -> Iterator[str]:
    """The whole SVG around `body`, line by line."""
    key = picture.key
    yield (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {pixel(height)}" role="img" '
        f'aria-labelledby="{key}-title {key}-desc">'
    )
    yield f'<title id="{key}-title">{said(picture.title)}</title>'
    yield f'<desc id="{key}-desc">{said(_in_words(picture))}</desc>'
    used = min(len(picture.series), len(INKS)) if not picture.totals else 3
    patterns = "".join(_pattern(key, place) for place in range(used) if INKS[place][1])
    if patterns:
        yield f"<defs>{patterns}</defs>"
    yield from body
    yield "</svg>"


def _pattern(key: str, place: int) -> str:
    color, hatch = INKS[place]
    ground = tag("rect", width=8, height=8, fill=color)
    lines = tag("path", d=hatch, class_="hatch")
    return tag(
        "pattern",
        ground + lines,
        id=f"{key}-{place}",
        width=8,
        height=8,
        patternUnits="userSpaceOnUse",
    )


def _in_words(picture: Picture) -> str:
    """Every value, for those who do not see the picture."""
    told = []
    for series in picture.series:
        values = "; ".join(
            f"{label} {value}" for label, value in zip(picture.labels, series.texts, strict=True)
        )
        told.append(f"{series.name}: {values}." if len(picture.series) > 1 else f"{values}.")
    if picture.low is not None and picture.high is not None:
        bounds = "; ".join(
            f"{label} {low} to {high}"
            for label, low, high in zip(
                picture.labels, picture.low.texts, picture.high.texts, strict=True
            )
            if (low, high) != ("n/a", "n/a")
        )
        told.append(f"Range: {bounds}.")
    unit = f" In {picture.unit}." if picture.unit else ""
    return " ".join(told) + unit


def legend(picture: Picture, y: float) -> Iterator[str]:
    """Swatch and name of every series in one row, or as many rows as it takes."""
    x = 0.0
    for place, series in enumerate(picture.series):
        width = 26 + len(cut(series.name, 220)) * CHARACTER
        if x + width > WIDTH:
            x, y = 0.0, y + 18
        yield tag("rect", x=x, y=y - 10, width=12, height=12, fill=fill(picture, place))
        yield text(x + 17, y, cut(series.name, 220))
        x += width + 8


def legend_height(picture: Picture) -> float:
    """Pixels the legend takes."""
    rows, x = 1, 0.0
    for series in picture.series:
        width = 26 + len(cut(series.name, 220)) * CHARACTER
        if x + width > WIDTH:
            rows, x = rows + 1, 0.0
        x += width + 8
    return rows * 18.0 + 8


def grid(scale: Scale, left: float, unit: str) -> Iterator[str]:
    """Horizontal lines at round values, each with its number; the unit stands above."""
    for value in scale.ticks():
        y = scale.at(value)
        kind = "axis" if value == 0 else "grid"
        yield tag("line", x1=left, y1=y, x2=WIDTH, y2=y, class_=kind)
        yield text(left - 6, y + 4, _tick(value, scale), "end", "value faint")
    if unit:
        yield text(0, min(scale.start, scale.end) - 8, unit, kind="faint")


def _tick(value: float, scale: Scale) -> str:
    whole = scale.step >= 1
    return shown(round(value, 10), Style.COUNT if whole else Style.NUMBER)


def gutter(scale: Scale) -> float:
    """Room on the left for the numbers of `scale`."""
    return max(len(_tick(value, scale)) for value in scale.ticks()) * CHARACTER + 10


def thinned(labels: Sequence[str], room: float) -> set[int]:
    """Which of `labels` can be written where each has `room` pixels: all, or every so many."""
    widest = max((len(label) for label in labels), default=1) * CHARACTER + 8
    every = max(math.ceil(widest / max(room, 1)), 1)
    last = len(labels) - 1
    return {at for at in range(len(labels)) if (last - at) % every == 0}
