"""Ask for one line of text, at the bottom of the screen so that what it is about stays in sight."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widgets import Input, Label

from tui.dialogs.entry import Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from textual.app import ComposeResult

__all__ = ["LineScreen"]


class LineScreen(ModalScreen["str | None"]):
    """Answers with the text, or None when it was left. `check` says what is wrong with a text, or None."""

    DEFAULT_CSS = """
    LineScreen { align: center bottom; background: $background 20%; }
    LineScreen > Vertical { width: 100%; height: auto; background: $surface; border-top: heavy $primary;
        padding: 0 1; }
    LineScreen Entry { padding: 0; background: $surface; }
    LineScreen Label { color: $text-muted; }
    LineScreen #wrong { color: $text-error; text-style: bold; display: none; }
    """
    BINDINGS: ClassVar = [Binding("escape", "cancel", "Cancel")]

    def __init__(
        self,
        title: str,
        value: str = "",
        *,
        hint: str = "",
        words: Iterable[str] = (),
        check: Callable[[str], str | None] | None = None,
    ) -> None:
        super().__init__()
        self.heading = title
        self.value = value
        self.hint = hint
        self.words = tuple(words)
        self.check = check

    def compose(self) -> ComposeResult:
        """What is asked, the line, what is wrong with it, a hint."""
        with Vertical():
            yield Label(self.heading, markup=False)
            suggester = SuggestFromList(self.words, case_sensitive=False) if self.words else None
            yield Entry(self.value, suggester=suggester, select_on_focus=False)
            yield Label("", id="wrong", markup=False)
            yield Label(self.hint, markup=False)

    def on_mount(self) -> None:
        """The keyboard is in the line."""
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the text unless something is wrong with it."""
        event.stop()
        wrong = self.check(event.value) if self.check is not None else None
        if wrong is None:
            self.dismiss(event.value)
            return
        label = self.query_one("#wrong", Label)
        label.update(wrong)
        label.display = True

    def action_cancel(self) -> None:
        """Leave everything as it is."""
        self.dismiss(None)
