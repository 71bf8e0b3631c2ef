"""Every view, in the order of the bar on top. A new one is a module here and a line below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.errors import UsageError
from tui.views.capacity import CAPACITY
from tui.views.explain import EXPLAIN
from tui.views.managing import MANAGING
from tui.views.overview import OVERVIEW
from tui.views.projections import PROJECTION_VIEWS
from tui.views.reports import REPORTS
from tui.views.scorecard import SCORECARDS
from tui.views.sources import SOURCE_VIEWS
from tui.views.spend import SPEND
from tui.views.unit import UNIT
from tui.views.vendors import VENDOR_VIEWS

if TYPE_CHECKING:
    from tui.view import View

__all__ = ["HOME", "VIEWS", "view_named"]

VIEWS: tuple[View, ...] = (
    OVERVIEW,
    SPEND,
    UNIT,
    CAPACITY,
    *REPORTS,
    *PROJECTION_VIEWS,
    *MANAGING,
    *SCORECARDS,
    *VENDOR_VIEWS,
    *SOURCE_VIEWS,
    EXPLAIN,
)

HOME = OVERVIEW.name


def view_named(name: str) -> View:
    """The view called `name`; UsageError names the nearest."""
    import difflib

    for view in VIEWS:
        if view.name == name:
            return view
    known = [view.name for view in VIEWS]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(known)}"
    raise UsageError(f"there is no view {name!r}", hint=hint)
