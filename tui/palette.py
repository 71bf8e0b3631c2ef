"""What `:` finds: every view, every thing a key does, every colour scheme."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Hits, Provider

from tui.actions import ACTIONS, key_text
from tui.views import VIEWS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tui.app import FinopsApp

__all__ = ["Everything"]


class Everything(Provider):
    """Views first, then actions."""

    @property
    def finops(self) -> FinopsApp:
        """The program."""
        return self.app  # type: ignore[return-value]

    def _lines(self) -> Iterator[tuple[str, str, Callable[[], None]]]:
        for view in VIEWS:
            if view.name != "explain":
                yield f"{view.name}: {view.title}", view.about, partial(self.finops.go, view.name)
        context = self.finops.context
        for action in ACTIONS:
            if context is not None and action.refusal(context) is None and action.id != "goto":
                key = key_text(action.keys.split(",")[0])
                yield (
                    f"{action.name} ({key})",
                    action.help,
                    partial(self.finops.action_act, action.id),
                )

    async def discover(self) -> Hits:
        """Everything, before a letter is typed."""
        for name, about, run in self._lines():
            yield DiscoveryHit(name, run, help=about)

    async def search(self, query: str) -> Hits:
        """What the letters fit."""
        matcher = self.matcher(query)
        for name, about, run in self._lines():
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, matcher.highlight(name), run, help=about)
