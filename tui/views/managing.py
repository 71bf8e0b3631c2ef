"""What a month is run by: its review, the list of actions, and whether its numbers can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.call import Call
from tui.state import Place, State
from tui.view import View

if TYPE_CHECKING:
    from finops.report.model import Row

__all__ = ["MANAGING", "SECTION"]

SECTION = "section"
"""Which section of a review is looked at, by its name."""

_DOCUMENTS = {
    "html": "a page that stands alone and prints",
    "xlsx": "an Excel workbook with native charts",
    "pdf": "a PDF, where there is a Chromium",
    "md": "Markdown",
    "json": "for programs",
    "zip": "every table as CSV",
}


def _month(state: State) -> str | None:
    """The month looked at; None (the command's own choice) for any other stretch of time."""
    month = state.span.options.get("month")
    return None if month is None else str(month)


def _review(state: State) -> Call:
    month = _month(state)
    return Call.of("review", *(() if month is None else (month,)))


def _section(state: State, row: Row) -> Place:
    """The section, as the review prints it."""
    asked = State(span=state.span, options=((SECTION, str(row["name"])),))
    return Place("section", asked, str(row["section"]))


def _action(state: State, row: Row) -> Place:
    """Everything that was ever said of the row's action."""
    return Place(
        "action", State(span=state.span, options=(("id", str(row["id"])),)), str(row["id"])
    )


_BEHIND = {
    "allocation": ("unit", ("workflow",)),
    "prices": ("unit", ("model",)),
    "owners": ("owners", ()),
    "list cost": ("spend", ("ServiceName",)),
    "invoices": ("month", ()),
    "delivery": ("sources", ()),
    "missing days": ("sources", ()),
    "stored sums": ("sources", ()),
}
"""Where the rows behind a check are, and what they are split by."""


def _look(state: State, row: Row) -> Place | None:
    """To what a check looked at."""
    view, by = _BEHIND.get(str(row["check"]), (None, ()))
    return None if view is None else Place(view, State(span=state.span, by=by), str(row["check"]))


REVIEW = View(
    name="review",
    title="Review",
    about="What does finance read of a month: what it cost, what changed, whose it is, does it add up?",
    call=_review,
    drill=_section,
    formats=_DOCUMENTS,
    tab=False,
    key="R",
)

REVIEW_SECTION = View(
    name="section",
    title="Section",
    about="What does a section of the review say, and which commands do its tables come from?",
    call=_review,
    formats=_DOCUMENTS,
    pane="tui.panes.section:SectionPane",
    tab=False,
)

ACTIONS = View(
    name="actions",
    title="Actions",
    about="What is to be done, by whom, until when, and what did it really save?",
    call=lambda state: Call.of("actions list", month=_month(state)),
    drill=_action,
    tab=False,
    key="A",
)

ACTION = View(
    name="action",
    title="Action",
    about="What was ever said of an action, by whom and when?",
    call=lambda state: Call.of("actions show", str(state.option("id") or "A-1")),
    timed=False,
    tab=False,
)

QUALITY = View(
    name="quality",
    title="Data quality",
    about="Can the numbers of a period be trusted, and how many dollars hang on what is missing?",
    call=lambda state: Call.of(
        "quality", **{k: v for k, v in state.span.options.items() if k != "everything"}
    ),
    drill=_look,
    tab=False,
    key="Q",
)

MANAGING = (REVIEW, REVIEW_SECTION, ACTIONS, ACTION, QUALITY)
"""Views a month is run by."""
