"""Colours that can be read: those of charts on any ground, and which of a theme's own stand out enough.

Contrast is that of WCAG 2.2: 4.5 for words, 3 for what is only drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["HEAT", "PARTS", "Styled", "contrast", "legible"]

WORDS, DRAWN = 4.5, 3.0
"""The least contrast of letters, and of lines and bars, with what is behind them."""

PARTS = ("#2563eb", "#c2650a", "#0d8a5f", "#c026d3", "#dc2626", "#6b7280")
"""The parts of a chart, the largest first: seen on dark and on light, told apart in 16 colours."""

HEAT = ("#dc2626", "#c2650a", "#4d7c0f", "#0d8a5f")
"""Shades from little to much; how full a block is says the same."""


def contrast(first: Color, second: Color) -> float:
    """The contrast ratio of two opaque colours, from 1 (none) to 21 (black on white)."""
    dark, light = sorted((_luminance(first), _luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def legible(variables: Mapping[str, str]) -> dict[str, str]:
    """What a theme's `key` and `edge` are: the first of its own colours that stand out enough.

    `key` is the colour of keys and titles on bars, `edge` that of lines around panels. A theme that leaves
    colours to the terminal keeps its accent and its grey.
    """
    terminals = {"key": variables["text-accent"], "edge": "ansi_bright_black"}
    try:
        panel, ground = (Color.parse(variables[name]) for name in ("panel", "background"))
    except ValueError:
        return terminals
    if panel.ansi is not None or ground.ansi is not None or not panel.a:
        return terminals
    return {
        "key": _first(variables, ("text-accent", "text-primary", "foreground"), panel, WORDS),
        "edge": _first(variables, ("panel-lighten-3", "panel-darken-3", "foreground-muted"),
                       ground, DRAWN),
    }  # fmt: skip


def _first(
    variables: Mapping[str, str], names: tuple[str, ...], ground: Color, least: float
) -> str:
    for name in names:
        colour = Color.parse(variables[name])
        if contrast(ground.blend(colour.with_alpha(1), colour.a), ground) >= least:
            return variables[name]
    return variables["foreground"]


def _luminance(colour: Color) -> float:
    """Relative luminance, 0 for black and 1 for white (WCAG 2.2)."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4  # noqa: PLR2004  (of the standard)
        for part in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


class Styled(LineFilter):
    """Gives a style to what a widget drew without one: Textual's filter for NO_COLOR takes no other."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments, every one with a style."""
        del background
        plain = Style.null()
        return [Segment(text, style or plain, control) for text, style, control in segments]
