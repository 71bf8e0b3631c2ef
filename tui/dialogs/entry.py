"""A line to type into, in which keys take effect in the order they were pressed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Input

if TYPE_CHECKING:
    from textual import events

__all__ = ["Entry"]


class Entry(Input):
    """Textual inserts letters at once and runs bound keys only after they have travelled to the program.

    On a busy machine a letter then overtakes the key before it: ctrl+u and a name typed after it leaves
    nothing. Here bound keys run where they arrive.
    """

    DEFAULT_CSS = """
    Entry, Entry:focus { border: none; height: 1; }
    """

    async def _on_key(self, event: events.Key) -> None:
        """Run what the key is bound to; letters stay Textual's, and what scrolls is the dialog's."""
        bound = self._bindings.key_to_bindings.get(event.key)
        if bound and not event.is_printable and not bound[0].action.startswith("scroll_"):
            event.stop()
            event.prevent_default()
            await self.app.run_action(bound[0].action, self)
