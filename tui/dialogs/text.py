"""Something to be read: help, notes. Any of the keys that opened it, or escape, closes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.app import ComposeResult

__all__ = ["TextScreen"]


class TextScreen(ModalScreen[None]):
    """`text` in a box that scrolls."""

    DEFAULT_CSS = """
    TextScreen { align: center middle; background: $background 60%; }
    TextScreen > VerticalScroll { width: 100; max-width: 98%; height: auto; max-height: 94%;
        border: round $primary; background: $surface; padding: 0 2; }
    """
    BINDINGS: ClassVar = [
        Binding("escape,q,question_mark,n,f1", "close", "Close"),
        Binding("down,j", "down", show=False),
        Binding("up,k", "up", show=False),
    ]

    def __init__(self, title: str, text: RenderableType) -> None:
        super().__init__()
        self.heading = title
        self.text = text

    def compose(self) -> ComposeResult:
        """The box."""
        with VerticalScroll() as box:
            box.border_title = self.heading
            box.border_subtitle = "esc closes"
            yield Static(self.text, markup=False)

    def action_close(self) -> None:
        """Back to what was there."""
        self.dismiss(None)

    def action_down(self) -> None:
        """Read on."""
        self.query_one(VerticalScroll).scroll_down(animate=False)

    def action_up(self) -> None:
        """Read back."""
        self.query_one(VerticalScroll).scroll_up(animate=False)
