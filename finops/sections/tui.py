"""`[tui]`: how the terminal interface looks, where it starts and which keys it listens to."""

from __future__ import annotations

from pydantic import Field

from finops.sections.base import Section

__all__ = ["Tui"]


class Tui(Section):
    """The terminal interface."""

    start: str = Field(
        default="overview", description="View it opens with, or `last` for the one it was left in."
    )
    theme: str | None = Field(
        default=None, description="Colours: a theme's name, as the T key lists them."
    )
    text: bool = Field(
        default=False,
        description="Plain lines in one column, without boxes and without movement, for a screen reader.",
    )
    keys: dict[str, str] = Field(
        default_factory=dict,
        description="Keys by action (docs/keys.md), several separated by commas.",
    )
