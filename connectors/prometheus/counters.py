"""What counters grew by, hour by hour: restarts make segments, and nothing is negative or made up.

    100  150  |  20   70          grew by 50, then by 20 since the restart, then by 50

A counter that falls has begun again: what it shows was counted since. What was counted between the last look
before and the restart is in no sample, so it is in no number either. A counter may also have begun again without
falling: the time of its beginning (`…_created`), where the exporter says it, shows that.

Growth belongs to the hour of the sample that shows it. Where the samples around it are further apart than
`PATIENCE`, it may have happened in any of the hours between, and its interval says so. An hour without growth has none, of 0; one without a sample has nothing. The first sample of a series is a
starting point, not growth, unless the series is known to have begun within reach.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["HOUR", "PATIENCE", "Growth", "Meter"]

HOUR = 3_600_000
"""Milliseconds of an hour."""

PATIENCE = 300_000
"""Milliseconds between samples up to which growth is put into one hour: what Prometheus looks back."""


class Growth(NamedTuple):
    """`grown` was counted in the whole hours `[start, end)` (milliseconds since 1970)."""

    start: int
    end: int
    grown: int


@dataclass(slots=True)
class Meter:
    """One series, read in pieces that follow each other.

    Growth shown before `since` is left out: earlier samples are only what the first one is compared with.
    `reach` is the first moment that was read.
    """

    since: int
    reach: int
    restarts: int = 0
    unknown: int = 0
    """What stood at the first sample after `since` and may have been counted at any time before."""
    _last: tuple[int, int] | None = None
    _born: int | None = None
    _births: list[tuple[int, int]] = field(default_factory=list)

    def advance(
        self, samples: Iterable[tuple[int, int]], births: Sequence[tuple[int, int]] = ()
    ) -> list[Growth]:
        """What the series grew by in `samples` (time, count), both in order.

        `births` are times with the moment at which the counter was then said to have begun.
        """
        self._births = [*self._births[-1:], *births]
        found = []
        for at, count in samples:
            grown = self._grown(at, count)
            self._last = (at, count)
            if grown is not None and at >= self.since:
                found.append(grown)
        return found

    def _grown(self, at: int, count: int) -> Growth | None:
        born = max((when for seen, when in self._births if seen <= at), default=None)
        if self._last is None:
            self._born = born
            if born is not None and born >= self.reach:
                return self._in_hours(born, at, count)
            self.unknown += count if at >= self.since else 0
            return None
        before, counted = self._last
        known, self._born = self._born, born
        again = born is not None and born > (before if known is None else known)
        if count < counted or again:
            self.restarts += at >= self.since
            return self._in_hours(max(before, born or before), at, count)
        return self._in_hours(before, at, count - counted)

    def _in_hours(self, start: int, at: int, count: int) -> Growth:
        """Hours of growth between `start` and `at`, on the day that saw it at the earliest."""
        hour = at - at % HOUR
        is_close = at - start <= PATIENCE or not count
        first = hour if is_close else max(start - start % HOUR, self.since)
        return Growth(min(first, hour), hour + HOUR, count)
