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

_OWN = """Or write down what the view starts with, in finops.toml, then press r; sliders move it:

  [[breakeven]]
  pool = "NAME"                 # whose demand was measured: finops capacity
  scenario = "scenario.yaml"    # finops init --scenario scenario.yaml writes one

Hardware in [[owned]] of the same device needs no scenario."""

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
    chart=lambda state: Chart(_breakeven(state), "month", "cost", own=True),
    advice=_OWN,
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
    chart=lambda state: Chart(_route(state), "threshold", "blended_cost_ratio"),
    advice=_SMALL,
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
