"""One section of a review, as the review prints it, and the commands its tables come from: Enter opens one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textual.containers import VerticalScroll
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from finops.report.document.text import section_text
from finops.report.document.words import numbered
from tui.call import Call
from tui.explaining import Explained, place_of
from tui.pane import Pane
from tui.views.managing import SECTION
from tui.words import error_words, waiting_words

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from finops.api.answer import Answer
    from finops.errors import FinopsError
    from finops.report.document import Section
    from tui.actions import Context
    from tui.state import Place

__all__ = ["SectionPane"]


class SectionPane(Pane):
    """Text that scrolls, and below it a list of commands."""

    DEFAULT_CSS = """
    SectionPane > VerticalScroll { height: 1fr; padding: 0 2; }
    SectionPane > VerticalScroll > Static { width: auto; }
    SectionPane > OptionList, SectionPane > OptionList:focus { height: auto; max-height: 8; border: none;
        border-top: solid $panel-lighten-2; }
    SectionPane > OptionList.-empty { display: none; }
    """

    def compose(self) -> ComposeResult:
        """The text and the commands."""
        with VerticalScroll():
            yield Static(markup=False)
        yield OptionList(markup=False)

    @property
    def context(self) -> Context:
        """What keys may depend on: the commands can be opened."""
        found = bool(self.commands)
        return replace(super().context, opens=found, explains=found)

    def explained(self) -> tuple[Explained, ...]:
        """The commands that print its numbers, where each is explained, beside the tables they make."""
        tables = () if self.section is None else self.section.tables
        titles = {line: table.report.title for table in tables for line in _lines(table.command)}
        return tuple(Explained(line, self._place(line), title) for line, title in titles.items())

    @property
    def section(self) -> Section | None:
        """The section looked at: the one named, else the first."""
        if self.answer is None:
            return None
        named = self.state.option(SECTION)
        sections = [section for _, section in numbered(self.answer.value.document)]
        return next((each for each in sections if each.name == named), next(iter(sections), None))

    @property
    def commands(self) -> list[str]:
        """Commands its tables come from, each once."""
        tables = () if self.section is None else self.section.tables
        return list(dict.fromkeys(line for table in tables for line in _lines(table.command)))

    def text(self, width: int | None) -> str:
        """What the review prints of it, `width` columns wide."""
        return "" if self.section is None else section_text(self.section, width=width)

    def show(self, answer: Answer[Any]) -> None:
        """Draw the text in the room there is, and list the commands."""
        del answer
        self.query_one(Static).update(self.text(max(40, self.size.width - 6)))
        listed, commands = self.query_one(OptionList), self.commands
        here = listed.highlighted
        chosen = None if here is None else str(listed.get_option_at_index(here).prompt)
        listed.clear_options()
        listed.add_options([Option(command) for command in commands])
        listed.set_class(not commands, "-empty")
        if commands:
            listed.highlighted = commands.index(chosen) if chosen in commands else 0

    def on_resize(self) -> None:
        """Fill the new room."""
        if self.answer is not None:
            self.show(self.answer)

    def waiting(self, seconds: float) -> None:
        """Say so where there is nothing yet."""
        if self.answer is None:
            line = self.call.line(ledger=self.desk.ledger)
            words = waiting_words(line, seconds, plain=self.plain)
            self.query_one(Static).update(words)

    def fail(self, error: FinopsError) -> None:
        """What went wrong and what to do."""
        self.query_one(Static).update(error_words(error))
        self.query_one(OptionList).add_class("-empty")

    @property
    def spoken_text(self) -> str:
        """The command chosen while the list has the keyboard, else what the section is and how long."""
        if self.error is not None:
            return self.error.message
        if self.section is None:
            return self.view.about
        listed, commands = self.query_one(OptionList), self.commands
        if listed.has_focus and listed.highlighted is not None:
            place = listed.highlighted
            return f"Command {place + 1} of {len(commands)}: {commands[place]}. Enter opens it."
        lines = len(self.text(None).splitlines())
        return f"{self.section.title}: {lines} lines, arrows read on. Commands: {len(commands)}, by tab."

    def on_descendant_focus(self) -> None:
        """What is said depends on what has the keyboard."""
        self.post_message(self.Changed())

    def on_option_list_option_highlighted(self) -> None:
        """Say the command."""
        self.post_message(self.Changed())

    def open_row(self) -> None:
        """Go to the table behind the command chosen."""
        place = self.query_one(OptionList).highlighted
        if place is not None and place < len(self.commands):
            self.post_message(self.Went(self._place(self.commands[place])))

    def _place(self, line: str) -> Place:
        return place_of(Call.parsed(line), self.state.span)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter or a click on a command."""
        event.stop()
        self.open_row()

    def focus_first(self) -> None:
        """The text has the keyboard, which scrolls it; tab goes to the commands."""
        self.query_one(VerticalScroll).focus()


def _lines(command: str) -> list[str]:
    """The commands that a table names, one after another."""
    return [line for line in command.split("; ") if line]
