"""Every key: what it does, when it can be used, and why not otherwise.

One row here feeds the bindings, the key bar, the help, the palette and docs/keys.md; `[tui.keys]` of
finops.toml changes the keys by the same names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from finops.report.model import Row
    from tui.state import State
    from tui.view import View

__all__ = ["ACTIONS", "MOVES", "SLIDES", "Action", "Context", "Group", "go_actions", "key_text"]


class Group(StrEnum):
    """What a key is for, as the help sorts them."""

    GO = "Go"
    SHAPE = "Shape the view"
    TAKE = "Take it with you"
    ROW = "Move in a table"
    SLIDER = "Move a slider"
    APP = "The program"


@dataclass(frozen=True, slots=True)
class Context:
    """What is on the screen, as far as a key's use depends on it."""

    view: View
    state: State
    row: Row | None = None
    """The row under the cursor; None without one."""
    column: str | None = None
    """The column under the cursor."""
    explains: bool = False
    """Whether something says where that cell, or what is shown, comes from."""
    ready: bool = False
    """Whether an answer is shown."""
    asking: bool = False
    """Whether an answer is being waited for."""
    deep: bool = False
    """Whether there is a place to go back to."""
    charted: bool = False
    """Whether a chart can be shown."""
    opens: bool = False
    """Whether Enter leads somewhere though there are no rows."""
    offers_demo: bool = False
    """Whether the sample company can be loaded here."""


Why = Callable[[Context], "str | None"]
"""None where the action can be used, else the reason it cannot, as one sentence."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a key does. `keys` are Textual's names, separated by commas; the first is shown."""

    id: str
    keys: str
    name: str
    help: str
    group: Group
    why_not: Why | None = None
    bar: int = 0
    """Place in the key bar, the lowest first; 0 keeps it out."""
    pair: str | None = None
    """The action that goes the other way: in the bar both keys stand before its `name`'s one word."""

    def refusal(self, context: Context) -> str | None:
        """Why it cannot be used now; None when it can."""
        return None if self.why_not is None else self.why_not(context)


def _opens(now: Context) -> str | None:
    if now.opens:
        return None
    if now.view.drill is None:
        return f"{now.view.title} has nothing to open."
    if now.row is None:
        return "There is no row to open."
    return None if now.view.drill(now.state, now.row) else "This is as deep as it goes."


def _filters(now: Context) -> str | None:
    return None if now.view.filters else f"{now.view.title} cannot be filtered."


def _groups(now: Context) -> str | None:
    return None if now.view.dimensions else f"{now.view.title} is not split by anything."


def _times(now: Context) -> str | None:
    return None if now.view.timed else f"{now.view.title} is about now, not about a period."


def _grains(now: Context) -> str | None:
    return None if now.view.grains else f"{now.view.title} is about whole periods."


def _compares(now: Context) -> str | None:
    if not now.view.compares:
        return f"{now.view.title} has nothing to compare with."
    return "Everything has nothing before it." if now.state.span.period is None else None


def _answered(now: Context) -> str | None:
    return None if now.ready else "There is no answer yet."


def _explains(now: Context) -> str | None:
    return None if now.explains else "Put the cursor on a number first."


def _sorts(now: Context) -> str | None:
    return None if now.column is not None else "There is no column to sort by."


def _stops(now: Context) -> str | None:
    return None if now.asking else "Nothing is running; q quits."


def _charts(now: Context) -> str | None:
    return None if now.charted else f"{now.view.title} has no chart here."


def _demo(now: Context) -> str | None:
    return None if now.offers_demo else "There is a ledger here already; finops demo loads another."


def _deep(now: Context) -> str | None:
    return None if now.deep else "This is the first screen; q quits."


ACTIONS = (
    Action("open", "enter", "open", "Open the row under the cursor.", Group.GO, _opens, 1),
    Action("back", "escape", "back", "Go back to where you came from.", Group.GO, _deep, 2),
    Action(
        "goto",
        "colon,ctrl+p",
        "go",
        "Go to any view, or do anything else, by name.",
        Group.GO,
        bar=13,
    ),
    Action("home", "H", "overview", "Go to the overview and forget the way here.", Group.GO, bar=0),
    Action("last", "minus", "last", "Go to the view you were in before this one.", Group.GO),
    Action(
        "filter",
        "slash",
        "filter",
        "Filter the rows: a word, or an expression as --where takes it.",
        Group.SHAPE,
        _filters,
        3,
    ),
    Action(
        "unfilter",
        "backspace",
        "widen",
        "Take the last condition of the filter away.",
        Group.SHAPE,
        lambda now: None if now.state.where else "There is no filter.",
    ),
    Action("group", "g", "group", "Choose what the rows are split by.", Group.SHAPE, _groups, 4),
    Action(
        "period.earlier",
        "left_square_bracket",
        "period",
        "Go to the period before.",
        Group.SHAPE,
        _times,
        5,
        "period.later",
    ),
    Action(
        "period.later",
        "right_square_bracket",
        "period",
        "Go to the period after.",
        Group.SHAPE,
        _times,
    ),
    Action(
        "period",
        "p",
        "period",
        "Choose a month, a number of days, or everything.",
        Group.SHAPE,
        _times,
    ),
    Action(
        "grain.coarser",
        "left_curly_bracket",
        "grain",
        "Rows about longer stretches of time.",
        Group.SHAPE,
        _grains,
        14,
        "grain.finer",
    ),
    Action(
        "grain.finer",
        "right_curly_bracket",
        "grain",
        "Rows about shorter stretches of time: months, weeks, days.",
        Group.SHAPE,
        _grains,
    ),
    Action(
        "compare",
        "c",
        "compare",
        "Put the period beside the one before it.",
        Group.SHAPE,
        _compares,
        7,
    ),
    Action(
        "sort",
        "s",
        "sort",
        "Sort by the column under the cursor; again turns it round, then lets go.",
        Group.SHAPE,
        _sorts,
        8,
    ),
    Action("columns", "C", "columns", "Choose which columns are shown.", Group.SHAPE, _answered),
    Action(
        "chart",
        "v",
        "chart",
        "Show the chart, the next one where there are several, then none.",
        Group.SHAPE,
        _charts,
    ),
    Action(
        "export",
        "e",
        "export",
        "Write this view to a file: the bytes its command would write.",
        Group.TAKE,
        _answered,
        9,
    ),
    Action(
        "copy",
        "y",
        "copy",
        "Copy the command that prints this view.",
        Group.TAKE,
        bar=10,
    ),
    Action(
        "copy.cell",
        "Y",
        "copy cell",
        "Copy the value under the cursor, with every digit.",
        Group.TAKE,
        _sorts,
    ),
    Action(
        "explain",
        "x",
        "explain",
        "Show where the number under the cursor comes from: formula, inputs, rows.",
        Group.TAKE,
        _explains,
        11,
    ),
    Action("notes", "n", "notes", "Read everything the answer says about itself.", Group.TAKE),
    Action("refresh", "r", "refresh", "Read the settings again, and ask again.", Group.APP),
    Action("stop", "ctrl+c", "stop", "Stop waiting for the answer.", Group.APP, _stops),
    Action(
        "demo",
        "d",
        "demo",
        "Load the sample company and look at it.",
        Group.APP,
        _demo,
        1,
    ),
    Action("theme", "T", "theme", "Choose the colours.", Group.APP),
    Action(
        "help",
        "question_mark,f1",
        "help",
        "Every key that works here, and what this screen says.",
        Group.APP,
        bar=12,
    ),
    Action("quit", "q,ctrl+q", "quit", "Leave.", Group.APP, bar=15),
)
"""What keys do anywhere, in the order the help lists them."""

MOVES = (
    Action("row.up", "up,k", "up", "One row up.", Group.ROW),
    Action("row.down", "down,j", "down", "One row down.", Group.ROW),
    Action("row.left", "left,h", "left", "One column to the left.", Group.ROW),
    Action("row.right", "right,l", "right", "One column to the right.", Group.ROW),
    Action("row.page_up", "pageup,ctrl+b", "page up", "One page up.", Group.ROW),
    Action("row.page_down", "pagedown,ctrl+f", "page down", "One page down.", Group.ROW),
    Action("row.first", "home,ctrl+home", "first row", "The first row.", Group.ROW),
    Action("row.last", "end,ctrl+end,G", "last row", "The last row.", Group.ROW),
    Action("row.first_column", "0,ctrl+a", "first column", "The first column.", Group.ROW),
    Action("row.last_column", "dollar_sign,ctrl+e", "last column", "The last column.", Group.ROW),
)
"""What keys do in a table that has focus."""


SLIDES = (
    Action("slider.up", "up,k", "up", "The slider above.", Group.SLIDER),
    Action("slider.down", "down,j", "down", "The slider below.", Group.SLIDER),
    Action("slider.less", "left,h", "less", "One step less.", Group.SLIDER),
    Action("slider.more", "right,l", "more", "One step more.", Group.SLIDER),
    Action(
        "slider.far_less", "shift+left,less_than_sign", "far less", "Ten steps less.", Group.SLIDER
    ),
    Action(
        "slider.far_more",
        "shift+right,greater_than_sign",
        "far more",
        "Ten steps more.",
        Group.SLIDER,
    ),
    Action("slider.type", "equals_sign", "type", "Type the number.", Group.SLIDER),
    Action(
        "slider.reset", "0,delete", "reset", "Back to what was given or measured.", Group.SLIDER
    ),
)
"""What keys do in the sliders that have focus; tab goes to the table and back."""


def go_actions(views: tuple[View, ...]) -> tuple[Action, ...]:
    """A key 1 to 9 for each of the first nine views that stand in the bar on top, then those with a letter."""
    tabs = [view for view in views if view.tab][:9]
    keys = {view.name: str(place) for place, view in enumerate(tabs, start=1)}
    lettered = {view.name: view.key for view in views if view.key}
    named = {view.name: view for view in views}
    return tuple(
        Action(
            f"go.{name}",
            key,
            named[name].title,
            f"Go to {named[name].title}: {named[name].about}",
            Group.GO,
        )
        for name, key in {**keys, **lettered}.items()
    )


_TEXTS = {
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "question_mark": "?",
    "dollar_sign": "$",
    "backspace": "⌫",
    "slash": "/",
    "colon": ":",
    "minus": "-",
    "equals_sign": "=",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "shift+left": "⇧←",
    "shift+right": "⇧→",
    "delete": "del",
    "escape": "esc",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
}


def key_text(key: str) -> str:
    """How people know a key: `[` for left_square_bracket, `^p` for ctrl+p."""
    if key.startswith("ctrl+"):
        return f"^{key_text(key.removeprefix('ctrl+'))}"
    return _TEXTS.get(key, key)
