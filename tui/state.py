"""What a view is set to, and how each key changes it: small frozen values and pure functions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from tui.filters import joined
from tui.spans import ALWAYS, Span

if TYPE_CHECKING:
    from tui.call import Option

__all__ = ["Place", "Sort", "State", "next_grain"]


class Sort(NamedTuple):
    """The column rows stand by, and which end comes first."""

    column: str
    descending: bool = True


@dataclass(frozen=True, slots=True)
class State:
    """Period, grouping, grain of time, filter, and how the rows are shown."""

    span: Span = ALWAYS
    by: tuple[str, ...] = ()
    grain: str | None = None
    """Stretch of time each row is about; None: the whole period."""
    where: tuple[str, ...] = ()
    """Conditions that all hold, in the words of `--where`."""
    options: tuple[tuple[str, Option], ...] = ()
    """What else the view's command is asked with."""
    sort: Sort | None = None
    """None: as the command orders them."""
    columns: tuple[str, ...] | None = None
    """Columns shown; None: those the command's table shows."""
    compared: bool = False
    """Whether the period stands beside the one before it."""

    @property
    def filter(self) -> str | None:
        """The `--where` of it all; None when nothing is filtered."""
        return joined(self.where)

    @property
    def split(self) -> tuple[str, ...]:
        """Everything rows are split by: the stretch of time first."""
        return self.by if self.grain is None else (self.grain, *self.by)

    def option(self, name: str) -> Option:
        """The value of a further option; None when it is not set."""
        return dict(self.options).get(name)

    def with_option(self, name: str, value: Option) -> State:
        """The state with that option set, or left out for None."""
        kept = {**dict(self.options), name: value}
        return replace(self, options=tuple((n, v) for n, v in kept.items() if v is not None))

    def filtered(self, *conditions: str) -> State:
        """The state with further conditions."""
        new = tuple(each for each in conditions if each and each not in self.where)
        return replace(self, where=(*self.where, *new))

    def sorted_by(self, column: str) -> State:
        """The state sorted by `column`: largest first, then smallest, then as the command orders."""
        if self.sort is None or self.sort.column != column:
            return replace(self, sort=Sort(column))
        return replace(self, sort=Sort(column, descending=False) if self.sort.descending else None)


class Place(NamedTuple):
    """Where somebody is: a view and what it is set to. `crumb` names the step that led here."""

    view: str
    state: State
    crumb: str | None = None


def next_grain(grains: tuple[str, ...], now: str | None, *, finer: bool) -> str | None:
    """The next finer or coarser stretch of time among `grains` (coarse to fine); None is the whole period."""
    steps: tuple[str | None, ...] = (None, *grains)
    place = steps.index(now) if now in steps else 0
    return steps[max(0, min(len(steps) - 1, place + (1 if finer else -1)))]
