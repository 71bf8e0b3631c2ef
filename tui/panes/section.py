"""One section of a review, as the review prints it, and the commands its tables come from: Enter opens one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textual.containers import VerticalScroll
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from finops.api.projecting import PROJECTIONS
from finops.report.document.text import section_text
from finops.report.document.words import numbered
from tui.call import Call
from tui.pane import Pane
from tui.state import Place, State
from tui.views.managing import SECTION
from tui.words import error_words, waiting_words

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from finops.api.answer import Answer
    from finops.errors import FinopsError
    from finops.report.document import Section
    from tui.actions import Context
    from tui.spans import Span

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
        return replace(super().context, opens=bool(self.commands))

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
        lines = (line for table in tables for line in table.command.split("; ") if line)
        return list(dict.fromkeys(lines))

    def text(self, width: int | None) -> str:
        """What the review prints of it, `width` columns wide."""
        return "" if self.section is None else section_text(self.section, width=width)

    def show(self, answer: Answer[Any]) -> None:
        """Draw the text in the room there is, and list the commands."""
        del answer
        self.query_one(Static).update(self.text(max(40, self.size.width - 6)))
        listed = self.query_one(OptionList)
        listed.clear_options()
        listed.add_options([Option(command) for command in self.commands])
        listed.set_class(not self.commands, "-empty")
        if self.commands:
            listed.highlighted = 0

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

    def open_row(self) -> None:
        """Go to the table behind the command chosen."""
        place = self.query_one(OptionList).highlighted
        if place is not None and place < len(self.commands):
            self.post_message(self.Went(_place(self.commands[place], self.state.span)))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter or a click on a command."""
        event.stop()
        self.open_row()

    def take_focus(self) -> None:
        """The text has the keyboard, which scrolls it; tab goes to the commands."""
        self.query_one(VerticalScroll).focus()


def _place(line: str, span: Span) -> Place:
    """Where a command of the review leads: a projection to its sliders, any other to its table."""
    call, crumb = Call.parsed(line), line.removeprefix("finops ")
    if call.command in PROJECTIONS:
        options = tuple(each for each in call.options if each[0] != "month")
        return Place(call.command, State(span=span, options=options), crumb)
    return Place("command", State(span=span, options=(("line", line),)), crumb)
