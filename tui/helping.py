"""The help of a screen: its question, its command, and every key, with why it cannot be used now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group as Together
from rich.table import Table
from rich.text import Text

from tui.actions import MOVES, SLIDES, Group, key_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tui.actions import Action, Context

__all__ = ["help_text", "keys_of"]


def keys_of(action: Action, changed: Mapping[str, str]) -> str:
    """All keys of an action as people know them; `changed` are those of finops.toml."""
    return " ".join(key_text(key) for key in changed.get(action.id, action.keys).split(","))


def help_text(
    actions: Iterable[Action], context: Context, command: str, changed: Mapping[str, str]
) -> Together:
    """What to read when `?` is pressed."""
    about = Text(f"{context.view.about}\n\nThis screen is what this prints (y copies it):\n")
    about.append(f"  {command}\n", "bold")
    everything = (*actions, *MOVES, *(SLIDES if context.view.dials else ()))
    parts: list[Text | Table] = [about]
    for group in [each for each in Group if any(one.group is each for one in everything)]:
        parts.append(Text(f"\n{group}", "bold underline"))
        grid = Table.grid(padding=(0, 2))
        grid.add_column(width=12)
        grid.add_column()
        for action in everything:
            if action.group is group:
                grid.add_row(*_line(action, context, changed))
        parts.append(grid)
    parts.append(Text("\nThe mouse works everywhere. [tui.keys] of finops.toml changes any key."))
    return Together(*parts)


def _line(action: Action, context: Context, changed: Mapping[str, str]) -> tuple[Text, Text]:
    why = action.refusal(context)
    keys = keys_of(action, changed)
    if why is None:
        return Text(keys, "bold"), Text(action.help)
    return Text(keys, "dim"), Text(f"{action.help} ({why})", "dim")
