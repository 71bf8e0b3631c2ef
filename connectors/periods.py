"""Which months and days of a source are still to be read, for sources that answer for any period.

A month is read again at every pull until it has been read `SETTLED` after its end: until then the source may still
change it. Days are read on from the last one that had rows, a few days before it included, because
counts arrive late and clocks differ.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.model.period import Period, month_of, parse_month

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.contract import Session

__all__ = ["SETTLED", "Stretch", "days_to_read", "first_day", "instant", "months_to_read"]

SETTLED = timedelta(days=10)
"""How long after its end a month still changes: invoices are made in its first days."""

_FIRST_MONTHS = 3
_LOOK_BACK = timedelta(days=2)


class Stretch(NamedTuple):
    """A period to read, and the cursor that stands for having read it now."""

    period: Period
    cursor: str


def months_to_read(session: Session[Any], table: str) -> Iterator[Stretch]:
    """Whole months, oldest first: those a window touches, or those not final yet.

    The stream of a month is its name, its cursor the day it was read; a connector may put more after a `/`. A first pull begins at `since`, else at
    the month before the last.
    """
    today = session.now.date()
    if session.window is not None:
        wanted = session.window
    else:
        wanted = Period(first_day(session, today), month_of(today).end)
    for name in wanted.months:
        month = parse_month(name)
        if month.start > today:
            return
        read_on = session.cursor(table, name)
        if read_on is None or date.fromisoformat(read_on.partition("/")[0]) < month.end + SETTLED:
            yield Stretch(month, today.isoformat())


def first_day(session: Session[Any], today: date) -> date:
    """Where a first pull begins: at `since`, else with the month before the last."""
    if session.settings.since is not None:
        since: date = session.settings.since
        return min(since, today)
    month = today.year * 12 + today.month - _FIRST_MONTHS
    return date(month // 12, month % 12 + 1, 1)


def days_to_read(
    session: Session[Any], table: str, stream: str, *, at_once: int
) -> Iterator[Stretch]:
    """Days in stretches of at most `at_once`, oldest first, through today by this machine's clock.

    Stretches begin at the same days at every pull, so that one without news is the delivery it was. The cursor is
    the last day of a stretch. It moves only where there were rows, and the next pull looks two days back: a
    clock that is wrong by less loses nothing.
    """
    tomorrow = session.now.date() + timedelta(days=1)
    if session.window is not None:
        first, end = session.window.start, min(session.window.end, tomorrow)
    else:
        earliest, end = first_day(session, session.now.date()), tomorrow
        seen = session.cursor(table, stream)
        if seen is None:
            first = earliest
        else:
            back = (date.fromisoformat(seen) - _LOOK_BACK).toordinal()
            first = max(earliest, date.fromordinal(back - back % at_once))
    while first < end:
        until = min(date.fromordinal(first.toordinal() // at_once * at_once + at_once), end)
        yield Stretch(Period(first, until), (until - timedelta(days=1)).isoformat())
        first = until


def instant(day: date) -> datetime:
    """Midnight UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
