"""Where a number comes from: reached by `x` on it, never from the bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.call import Call
from tui.state import Place, State
from tui.view import View

if TYPE_CHECKING:
    from tui.call import Option

__all__ = ["EXPLAIN", "explanation"]

NUMBER = "number"


def explanation(call: Call, state: State) -> Place:
    """The place that shows the answer of a `finops explain` call."""
    kept: dict[str, Option] = {
        name: value
        for name, value in call.options
        if name not in {"where", "month", "since", "until", "everything"}
    }
    where = dict(call.options).get("where")
    number = call.arguments[0]
    options: tuple[tuple[str, Option], ...] = ((NUMBER, number), *kept.items())
    asked = State(span=state.span, options=options, where=(str(where),) if where else ())
    return Place("explain", asked, f"why {number.partition('.')[2]}")


def _call(state: State) -> Call:
    options = dict(state.options)
    number = str(options.pop(NUMBER, None) or "cost_per_1k_requests")
    return Call.of("explain", number, where=state.filter, **options, **state.span.options)


EXPLAIN = View(
    name="explain",
    title="Explanation",
    about="Where does a number come from: formula, rates, products and sum?",
    call=_call,
    filters=True,
    tab=False,
)
