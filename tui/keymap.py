"""Keys a person wants elsewhere: `[tui.keys]` of finops.toml, action by action."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from textual.keys import _character_to_key

from finops.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tui.actions import Action

__all__ = ["keymap"]


def keymap(keys: Mapping[str, str], actions: Iterable[Action]) -> dict[str, str]:
    """`keys` (action to keys, as people write them) as Textual wants them.

    ConfigError for an action there is none of, naming the nearest, and for a key that two actions get.
    """
    known = {action.id: action for action in actions}
    found: dict[str, str] = {}
    for name, written in keys.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "docs/keys.md lists all of them"
            raise ConfigError(f"[tui.keys]: there is no action {name!r}", hint=hint)
        if not written.strip():
            raise ConfigError(
                f"[tui.keys] {name} names no key", hint=f'for example {name} = "{known[name].keys}"'
            )
        found[name] = ",".join(_textual(key) for key in _split(written))
    _refuse_twice({**{name: action.keys for name, action in known.items()}, **found}, found)
    return found


def _split(written: str) -> list[str]:
    """Keys separated by commas; a lone comma is the key itself."""
    return [part.strip() for part in written.split(",")] if written.strip() != "," else [","]


def _textual(key: str) -> str:
    """`[` as left_square_bracket; names stay."""
    return _character_to_key(key) if len(key) == 1 else key


def _refuse_twice(keys: Mapping[str, str], changed: Mapping[str, str]) -> None:
    owners: dict[str, str] = {}
    for name, written in keys.items():
        for key in written.split(","):
            other = owners.setdefault(key, name)
            if other != name and (name in changed or other in changed):
                raise ConfigError(
                    f"[tui.keys]: {key} is for both {other!r} and {name!r}",
                    hint="give one of them another key",
                )
