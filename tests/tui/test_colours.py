"""Colours: in every theme keys and lines can be told from their ground, and so can a chart's parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from rich.color import Color as RichColor
from rich.color import ColorSystem
from textual import constants
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from tests.tui.driving import Driver, driven, play
from tui.colours import DRAWN, HEAT, PARTS, WORDS, contrast, legible
from tui.styling import OF_THE_TERMINAL, SIXTEEN

if TYPE_CHECKING:
    from pathlib import Path

    from rich.style import Style

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


def test_parts_of_a_chart_are_told_apart_in_sixteen_colours() -> None:
    reduced = {RichColor.parse(part).downgrade(ColorSystem.STANDARD).number for part in PARTS}
    assert len(reduced) == len(PARTS)
    assert not reduced & {0, 7, 15}, "the ground and the letters"


def styles(it: Driver, text: str) -> list[Style]:
    """How every piece of the screen that has `text` is drawn."""
    lines = it.app.screen._compositor.render_strips()
    return [part.style for line in lines for part in line if text in part.text and part.style]


def test_sixteen_colours_are_the_terminals_own_and_what_is_chosen_is_marked(
    small_ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looked at in tmux with TERM=screen: shades of another theme fall together there, what is reversed or underlined does not."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(constants, "COLOR_SYSTEM", SIXTEEN)

    async def scenario() -> None:
        async with driven(small_ledger, view="spend", size=(100, 30)) as it:
            assert it.app.theme == OF_THE_TERMINAL
            await it.press("right")
            assert any(style.reverse for style in styles(it, it.shown[0][1]))
            await it.press("g", "down")
            assert any(style.underline for style in styles(it, "ChargeDescription"))
            assert not any(style.underline for style in styles(it, "ServiceName"))
            await it.press("escape", "q")

    async def later() -> None:
        async with driven(small_ledger, size=(80, 24)) as it:
            assert it.app.theme == "textual-dark"

    play(scenario)
    monkeypatch.setattr(constants, "COLOR_SYSTEM", "truecolor")
    play(later)


@pytest.mark.parametrize("colour", [*PARTS, *HEAT])
def test_a_charts_colours_are_seen_on_dark_and_on_light(colour: str) -> None:
    assert min(contrast(Color.parse(colour), ground) for ground in (DARK, LIGHT)) >= DRAWN
