"""Moves views share: what a view is asked, and the next thing to split by."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from finops.report.cells import cell_text
from finops.report.model import Style
from tui.call import Call
from tui.filters import conditions
from tui.state import Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finops.report.model import Row
    from tui.state import State

__all__ = ["asked", "compared", "crumb", "deeper"]


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


def deeper(state: State, row: Row, steps: Sequence[str], view: str) -> Place | None:
    """The row alone, split by the first of `steps` it is not split or filtered by yet; None at the end."""
    said = conditions(state.split, row)
    fixed = {*state.split, *(each.split(" ", 1)[0] for each in state.where)}
    following = next((step for step in steps if step not in fixed), None)
    if following is None:
        return None
    new = replace(
        state.filtered(*said), by=(following,), grain=None, sort=None, columns=None, compared=False
    )
    return Place(view, new, crumb(state, row))


def crumb(state: State, row: Row) -> str:
    """A row by the values it is split by."""
    return " · ".join(cell_text(row.get(name), Style.TEXT) for name in state.split)
