"""The program: a bar of views, the way here, the pane, the keys. It moves between places and asks nothing itself."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App
from textual.binding import Binding
from textual.containers import Container
from textual.events import InputEvent
from textual.widgets import Static

from finops.errors import FinopsError
from tui.actions import ACTIONS, Action, Context, go_actions, key_text
from tui.bars import Bar, Hot, fit_hots, fit_tabs, fit_trail
from tui.colours import Styled, legible
from tui.desk import Desk, in_background, ledger_stamp
from tui.doing import DOING
from tui.keymap import keymap
from tui.memory import packed, packed_span, recall, remember, unpacked, unpacked_span
from tui.opening import LAST
from tui.palette import Everything
from tui.pane import Pane  # noqa: TC001  (Textual reads the messages' names)
from tui.panes.start import START, StartPane, months_of
from tui.spans import Span
from tui.speaking import PlainText
from tui.state import Place
from tui.tidying import LOOK_S
from tui.views import HOME, VIEWS, view_named

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.events import Event
    from textual.filter import LineFilter
    from textual.timer import Timer
    from textual.worker import Worker

    from finops.api.session import Session
    from tui.call import Call
    from tui.opening import Opening
    from tui.tidying import Tidy

__all__ = ["FinopsApp"]


WATCH_S, WATCH_AFAR_S = 5.0, 60.0
"""Seconds between looks at a ledger in a folder, and at one in a bucket."""

_ALWAYS = {"goto", "help", "quit"}
"""Keys the bar shows however narrow it is."""


class FinopsApp(App[int]):
    """Everything finops answers, browsed."""

    TITLE: str | None = "finops"
    DEFAULT_CSS = """
    #stage { height: 1fr; }
    VerticalScroll, OptionList { scrollbar-size: 1 1; }
    .pane { height: 1fr; }
    #crumbs { background: $surface; }
    #spoken { height: auto; max-height: 3; display: none; padding: 0 1; }
    """
    CSS: ClassVar[str] = """
    FrameTable > .frame--head { color: $key; }
    .text #tabs { display: none; }
    .text #spoken, .text #choice { display: block; }
    .text FrameTable, .text VerticalScroll, .text OptionList { scrollbar-size: 0 0; }
    .text OverviewPane > Grid { grid-size: 1; }
    .text Panel, .text Panel:focus { border: none; }
    .text PickScreen > Vertical, .text ExportScreen > Vertical { border: none; }
    .text LineScreen > Vertical, .text TextScreen > VerticalScroll { border: none; }
    """
    COMMANDS: ClassVar = {Everything}
    COMMAND_PALETTE_BINDING = "ctrl+backslash"
    BINDINGS: ClassVar = [
        Binding(
            action.keys,
            f"act('{action.id}')",
            action.name,
            show=False,
            tooltip=action.help,
            id=action.id,
            priority=action.id == "stop",
        )
        for action in (*ACTIONS, *go_actions(VIEWS))
    ]

    def __init__(self, opening: Opening) -> None:
        super().__init__()
        self.opening = opening
        if opening.text:
            self.add_class("text")
            self.animation_level = "none"
        self.actions: dict[str, Action] = {
            action.id: action for action in (*ACTIONS, *go_actions(VIEWS))
        }
        self.desk: Desk | None = None
        self.span = Span()
        self.months: tuple[str, ...] = ()
        self.newest = Span()
        self.tabs: dict[str, list[Pane]] = {}
        self.tab = START.name
        self.before: str = HOME
        self.memory: dict[str, Any] = {}
        self.stamp: tuple[int | None, ...] | None = None
        self._watching: Timer | None = None
        self.tidy: Tidy | None = None
        """Who looks for garbage, where that is not left to Python."""
        self._open: Callable[[], Session] = opening.open

    def get_css_variables(self) -> dict[str, str]:
        """The theme's colours, and which of them can be read."""
        self.theme_variables = {**(found := super().get_css_variables()), **legible(found)}
        return self.theme_variables

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's; without colours nothing comes to them unstyled."""
        filters = list(super().get_line_filters())
        if self.no_color:
            filters.insert(0, Styled())
        if self.opening.text:
            filters.append(PlainText())
        return filters

    def compose(self) -> ComposeResult:
        """Bars, and room for a pane."""
        yield Bar(fit_tabs, id="tabs")
        yield Bar(fit_trail, id="crumbs")
        yield Container(id="stage")
        yield Static(id="spoken", markup=False)
        yield Bar(partial(fit_hots, always=len(_ALWAYS)), id="keys")

    def on_mount(self) -> None:
        """First the paint, then the ledger."""
        if self.opening.theme in self.available_themes:
            self.theme = str(self.opening.theme)
        self.set_keymap(keymap(self.opening.keys or {}, self.actions.values()))
        if self.tidy is not None:
            self.set_interval(LOOK_S, self.tidy.look)
        self._start(self.opening.open)

    async def on_event(self, event: Event) -> None:
        """Textual's; whoever uses the keyboard or the mouse is not kept waiting for a while."""
        if self.tidy is not None and isinstance(event, InputEvent):
            self.tidy.touched()
        await super().on_event(event)

    def _start(self, open_ledger: Callable[[], Session]) -> None:
        self._open = open_ledger
        pane = StartPane(open_ledger, self.began)
        self.tabs = {START.name: [pane]}
        self.tab = START.name
        self.query_one("#stage").remove_children()
        self.query_one("#stage").mount(pane)
        self.draw_bars()

    def began(self, session: Session, span: Span, months: tuple[str, ...]) -> None:
        """The ledger is open: show the first view, as it was left."""
        self.desk = Desk(session, self.opening.ledger)
        self.newest, self.months = span, months
        self.memory = recall(session.ledger.location.url)
        if self.opening.theme is None and self.memory.get("theme") in self.available_themes:
            self.theme = self.memory["theme"]
        self.span = self._remembered_span() or span
        self.before = self.memory.get("last", HOME)
        self.tabs.clear()
        self.query_one("#stage").remove_children()
        self.tab = START.name
        self.go(self.before if self.opening.view == LAST else self.opening.view)
        self.stamp = None
        self._watch()
        every = WATCH_S if session.ledger.location.is_local else WATCH_AFAR_S
        self._watching = self.set_interval(every, self._watch)

    def _remembered_span(self) -> Span | None:
        """The period last looked at, unless the ledger has a newer month since."""
        if self.memory.get("newest") != packed_span(self.newest) or "period" not in self.memory:
            return None
        return unpacked_span(self.memory["period"])

    # --- where we are -----------------------------------------------------------------------

    @property
    def stack(self) -> list[Pane]:
        """The panes from the view's first place to the one shown."""
        return self.tabs.get(self.tab, [])

    @property
    def pane(self) -> Pane | None:
        """The pane shown."""
        return self.stack[-1] if self.stack else None

    @property
    def context(self) -> Context | None:
        """What keys may depend on now."""
        if self.pane is None:
            return None
        return replace(
            self.pane.context, deep=len(self.stack) > 1 or self.tab not in {HOME, START.name}
        )

    def line_of(self, call: Call) -> str:
        """The command of a call, as it is typed here."""
        return call.line(ledger=self.opening.ledger)

    # --- moving -----------------------------------------------------------------------------

    def go(self, name: str) -> None:
        """Go to a view, where it was left; a view that is shown already goes back to its start."""
        if self.desk is None:
            return
        view = view_named(name)
        if self.tab == name and self.stack:
            while len(self.stack) > 1:
                self.back()
            return
        if self.pane is not None:
            self.pane.display = False
            self.before = self.tab if self.tab != START.name else self.before
        self.tab = name
        if name not in self.tabs:
            state = unpacked(view.start(self.span), self.memory.get("views", {}).get(name, {}))
            self.tabs[name] = []
            self._mount(Place(name, state))
        else:
            self._reveal()

    def deepen(self, place: Place) -> None:
        """Go one step further from here."""
        if self.pane is not None:
            self.pane.display = False
        self._mount(place)

    def _mount(self, place: Place) -> None:
        if self.desk is None:
            return
        view = view_named(place.view)
        module, _, name = view.pane.partition(":")
        pane: Pane = getattr(import_module(module), name)(place, view, self.desk)
        self.stack.append(pane)
        self.query_one("#stage").mount(pane)
        self.draw_bars()

    def back(self) -> None:
        """One step back; from a view's first place to the overview."""
        if len(self.stack) > 1:
            self.stack.pop().remove()
            self._reveal()
        elif self.tab != HOME:
            self.go(HOME)

    def go_home(self) -> None:
        """The overview, from its start."""
        self.go(HOME)

    def _reveal(self) -> None:
        """Show the pane on top of the stack again, asking what has changed meanwhile."""
        pane = self.pane
        if pane is None:
            return
        pane.display = True
        pane.take_focus()
        pane.catch_up()
        self.draw_bars()

    def set_span(self, span: Span) -> None:
        """Look at another period, in every view."""
        self.span = span
        for pane in (pane for stack in self.tabs.values() for pane in stack):
            if pane.view.timed:
                state = replace(pane.state, span=span)
                if pane is self.pane:
                    pane.shape(state)
                else:
                    pane.place = pane.place._replace(state=state)

    def begin_again(self) -> None:
        """Read the settings again, and ask again."""
        _worker: Worker[None] = self.run_worker(
            self._reopen, exclusive=True, group="reopen", exit_on_error=False
        )

    async def _reopen(self) -> None:
        desk = self.desk
        if desk is not None:
            try:
                session = await in_background(self._open)
            except FinopsError as error:
                self.complain(error)
                return
            if desk is not self.desk:
                return
            desk.session = session
            for pane in (pane for stack in self.tabs.values() for pane in stack):
                pane.read_settings()
        self.refresh_answers()

    def refresh_answers(self) -> None:
        """Ask again, whatever was answered before."""
        if self.desk is not None:
            self.desk.forget()
        for pane in (pane for stack in self.tabs.values() for pane in stack):
            pane.stale = True
        if self.pane is not None:
            self.pane.ask()

    def _watch(self) -> None:
        """Look whether the ledger has changed underneath."""
        _worker: Worker[None] = self.run_worker(
            self.look_again, exclusive=True, group="watch", exit_on_error=False
        )

    async def look_again(self) -> None:
        """Ask everything again where the ledger has changed; nobody loses their place."""
        desk = self.desk
        if desk is None:
            return
        stamp = await in_background(lambda: ledger_stamp(desk.session.ledger))
        before, self.stamp = self.stamp, stamp
        if before is not None and before != stamp and desk is self.desk:
            self.months = await in_background(lambda: months_of(desk.session))
            self.notify("The ledger has changed: everything is asked again.", timeout=4)
            self.refresh_answers()

    def load_demo(self) -> None:
        """Load the sample company and start with its ledger."""
        if self.desk is not None:
            self.desk.close()
        self.desk = None
        if self._watching is not None:
            self._watching.stop()
        self._start(self.opening.demo)

    # --- keys -------------------------------------------------------------------------------

    def action_act(self, name: str) -> None:
        """Do what a key is for, or say why not."""
        action, context, pane = self.actions[name], self.context, self.pane
        if context is None or pane is None:
            return
        why = action.refusal(context)
        if why is not None:
            self.notify(why, severity="warning", timeout=3)
        elif name.startswith("go."):
            self.go(name.removeprefix("go."))
        else:
            DOING[name](self, pane)

    def complain(self, error: Exception) -> None:
        """Say what went wrong, and what to do where that is known."""
        hint = error.hint if isinstance(error, FinopsError) and error.hint else ""
        self.notify(f"{error}\n{hint}".strip(), severity="error", timeout=8)

    def on_bar_clicked(self, event: Bar.Clicked) -> None:
        """A word of a bar was clicked."""
        if event.action.startswith("crumb."):
            depth = int(event.action.removeprefix("crumb."))
            while len(self.stack) > depth + 1:
                self.back()
        else:
            self.action_act(event.action)

    def on_pane_changed(self) -> None:
        """Draw what stands around the pane again."""
        self.draw_bars()

    def on_pane_went(self, event: Pane.Went) -> None:
        """A row was opened."""
        self.deepen(event.place)

    def draw_bars(self) -> None:
        """Everything around the pane."""
        if self.pane is None or self._exit:
            return
        tabs, crumbs, keys = (
            self.query_one(f"#{name}", Bar) for name in ("tabs", "crumbs", "keys")
        )
        tabs.hots = tuple(
            Hot(action.id, action.keys, action.name, action.id == f"go.{self.tab}")
            for action in go_actions(VIEWS)
        )
        tabs.note = _short(self.desk.session.ledger.location.url) if self.desk is not None else ""
        crumbs.hots = tuple(
            Hot(
                f"crumb.{depth}",
                "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}" if depth else "",
                pane.crumb_text,
            )
            for depth, pane in enumerate(self.stack)
        )
        crumbs.note = self.pane.note_text
        keys.hots = self._key_hots()
        if self.opening.text:
            self.query_one("#spoken", Static).update(self.pane.spoken_text)

    def _key_hots(self) -> tuple[Hot, ...]:
        """The keys that can be used now, the most wanted first, help and quit always."""
        context = self.context
        if context is None:
            return ()
        shown = sorted(
            (action for action in ACTIONS if action.bar and action.refusal(context) is None),
            key=lambda action: (action.id in _ALWAYS, action.bar),
        )
        return tuple(
            Hot(action.id, " ".join(map(self._key, self._pair(action))), action.name)
            for action in shown
        )

    def _pair(self, action: Action) -> tuple[Action, ...]:
        return (action,) if action.pair is None else (action, self.actions[action.pair])

    def _key(self, action: Action) -> str:
        keys: str = dict(self.opening.keys or {}).get(action.id, action.keys)
        return key_text(keys.split(",", maxsplit=1)[0])

    def leave(self) -> None:
        """Remember where we were, and end."""
        if self.desk is not None:
            self.memory = {
                "last": self.tab,
                "theme": self.theme,
                "newest": packed_span(self.newest),
                "period": packed_span(self.span),
                "views": {
                    **self.memory.get("views", {}),
                    **{name: packed(stack[0].state) for name, stack in self.tabs.items() if stack},
                },
            }
            remember(self.desk.session.ledger.location.url, self.memory)
            self.desk.close()
        self.exit(0)


def _short(url: str) -> str:
    """The last part of where the ledger is."""
    return url.rstrip("/").rpartition("/")[2]
