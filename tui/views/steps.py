"""Moves views share: conditions from a row, the next thing to split by, the explanation of its numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from finops.report.cells import cell_text
from finops.report.model import Style
from tui.call import Call
from tui.filters import equals, joined
from tui.spans import month_after
from tui.state import Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finops.report.model import Cell, Row
    from tui.state import State

__all__ = ["asked", "compared", "conditions", "crumb", "deeper", "explained"]

_TIMES = {"week": 7, "day": 1}


def asked(command: str, state: State, **more: object) -> Call:
    """`command` for the state's period, splits and filter, and everything else it is set to."""
    options = {
        "by": state.split or None,
        **more,
        **dict(state.options),
        **state.span.options,
        "where": state.filter,
    }
    return Call.of(command, **options)  # type: ignore[arg-type]


def compared(state: State) -> Call:
    """What changed since the period before, by what the view is split by."""
    return asked("compare", state, by=state.by)


def conditions(state: State, row: Row) -> tuple[str, ...]:
    """What is true of `row` alone, in the words of --where."""
    found: list[str] = []
    for name in state.split:
        found += _condition(name, row.get(name))
    return tuple(found)


def deeper(state: State, row: Row, steps: Sequence[str], view: str) -> Place | None:
    """The row alone, split by the first of `steps` it is not split or filtered by yet; None at the end."""
    said = conditions(state, row)
    fixed = {*state.split, *(each.split(" ", 1)[0] for each in state.where)}
    following = next((step for step in steps if step not in fixed), None)
    if following is None:
        return None
    new = replace(
        state.filtered(*said), by=(following,), grain=None, sort=None, columns=None, compared=False
    )
    return Place(view, new, crumb(state, row))


def explained(command: str, state: State, row: Row, column: str) -> Call:
    """`finops explain` for a row's number."""
    said = conditions(state, row)
    kept = {name: value for name, value in state.options if name in {"include", "currency"}}
    where = joined((*state.where, *said))
    return Call.of("explain", f"{command}.{column}", where=where, **state.span.options, **kept)


def crumb(state: State, row: Row) -> str:
    """A row by the values it is split by."""
    return " · ".join(cell_text(row.get(name), Style.TEXT) for name in state.split)


def _condition(name: str, value: Cell) -> list[str]:
    """Stretches of time as a range of days: every command knows those."""
    if not isinstance(value, str) or name not in {"day", "week", "month"}:
        return [equals(name, value)]
    if name == "day":
        return [equals("day", value)]
    start = date.fromisoformat(value if name == "week" else f"{value}-01")
    end = start + timedelta(days=_TIMES["week"]) if name == "week" else month_after(start)
    return [f"day >= '{start}'", f"day < '{end}'"]
