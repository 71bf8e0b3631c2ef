"""Where a number comes from: reached by `x` on it, never from the bar. Enter asks the source of a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.call import Call
from tui.explaining import NUMBER, ROW, TIMELESS, behind, place_of
from tui.view import View

if TYPE_CHECKING:
    from finops.report.model import Row
    from tui.state import Place, State

__all__ = ["EXPLAIN"]


def _call(state: State) -> Call:
    options = dict(state.options)
    number = str(options.pop(NUMBER, None) or "cost_per_1k_requests")
    row = options.pop(ROW, None)
    when = {} if options.pop(TIMELESS, None) else state.span.options
    whose = row if isinstance(row, tuple) else ()
    return Call.of("explain", number, *whose, where=state.filter, **options, **when)


def _drill(state: State, row: Row) -> Place | None:
    """To what the source of a step names: the command that prints it."""
    found = behind(_call(state), row)
    return None if found is None else place_of(found, state.span)


EXPLAIN = View(
    name="explain",
    title="Explanation",
    about="Where does a number come from: formula, rates, products and sum?",
    call=_call,
    filters=True,
    drill=_drill,
    tab=False,
)
