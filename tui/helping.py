"""The help of a screen: its question, its command, and every key, with why it cannot be used now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from tui.actions import ACTIONS, MOVES, Group, key_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui.actions import Action, Context

__all__ = ["help_text", "keys_of"]


def keys_of(action: Action) -> str:
    """All keys of an action as people know them."""
    return " ".join(key_text(key) for key in action.keys.split(","))


def help_text(actions: Mapping[str, Action], context: Context, command: str) -> Text:
    """What to read when `?` is pressed."""
    text = Text(f"{context.view.about}\n\n")
    text.append("This screen is what this prints (y copies it):\n")
    text.append(f"  {command}\n", "bold")
    everything = (*actions.values(), *MOVES)
    for group in Group:
        text.append(f"\n{group}\n", "bold underline")
        for action in everything:
            if action.group is group:
                _line(text, action, context)
    text.append("\nThe mouse works everywhere. [tui.keys] of finops.toml changes any key.\n")
    return text


def _line(text: Text, action: Action, context: Context) -> None:
    why = action.refusal(context)
    text.append(f"  {keys_of(action):<14}", "bold" if why is None else "dim")
    text.append(action.help, "" if why is None else "dim")
    text.append("\n" if why is None else f"  ({why})\n", "dim")


def known() -> tuple[Action, ...]:
    """Every action whose keys can be changed."""
    return (*ACTIONS, *MOVES)
