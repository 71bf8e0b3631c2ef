"""Choose from a list, or type something that is not on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from tui.dialogs.entry import Entry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.app import ComposeResult

__all__ = ["Choice", "PickScreen"]


class Choice(NamedTuple):
    """One thing to choose: its value, and a few words about it."""

    value: str
    about: str = ""


class PickScreen(ModalScreen["tuple[str, ...] | None"]):
    """Answers with the values chosen, in order, or None when nothing is to change.

    Typing narrows the list. Enter takes the line under the cursor, or what was typed when no line fits and
    `free` allows it. With `many`, ctrl+t (or a click) adds and removes lines and Enter takes all of them.
    """

    DEFAULT_CSS = """
    PickScreen { align: center middle; background: $background 60%; }
    PickScreen > Vertical { width: 72; max-width: 96%; height: auto; max-height: 90%; border: round $primary;
        background: $surface; padding: 0 1; }
    PickScreen OptionList { height: auto; max-height: 60vh; border: none; background: $surface; }
    PickScreen Entry { background: $panel; margin: 0 0 1 0; padding: 0 1; }
    PickScreen #choice { display: none; }
    PickScreen Label { color: $text-muted; padding: 0 1; width: 100%; }
    """
    BINDINGS: ClassVar = [
        Binding("escape", "cancel", "Cancel"),
        Binding("down", "move(1)", show=False),
        Binding("up", "move(-1)", show=False),
        Binding("ctrl+t", "mark", "Add or remove"),
    ]

    def __init__(
        self,
        title: str,
        choices: Iterable[Choice],
        *,
        chosen: tuple[str, ...] = (),
        many: bool = False,
        free: bool = False,
    ) -> None:
        super().__init__()
        self.heading = title
        self.choices = tuple(choices)
        self.chosen = list(chosen)
        self.wide = max((len(each.value) for each in self.choices), default=0) + 2
        self.many = many
        self.free = free
        self.fitting: list[Choice] = []

    def compose(self) -> ComposeResult:
        """A line to type in, the list, and what the keys do."""
        with Vertical() as box:
            box.border_title = self.heading
            yield Entry(placeholder="type to narrow" + (", or something else" if self.free else ""))
            yield OptionList(markup=False)
            more = "ctrl+t adds or removes · " if self.many else ""
            yield Label("", id="choice", markup=False)
            yield Label(f"{more}enter takes · esc leaves as it is", markup=False)

    def on_mount(self) -> None:
        """Everything fits nothing typed; the cursor is on what is chosen."""
        self._fill("")
        values = [each.value for each in self.fitting]
        first = next((values.index(value) for value in self.chosen if value in values), 0)
        self.query_one(OptionList).highlighted = first if values else None
        self.query_one(Input).focus()

    def _fill(self, text: str) -> None:
        wanted = text.casefold().split()
        self.fitting = [
            each
            for each in self.choices
            if all(word in f"{each.value} {each.about}".casefold() for word in wanted)
        ]
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(self._line(each)) for each in self.fitting])
        options.highlighted = 0 if self.fitting else None

    def _line(self, choice: Choice) -> str:
        mark = f"{'✓' if choice.value in self.chosen else ' '} " if self.many else ""
        return f"{mark}{choice.value:<{self.wide}} {choice.about}".rstrip()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the list."""
        self._fill(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take what is under the cursor, chosen, or typed."""
        event.stop()
        self._take()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Say which line the cursor is on, for whoever listens."""
        self._say(event.option_index)

    def _say(self, place: int) -> None:
        if place >= len(self.fitting):
            return
        choice = self.fitting[place]
        chosen = ", chosen" if self.many and choice.value in self.chosen else ""
        words = f"{place + 1} of {len(self.fitting)}: {choice.value} {choice.about}".rstrip()
        self.query_one("#choice", Label).update(words + chosen)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A click takes one, or adds it."""
        event.stop()
        if self.many:
            self.action_mark()
        else:
            self._take()

    def action_move(self, steps: int) -> None:
        """Move the list's cursor while the keyboard is in the line."""
        options = self.query_one(OptionList)
        if self.fitting:
            here = options.highlighted or 0
            options.highlighted = max(0, min(len(self.fitting) - 1, here + steps))

    def action_mark(self) -> None:
        """Add or remove the line under the cursor."""
        options = self.query_one(OptionList)
        if not self.many or options.highlighted is None:
            return
        value = self.fitting[options.highlighted].value
        if value in self.chosen:
            self.chosen.remove(value)
        else:
            self.chosen.append(value)
        place = options.highlighted
        options.replace_option_prompt_at_index(place, self._line(self.fitting[place]))
        self.toggled = True
        self._say(place)

    toggled = False

    def action_cancel(self) -> None:
        """Leave everything as it is."""
        self.dismiss(None)

    def _take(self) -> None:
        typed = self.query_one(Input).value.strip()
        options = self.query_one(OptionList)
        if self.toggled and self.chosen:
            self.dismiss(tuple(self.chosen))
        elif options.highlighted is not None and self.fitting:
            self.dismiss((self.fitting[options.highlighted].value,))
        elif typed and self.free:
            self.dismiss(tuple(part.strip() for part in typed.split(",") if part.strip()))
