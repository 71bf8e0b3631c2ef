"""Sources: what the ledger holds and how fresh it is, what can be pulled, and pulling it now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.call import Call
from tui.state import Place, State
from tui.view import View

if TYPE_CHECKING:
    from finops.report.model import Row

__all__ = ["SOURCE_VIEWS"]

NAMES = "names"


def _pull(state: State, row: Row) -> Place | None:
    """Pulling the sources configured for the row's connector; nowhere without any."""
    del state
    names = tuple(name.strip() for name in str(row["sources"] or "").split(",") if name.strip())
    if not names:
        return None
    return Place("pull", State(options=((NAMES, names),)), f"pull {', '.join(names)}")


def _pulled(state: State) -> Call:
    names = state.option(NAMES)
    return Call.of("pull", *(names if isinstance(names, tuple) else ()))


SOURCES = View(
    name="sources",
    title="Sources",
    about="What does the ledger hold, how fresh is it, what was refused, does it reconcile?",
    call=lambda _state: Call.of("status"),
    timed=False,
)

CONNECTORS = View(
    name="connectors",
    title="Connectors",
    about="What can be pulled from, and which sources are configured? Enter pulls what is new.",
    call=lambda _state: Call.of("connectors list"),
    drill=_pull,
    timed=False,
    tab=False,
)

PULL = View(
    name="pull",
    title="Pull",
    about="What was new in the sources of finops.toml? Looking at it pulls it; ctrl+c stops, nothing is lost.",
    call=_pulled,
    timed=False,
    tab=False,
)

SOURCE_VIEWS = (SOURCES, CONNECTORS, PULL)
"""Views of where data comes from."""
