"""Colours: in every theme keys and lines can be told from their ground, and so can a chart's parts."""

from __future__ import annotations

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from tui.colours import DRAWN, HEAT, PARTS, WORDS, contrast, legible

DARK, LIGHT = Color.parse("#121212"), Color.parse("#e0e0e0")


def test_contrast_is_that_of_the_standard() -> None:
    black, white = Color(0, 0, 0), Color(255, 255, 255)
    assert contrast(black, white) == pytest.approx(21)
    assert contrast(white, white) == pytest.approx(1)
    assert contrast(Color.parse("#767676"), white) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("name", sorted(set(BUILTIN_THEMES) - {"ansi-dark", "ansi-light"}))
def test_keys_and_edges_are_seen_in_every_theme(name: str) -> None:
    theme = BUILTIN_THEMES[name]
    colours = {**theme.to_color_system().generate(), **theme.variables}
    found = legible(colours)
    panel, ground = (Color.parse(colours[each]) for each in ("panel", "background"))
    key, edge = (Color.parse(found[each]) for each in ("key", "edge"))
    assert contrast(panel.blend(key.with_alpha(1), key.a), panel) >= WORDS or (
        found["key"] == colours["foreground"]
    )
    assert contrast(ground.blend(edge.with_alpha(1), edge.a), ground) >= DRAWN


def test_a_theme_of_the_terminals_own_colours_keeps_them() -> None:
    colours = BUILTIN_THEMES["ansi-dark"].to_color_system().generate()
    assert legible(colours) == {"key": "ansi_green", "edge": "ansi_bright_black"}


@pytest.mark.parametrize("colour", [*PARTS, *HEAT])
def test_a_charts_colours_are_seen_on_dark_and_on_light(colour: str) -> None:
    assert min(contrast(Color.parse(colour), ground) for ground in (DARK, LIGHT)) >= DRAWN
