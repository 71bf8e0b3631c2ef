"""Sliders: numbers moved with the arrow keys, the mouse or by typing them, a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding
from textual.message import Message
from textual.widget import Widget

from tui.actions import SLIDES
from tui.dials import Dial, track
from tui.frame import fitted

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from textual import events
    from textual.geometry import Size

__all__ = ["Sliders"]

FAR = 10
"""Steps of a far move."""
VALUE = 17
"""Cells for the value."""
TITLE = 22
"""Cells for the title, where there is room."""


class Sliders(Widget, can_focus=True):
    """Posts `Slid` for every move and `Typing` when a number is to be typed; keeps no number of its own."""

    DEFAULT_CSS = """
    Sliders { padding: 0 1; }
    Sliders > .sliders--title { color: $text-muted; }
    Sliders > .sliders--here { background: $boost; text-style: bold; }
    Sliders:focus > .sliders--here { background: $primary; color: $text; text-style: bold; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"sliders--title", "sliders--here"}
    BINDINGS: ClassVar = [
        Binding(
            action.keys,
            action.id.replace(".", "_"),
            action.name,
            show=False,
            tooltip=action.help,
            id=action.id,
        )
        for action in SLIDES
    ]

    class Slid(Message):
        """A number was moved: the dial as it is now; `reset`: back to where it came from."""

        def __init__(self, dial: Dial, *, reset: bool = False) -> None:
            super().__init__()
            self.dial = dial
            self.reset = reset

    class Typing(Message):
        """A number is to be typed for `dial`."""

        def __init__(self, dial: Dial) -> None:
            super().__init__()
            self.dial = dial

    class Chosen(Message):
        """Another slider was chosen."""

    def __init__(self) -> None:
        super().__init__()
        self.dials: tuple[Dial, ...] = ()
        self.moved: frozenset[str] = frozenset()
        """Options that are not where they came from."""
        self.place = 0
        self.top = 0

    def set_dials(self, dials: Sequence[Dial], moved: Collection[str]) -> None:
        """Stand as `dials` say; the slider chosen stays chosen."""
        here = self.here
        self.dials, self.moved = tuple(dials), frozenset(moved)
        options = [dial.option for dial in self.dials]
        self.place = options.index(here) if here in options else 0
        self.refresh(layout=True)
        self._reveal()

    @property
    def here(self) -> str | None:
        """The option of the slider chosen."""
        return self.dials[self.place].option if self.dials else None

    def choose(self, option: object) -> None:
        """Choose the slider of `option`; one that is not there changes nothing."""
        options = [dial.option for dial in self.dials]
        if option in options:
            self._go(options.index(str(option)))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """A line for each slider."""
        del container, viewport, width
        return len(self.dials)

    # --- drawing ----------------------------------------------------------------------------

    def _widths(self) -> tuple[int, int]:
        """Cells of the title and of the track."""
        width = self.content_size.width
        title = min(TITLE, max(10, width - VALUE - 12))
        return title, max(4, width - title - VALUE - 4)

    def render(self) -> Text:
        """A line for each slider there is room for."""
        title, wide = self._widths()
        text = Text(no_wrap=True, end="")
        for place in range(self.top, min(len(self.dials), self.top + self.content_size.height)):
            dial, here = self.dials[place], place == self.place
            mark = "▸" if here else " "
            name = fitted(dial.title, title, right=False)
            sign = "*" if dial.option in self.moved else " "
            line = Text(
                f"{mark}{name} {track(dial, wide)} {fitted(dial.shown, VALUE, right=True)}{sign}"
            )
            if here:
                line.stylize(self.get_component_rich_style("sliders--here"))
            else:
                line.stylize(self.get_component_rich_style("sliders--title"), 0, title + 1)
            text.append_text(line)
            text.append("\n")
        return text

    def _reveal(self) -> None:
        room = max(1, self.content_size.height)
        self.top = max(min(self.top, self.place), self.place - room + 1, 0)
        last = min(len(self.dials), self.top + room)
        said = f" {self.top + 1} to {last} of {len(self.dials)} ·" if self.dials else ""
        self.border_subtitle = f"{said} ← → move · = type · 0 back · tab table "
        self.refresh()

    def on_resize(self) -> None:
        """The chosen slider stays in sight."""
        self._reveal()

    # --- moving -----------------------------------------------------------------------------

    def _go(self, place: int) -> None:
        self.place = max(0, min(len(self.dials) - 1, place))
        self._reveal()
        self.post_message(self.Chosen())

    @property
    def spoken(self) -> str:
        """The slider chosen, in words: where it stands, how far it goes, and whether it was moved."""
        if not self.dials:
            return "No sliders."
        dial = self.dials[self.place]
        moved = ", moved" if dial.option in self.moved else ""
        ends = (dial._replace(value=end).shown for end in (dial.low, dial.high))
        return (
            f"Slider {self.place + 1} of {len(self.dials)}: {dial.title}. {dial.shown}{moved}. "
            f"From {' to '.join(ends)}."
        )

    def _slide(self, steps: int) -> None:
        if self.dials:
            self._put(self.dials[self.place].moved(steps))

    def _put(self, dial: Dial) -> None:
        if dial != self.dials[self.place]:
            dials = list(self.dials)
            dials[self.place] = dial
            self.dials = tuple(dials)
            self.refresh()
            self.post_message(self.Slid(dial))

    def action_slider_up(self) -> None:
        """The slider above."""
        self._go(self.place - 1)

    def action_slider_down(self) -> None:
        """The slider below."""
        self._go(self.place + 1)

    def action_slider_less(self) -> None:
        """One step less."""
        self._slide(-1)

    def action_slider_more(self) -> None:
        """One step more."""
        self._slide(1)

    def action_slider_far_less(self) -> None:
        """Ten steps less."""
        self._slide(-FAR)

    def action_slider_far_more(self) -> None:
        """Ten steps more."""
        self._slide(FAR)

    def action_slider_type(self) -> None:
        """Ask for the number."""
        if self.dials:
            self.post_message(self.Typing(self.dials[self.place]))

    def action_slider_reset(self) -> None:
        """Back to what was given or measured."""
        if self.dials:
            self.post_message(self.Slid(self.dials[self.place], reset=True))

    # --- the mouse --------------------------------------------------------------------------

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Choose the slider that was clicked; on its track, put it there and follow the mouse."""
        place = self.top + event.y
        if place >= len(self.dials):
            return
        self._go(place)
        self.capture_mouse()
        self._follow(event.x)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Follow a mouse that is held down."""
        if self.app.mouse_captured is self:
            self._follow(event.x)

    def on_mouse_up(self) -> None:
        """Let go."""
        self.release_mouse()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The slider below."""
        event.stop()
        self._go(self.place + 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The slider above."""
        event.stop()
        self._go(self.place - 1)

    def _follow(self, x: int) -> None:
        title, wide = self._widths()
        at = x - self.styles.padding.left - title - 2
        if self.dials and 0 <= at < wide:
            self._put(self.dials[self.place].placed(at / max(1, wide - 1)))
