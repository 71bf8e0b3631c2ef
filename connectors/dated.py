"""Months of a bucket that has no manifests: which objects belong to one, and whether they have changed.

A month's objects are those dated in it, and in the days after it, where a source writes what came late. They are all
fetched when any of them changed, and only the month's own rows are stored: its other rows belong to another
month's delivery. The objects are listed twice, first for a digest of each month, then for the months that
changed, so that no listing is ever held.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from connectors.contract import Files
from finops.model.period import month_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date, datetime, timedelta

    from connectors.contract import Session
    from connectors.objects import Object, Objects

    Dated = Callable[[Object], date | None]

__all__ = ["Layout", "Month", "changed_months", "deliveries", "months_of"]


class Layout(NamedTuple):
    """How a source names its objects: the day one belongs to (None: not a bill), and how late rows come."""

    day: Dated
    late: timedelta
    settled: timedelta
    """A month whose newest object is younger is still being written."""


class Month(NamedTuple):
    """A month's objects in short: how many, their versions as one digest, when the newest was written."""

    name: str
    objects: int
    digest: str
    newest: datetime


def months_of(objects: Objects, layout: Layout) -> tuple[Month, ...]:
    """Every month that objects are dated in, oldest first."""
    digests: dict[str, Any] = {}
    dated: set[str] = set()
    facts: dict[str, tuple[int, datetime]] = {}
    for item in objects.list():
        day = layout.day(item)
        if day is None:
            continue
        dated.add(_label(day))
        for name in _fed(day, layout.late):
            digest = digests.setdefault(name, hashlib.sha256())
            digest.update(f"{item.key}\n{item.etag}\n".encode())
            count, newest = facts.get(name, (0, item.modified))
            facts[name] = (count + 1, max(newest, item.modified))
    return tuple(
        Month(name, facts[name][0], digests[name].hexdigest()[:32], facts[name][1])
        for name in sorted(dated)
    )


@cache
def _fed(day: date, late: timedelta) -> frozenset[str]:
    """The month of an object dated `day`, and the one before while that still gets late rows."""
    return frozenset((_label(day), _label(day - late)))


@cache
def _label(day: date) -> str:
    return month_of(day).label


def _feeds(item: Object, month: str, layout: Layout) -> bool:
    day = layout.day(item)
    return day is not None and month in _fed(day, layout.late)


def changed_months(session: Session[Any], objects: Objects, layout: Layout) -> Iterator[Month]:
    """Months that are wanted and not the ones we have; a note for one that is still being written."""
    since = session.settings.since
    found = months_of(objects, layout)
    for month in found:
        if session.window is not None and month.name not in session.window.months:
            continue
        if session.window is None and since is not None and month.name < f"{since:%Y-%m}":
            continue
        if session.cursor("costs", month.name) == month.digest:
            continue
        if layout.settled and session.now - month.newest < layout.settled:
            session.note(f"{month.name} is still being written and was left for next time")
            continue
        yield month


def deliveries(
    session: Session[Any], objects: Objects, layout: Layout, hint: str | None = None
) -> Iterator[Files]:
    """A delivery for each month that changed, of its own rows alone."""
    for month in changed_months(session, objects, layout):
        files = tuple(
            objects.fetch(item) for item in objects.list() if _feeds(item, month.name, layout)
        )
        yield Files("costs", month.name, month.digest, files, hint, (month.name,))
