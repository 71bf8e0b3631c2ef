"""Starting the program: settings become an `Opening`, and the way it ends becomes an exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.errors import UsageError
from tui.app import FinopsApp
from tui.keymap import keymap
from tui.opening import LAST, Opening
from tui.tidying import Tidy
from tui.views import view_named

if TYPE_CHECKING:
    from collections.abc import Callable

    from finops.api.session import Session
    from finops.sections.tui import Tui

__all__ = ["browse", "opening_of"]


def browse(
    open_ledger: Callable[[], Session],
    settings: Tui,
    *,
    demo: Callable[[], Session],
    view: str | None = None,
    ledger: str | None = None,
) -> int:
    """Run until somebody leaves; the exit code. UsageError for a view or key there is none of."""
    opening = opening_of(open_ledger, settings, demo=demo, view=view, ledger=ledger)
    app = FinopsApp(opening)
    with Tidy() as app.tidy:
        return app.run() or 0


def opening_of(
    open_ledger: Callable[[], Session],
    settings: Tui,
    *,
    demo: Callable[[], Session],
    view: str | None = None,
    ledger: str | None = None,
) -> Opening:
    """What the program starts with; UsageError for a view, key or theme there is none of."""
    start = view or settings.start
    if start != LAST:
        view_named(start)
    app = FinopsApp(Opening(open_ledger, demo))
    keymap(settings.keys, app.actions.values())
    if settings.theme is not None and settings.theme not in app.available_themes:
        raise UsageError(
            f"[tui] theme: there is no theme {settings.theme!r}",
            hint=f"one of {', '.join(sorted(app.available_themes))}",
        )
    return Opening(open_ledger, demo, ledger, start, settings.keys, settings.theme, settings.text)
