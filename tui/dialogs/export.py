"""Write what is shown to a file: which format, and where."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from tui.dialogs.entry import Entry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import ComposeResult

__all__ = ["FORMATS", "ExportScreen"]

FORMATS = {
    "csv": "comma-separated, every digit",
    "json": "for programs, with what does not fit into columns",
    "xlsx": "an Excel workbook",
    "html": "a page that stands alone",
    "md": "Markdown, as people read it",
}
"""File endings, and what each is for."""


class ExportScreen(ModalScreen["Path | None"]):
    """Answers with the file to write; its ending names the format. A file that is there is asked about."""

    DEFAULT_CSS = """
    ExportScreen { align: center middle; background: $background 60%; }
    ExportScreen > Vertical { width: 76; max-width: 96%; height: auto; border: round $primary;
        background: $surface; padding: 0 1; }
    ExportScreen Entry { background: $panel; padding: 0 1; margin: 0 0 1 0; }
    ExportScreen OptionList { height: auto; border: none; background: $surface; }
    ExportScreen Label { color: $text-muted; padding: 0 1; width: 100%; }
    ExportScreen #wrong { color: $text-error; text-style: bold; display: none; }
    """
    BINDINGS: ClassVar = [
        Binding("escape", "cancel", "Cancel"),
        Binding("down", "move(1)", show=False),
        Binding("up", "move(-1)", show=False),
    ]

    def __init__(self, stem: str, command: str, formats: Mapping[str, str] = FORMATS) -> None:
        super().__init__()
        self.stem = stem
        self.formats = formats
        self.command = command
        self.confirmed: str | None = None

    def compose(self) -> ComposeResult:
        """The file, the formats, and the command that writes the same."""
        with Vertical() as box:
            box.border_title = "Export this view"
            yield Entry(f"{self.stem}.{next(iter(self.formats))}")
            yield OptionList(
                *(
                    Option(f"{ending:<6}{about}", id=ending)
                    for ending, about in self.formats.items()
                ),
                markup=False,
            )
            yield Label("", id="wrong", markup=False)
            yield Label(f"same bytes: {self.command} --format … -o FILE", markup=False)
            yield Label("↑ ↓ format · enter writes · esc leaves", markup=False)

    def on_mount(self) -> None:
        """The keyboard is in the line."""
        self.query_one(OptionList).highlighted = 0
        self.query_one(Input).focus()

    def action_move(self, steps: int) -> None:
        """The next format; the file's ending follows."""
        options = self.query_one(OptionList)
        here = options.highlighted or 0
        options.highlighted = max(0, min(len(self.formats) - 1, here + steps))
        self._end(tuple(self.formats)[options.highlighted])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A click chooses the format."""
        event.stop()
        self._end(str(event.option.id))
        self.query_one(Input).focus()

    def _end(self, ending: str) -> None:
        line = self.query_one(Input)
        line.value = str(Path(line.value or self.stem).with_suffix(f".{ending}"))
        line.cursor_position = len(line.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Write there, unless that needs a second thought."""
        event.stop()
        path = Path(event.value).expanduser()
        wrong = self._wrong(path, event.value)
        if wrong is None:
            self.dismiss(path)
            return
        label = self.query_one("#wrong", Label)
        label.update(wrong)
        label.display = True

    def _wrong(self, path: Path, typed: str) -> str | None:
        if path.suffix.removeprefix(".").lower() not in self.formats:
            return f"end the name in one of {', '.join(f'.{each}' for each in self.formats)}"
        if not path.parent.is_dir():
            return f"the folder {path.parent} does not exist"
        if path.exists() and self.confirmed != typed:
            self.confirmed = typed
            return f"{path.name} exists: enter once more replaces it"
        return None

    def action_cancel(self) -> None:
        """Write nothing."""
        self.dismiss(None)
