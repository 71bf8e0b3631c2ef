"""Charts, byte for byte, and what they must say to those who do not see them.

After a wanted change: FINOPS_WRITE_GOLDENS=1 pytest tests/report, and read the difference.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.report.charts import Picture, Series, bars, lines, stacked, waterfall
from finops.report.charts.parts import INKS, Scale, pixel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GOLDENS = Path(__file__).parent / "charts"
WRITE = os.environ.get("FINOPS_WRITE_GOLDENS")

SVG = "{http://www.w3.org/2000/svg}"


def series(name: str, *values: float | None) -> Series:
    texts = tuple("n/a" if value is None else f"{value:,.2f}" for value in values)
    return Series(name, values, texts)


MONTHS = ("2026-08", "2026-09", "2026-10")

TEAMS = Picture(
    "teams",
    "Cost by team",
    ("platform", "<research> & co", "nobody", "credited"),
    (series("Cost", 7839.69, 26133.14, None, -500.0),),
    "USD",
)
PROVIDERS = Picture(
    "providers",
    "Cost by provider",
    MONTHS,
    (series("AWS", 10, 20, -5), series("OpenAI", 5, None, 7), series("Owned", 1, 1, 1)),
    "USD",
)
FORECAST = Picture(
    "forecast",
    "Forecast",
    MONTHS,
    (series("Expected", 10, 11, 12), series("Actual", 9.5, None, None)),
    "EUR",
    series("Low", None, 9, 8),
    series("High", None, 13, 16),
)
STEPS = Picture(
    "steps",
    "What changed",
    ("2026-09", "price", "usage", "2026-10"),
    (series("Amount", 6473.73, -312.1, 4432.84, 10594.47),),
    "USD",
    totals=(True, False, False, True),
)

CASES: dict[str, tuple[Callable[[Picture], Iterator[str]], Picture]] = {
    "bars.svg": (bars, TEAMS),
    "stacked.svg": (stacked, PROVIDERS),
    "lines.svg": (lines, FORECAST),
    "waterfall.svg": (waterfall, STEPS),
}


def drawing(draw: Callable[[Picture], Iterator[str]], picture: Picture) -> str:
    return "\n".join(draw(picture)) + "\n"


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))  # noqa: S314  (our own)


@pytest.mark.parametrize("name", CASES)
def test_a_chart_is_drawn_as_before(name: str) -> None:
    text = drawing(*CASES[name])
    golden = GOLDENS / name
    if WRITE:
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CASES)
def test_a_chart_says_in_words_what_it_shows(name: str) -> None:
    draw, picture = CASES[name]
    found = parsed(drawing(draw, picture))
    assert found.get("role") == "img"
    assert found.get("aria-labelledby") == f"{picture.key}-title {picture.key}-desc"
    assert found.findtext(f"{SVG}title") == picture.title
    told = found.findtext(f"{SVG}desc") or ""
    for each in picture.series:
        for label, text in zip(picture.labels, each.texts, strict=True):
            assert f"{label} {text}" in told
    for bound in (picture.low, picture.high):
        assert all(text in told for text in (bound.texts if bound else ()) if text != "n/a")


def test_series_are_told_apart_without_colour() -> None:
    hatches = [hatch for _, hatch in INKS]
    assert len(set(hatches)) == len(hatches)
    text = drawing(stacked, PROVIDERS)
    assert re.findall(r'<pattern id="([^"]+)"', text) == ["providers-1", "providers-2"]
    dashes = re.findall(r'stroke-dasharray="([^"]+)"', drawing(lines, FORECAST))
    assert dashes == ["7 4"]


def test_a_bar_is_as_long_as_its_value() -> None:
    picture = Picture("p", "P", ("a", "b"), (series("Cost", 100, 50),))
    widths = [
        float(rect.get("width", "0")) for rect in parsed(drawing(bars, picture)).iter(f"{SVG}rect")
    ]
    assert widths[0] == pytest.approx(2 * widths[1], abs=0.02)


def test_a_waterfall_stands_where_the_step_before_ended() -> None:
    found = parsed(drawing(waterfall, STEPS))
    rects = [rect for rect in found if rect.tag == f"{SVG}rect"]
    tops = [float(rect.get("y", "0")) for rect in rects]
    heights = [float(rect.get("height", "0")) for rect in rects]
    assert tops[1] == pytest.approx(tops[0], abs=0.02)
    assert tops[2] + heights[2] == pytest.approx(tops[1] + heights[1], abs=0.02)
    assert tops[3] == pytest.approx(tops[2], abs=0.02)


NUMBERS = st.floats(-1e12, 1e12, allow_nan=False)


@given(st.lists(NUMBERS, max_size=6))
def test_a_scale_holds_its_values_and_zero_between_round_ends(values: list[float]) -> None:
    scale = Scale.over(values, 200, 0)
    slack = 1e-6 * max(map(abs, (*values, 1.0)))
    assert scale.low <= min([0.0, *values]) + slack
    assert scale.high >= max([0.0, *values]) - slack
    ticks = scale.ticks()
    assert 2 <= len(ticks) <= 9
    assert any(abs(tick) <= slack for tick in ticks)


def test_a_pixel_has_two_decimals_at_most() -> None:
    assert [pixel(value) for value in (0.0, -0.001, 3.0, 2.346, 10.5)] == [
        "0", "0", "3", "2.35", "10.5",
    ]  # fmt: skip
