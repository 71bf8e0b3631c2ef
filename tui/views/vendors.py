"""Vendors: what they say and offer side by side, beside what was measured of them.

They are kept in the folder `vendors` of where finops was started, as the commands take it.
"""

from __future__ import annotations

from tui.call import Call
from tui.view import View

__all__ = ["VENDOR_VIEWS"]

VENDORS = View(
    name="vendors",
    title="Vendors",
    about="How do vendors compare: verified and claimed points, sovereignty, price of a usable hour?",
    call=lambda state: Call.of("vendor compare", **state.span.options),
    tab=False,
)

QUOTES = View(
    name="quotes",
    title="Quotes",
    about="What does an hour that can be used cost with each offer, everything included?",
    call=lambda _state: Call.of("vendor quote"),
    timed=False,
    tab=False,
)

SHEET = View(
    name="sheet",
    title="Decision sheet",
    about="Which compute is better: latency, cost per response, utilization, locality, control?",
    call=lambda state: Call.of("vendor sheet", **state.span.options),
    tab=False,
)

VENDOR_VIEWS = (VENDORS, QUOTES, SHEET)
"""Views of vendors, the comparison first."""
