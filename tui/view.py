"""What a view must say about itself, on one page. A new view is one module and a line in `tui/views`.

A view is a question in the words of a command: `call` turns what it is set to into the command's call,
which the API answers, `y` copies and `e` exports. Everything else says how one moves in it. A view whose
answer is a table needs no more than this; one that draws its own names its pane.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping  # noqa: TC003  (a dataclass names its types)
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tui.spans import Span
from tui.state import State

if TYPE_CHECKING:
    from finops.report.model import Report, Row
    from tui.call import Call
    from tui.dials import Dial
    from tui.state import Place

__all__ = ["Chart", "View"]


class Chart(NamedTuple):
    """What stands above the rows: a call of its own, and which columns of its answer are drawn.

    `across` is the column along the axis (a day, say), `height` the amount, `parts` the column whose
    values are stacked; None draws one bar each.
    """

    call: Call
    across: str
    height: str
    parts: str | None = None
    shades: bool = False
    """A line for each part, a shade for each place, instead of bars; `height` is a share then."""
    own: str = ""
    """Drawn by the answer itself, as its command draws the chart of this name, instead of bars."""


@dataclass(frozen=True, slots=True)
class View:
    """A question that can be looked at. `name` is what `:` takes, `about` the question in one sentence."""

    name: str
    title: str
    about: str
    call: Callable[[State], Call]
    """The command's call for what the view is set to; pure."""
    by: tuple[str, ...] = ()
    """What rows are split by at first."""
    dimensions: tuple[str, ...] = ()
    """What `g` offers; empty: rows are not split by choice."""
    one_dimension: bool = False
    """Whether only one of them can split at a time."""
    grains: tuple[str, ...] = ()
    """Stretches of time rows can be about, coarse to fine."""
    timed: bool = True
    """Whether it is about a period."""
    filters: bool = False
    """Whether the command takes --where."""
    compares: bool = False
    """Whether `call` can put the period beside the one before (`State.compared`)."""
    drill: Callable[[State, Row], Place | None] | None = None
    """Where Enter on a row leads; None where that is nowhere."""
    charts: Callable[[State], tuple[Chart, ...]] | None = None
    """The charts above the rows, for what the view is set to; `v` goes from one to the next."""
    pane: str = "tui.panes.table:TablePane"
    """`module:class` of the pane that shows it."""
    formats: Mapping[str, str] | None = None
    """Endings `e` writes, and what each is for, where they are others than a table's."""
    tab: bool = True
    """Whether it stands in the bar on top; the others are reached by `:` or from a row."""
    key: str = ""
    """A letter that leads to it, for views that are wanted often and have no place among the first nine."""
    dials: Callable[[Report], tuple[Dial, ...]] | None = None
    """The numbers of its answer that can be moved, where it is shown with sliders."""
    advice: Callable[[str | None, str], str] | None = None
    """What to write where what it needs is not known: of a pool that was measured, in a currency."""
    example: tuple[tuple[str, str], ...] = ()
    """Options that Enter starts with where nothing says any: numbers of nobody, to be moved."""
    empty: Callable[[Report], str | None] | None = None
    """What to say of an answer without rows, where there is something better than its notes."""

    def start(self, span: Span) -> State:
        """What it is set to when somebody comes by name."""
        return State(span=span if self.timed else Span(), by=self.by)
