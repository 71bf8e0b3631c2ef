"""What stands around a pane: the views in the bar on top, the way here, and the keys that can be used now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.actions import ACTIONS, go_actions, key_text
from tui.bars import Hot
from tui.views import VIEWS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tui.actions import Action, Context

__all__ = ["ALWAYS", "key_hots", "short", "tab_hots", "trail_hots"]

ALWAYS = {"goto", "help", "quit"}
"""Keys the bar shows however narrow it is."""


def short(url: str) -> str:
    """The last part of where the ledger is."""
    return url.rstrip("/").rpartition("/")[2]


def tab_hots(tab: str) -> tuple[Hot, ...]:
    """Every view that has a place in the bar, `tab` lit."""
    return tuple(
        Hot(action.id, action.keys, action.name, action.id == f"go.{tab}")
        for action in go_actions(VIEWS)
    )


def trail_hots(crumbs: Sequence[str]) -> tuple[Hot, ...]:
    """The way from a view's first place to the one shown."""
    return tuple(
        Hot(
            f"crumb.{depth}",
            "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}" if depth else "",
            crumb,
        )
        for depth, crumb in enumerate(crumbs)
    )


def key_hots(
    context: Context | None, actions: Mapping[str, Action], keys: Mapping[str, str]
) -> tuple[Hot, ...]:
    """The keys that can be used now, the most wanted first, help and quit always; `keys` are those set otherwise."""
    if context is None:
        return ()
    shown = sorted(
        (action for action in ACTIONS if action.bar and action.refusal(context) is None),
        key=lambda action: (action.id in ALWAYS, action.bar),
    )
    return tuple(
        Hot(action.id, " ".join(_key(each, keys) for each in _pair(action, actions)), action.name)
        for action in shown
    )


def _pair(action: Action, actions: Mapping[str, Action]) -> tuple[Action, ...]:
    return (action,) if action.pair is None else (action, actions[action.pair])


def _key(action: Action, keys: Mapping[str, str]) -> str:
    return key_text(keys.get(action.id, action.keys).split(",", maxsplit=1)[0])
