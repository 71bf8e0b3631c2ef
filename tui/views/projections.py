"""Projections: own, rent or call, and a small model first; every input on a slider. Enter derives."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from finops.api.projecting import inputs_text
from tui.call import Call
from tui.dials import breakeven_dials, route_dials
from tui.state import Place
from tui.view import Chart, View

if TYPE_CHECKING:
    from finops.report.model import Row
    from tui.call import Option
    from tui.state import State

__all__ = ["PROJECTION_VIEWS"]

PANE = "tui.panes.projection:ProjectionPane"

_EXAMPLE = (("capex", "30000"), ("opex_per_hour", "1.2"), ("cloud_per_hour", "2.5"))
"""Three numbers that make a comparison: a unit, an hour of running it, and an hour rented."""


def _own(pool: str | None, currency: str) -> str:
    """What to write for a pool; without one measured, only how to start."""
    price, running, rent = (text for _, text in _EXAMPLE)
    begin = (
        "enter  start with example numbers, none of them yours, and move them:\n"
        f"       {price} a unit, {running} an hour to run, {rent} an hour to rent, {currency}\n"
    )
    if pool is None:
        return f"{begin}\nNo pool has GPU samples: finops load gpu FILE measures demand."
    head = "" if currency == "USD" else f"  currency: {currency}\n"
    known = "source: quote, date: 2026-10-01"
    return (
        f"{begin}\nOr write in finops.toml, then press r:\n"
        f'  [[breakeven]]\n  pool = "{pool}"\n  cloud_per_hour = "{rent}"\n  scenario = "scenario.yaml"\n'
        f"and in scenario.yaml beside it (finops init --scenario writes one):\n{head}  own:\n"
        f"   price: {{value: {price}, unit: {currency}/unit, {known}}}\n"
        f"   running:\n    {{value: {running}, unit: {currency}/unit/hour, {known}}}\n"
    )


_SMALL = """Or write down what the view starts with, in finops.toml, then press r; sliders move it:

  [[route]]
  small = "MODEL"
  large = "MODEL"               # as the log has them: finops unit --by model
  scores = "scores.csv"         # confidence, small_correct, large_correct

Without scores the log's own confidences are taken."""


def _breakeven(state: State) -> Call:
    """The command with every number as it stands; the period only where demand is measured in it."""
    plain: dict[str, Option] = {k: v for k, v in state.options if "." not in k}
    inputs = {name: str(value) for name, value in state.options if "." in name}
    measured = plain.get("from_ledger") is not None and state.span.period is not None
    when = state.span.options if measured else {}
    return Call.of("breakeven", **plain, set=inputs_text(inputs), **when)


def _route(state: State) -> Call:
    """The command with every number as it stands; the period only where the ledger is asked."""
    options = dict(state.options)
    when = state.span.options if options.get("small") is not None else {}
    return Call.of("route", **options, **when)


def _derived(state: State, row: Row) -> Place:
    """The arithmetic of every option."""
    return Place("breakeven-steps", state, f"how {row['option']} comes to that")


def _derived_at(state: State, row: Row) -> Place:
    """The arithmetic at the row's threshold."""
    at = state.with_option("thresholds", f"{row['threshold']:f}")
    return Place("route-steps", at, f"at threshold {row['threshold']:f}")


def _explained(call: Call) -> Call:
    return replace(call, options=(*call.options, ("explain", True)))


BREAKEVEN = View(
    name="breakeven",
    title="Break-even",
    about="When does owning beat renting or calling an API, and what does that hang on?",
    call=_breakeven,
    pane=PANE,
    drill=_derived,
    dials=breakeven_dials,
    charts=lambda state: (
        Chart(_breakeven(state), "month", "cost", own="cost"),
        Chart(_breakeven(state), "hours used", "cost", own="utilization"),
    ),
    advice=_own,
    example=_EXAMPLE,
    tab=False,
    key="P",
)

ROUTE = View(
    name="route",
    title="Routing",
    about="What does asking a small model first save at each threshold, and at what quality?",
    call=_route,
    pane=PANE,
    drill=_derived_at,
    dials=route_dials,
    charts=lambda state: (
        Chart(_route(state), "threshold", "blended_cost_ratio"),
        Chart(_route(state), "share sent on", "cost and quality", own="tradeoff"),
    ),
    advice=lambda _pool, _currency: _SMALL,
    tab=False,
)

BREAKEVEN_STEPS = View(
    name="breakeven-steps",
    title="Break-even, derived",
    about="How does each option come to its figures, line by line?",
    call=lambda state: _explained(_breakeven(state)),
    tab=False,
)

ROUTE_STEPS = View(
    name="route-steps",
    title="Routing, derived",
    about="How is what a threshold saves computed, line by line?",
    call=lambda state: _explained(_route(state)),
    tab=False,
)

PROJECTION_VIEWS = (BREAKEVEN, ROUTE, BREAKEVEN_STEPS, ROUTE_STEPS)
"""Views of what would be, the sliders first."""
