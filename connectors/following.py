"""Logs that grow at their end, read on from where they were left: for sources that answer for any stretch of time.

The cursor is the time of the newest record read, our own clock's at most. A pull begins `late_hours` before it, because records are written
when a call ends and may arrive later still; what was read before is told by its key. A stretch is a delivery: a
day, the last one through tomorrow, because clocks differ. One without records moves no cursor.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import Field

from connectors.contract import Files
from connectors.periods import first_day, instant
from connectors.settings import SourceSettings
from finops.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from connectors.contract import Session

__all__ = ["FollowingSettings", "Stretch", "followed", "moment", "stretches"]

_DAY = timedelta(days=1)


class FollowingSettings(SourceSettings):
    """What every source of a growing log may say."""

    late_hours: float = Field(
        default=6.0,
        ge=0,
        le=24 * 31,
        description="Hours before the newest record read that are read again: how late records may come.",
    )


class Stretch(NamedTuple):
    """Time to read: `start` is included, `end` is not; both UTC."""

    start: datetime
    end: datetime


def stretches(session: Session[Any], stream: str) -> Iterator[Stretch]:
    """The days to read, oldest first: those asked for, or what is new of `stream`."""
    now: datetime = session.now
    end = instant(now.date() + 2 * _DAY)
    if session.window is not None:
        start, end = session.window.bounds()
        last = end
    else:
        seen = session.cursor("requests", stream)
        late = timedelta(hours=session.settings.late_hours)
        start = moment(seen) - late if seen else instant(first_day(session, now.date()))
        last = instant(now.date())
    while start < end:
        until = instant(start.date() + _DAY)
        if until > last:
            until = end
        yield Stretch(start, min(until, end))
        start = until


def followed(
    session: Session[Any],
    stream: str,
    hint: str,
    read: Callable[[Stretch], Iterable[Mapping[str, Any]]],
    begins: str,
) -> Iterator[Files]:
    """A delivery for each stretch that has records; `begins` is the field with a record's time."""
    newest = session.cursor("requests", stream) or ""
    for stretch in stretches(session, stream):
        seen: list[datetime] = []
        records = _watched(read(stretch), begins, seen)
        file = session.spool.write_lines(f"{stream}/{stretch.start:%Y-%m-%dT%H%M%S}", records)
        if file is None:
            continue
        newest = max(newest, min(max(seen), session.now).isoformat())
        yield Files("requests", stream, newest, (file,), hint, days=session.window)


def _watched(
    records: Iterable[Mapping[str, Any]], begins: str, seen: list[datetime]
) -> Iterator[Mapping[str, Any]]:
    """`records` as they pass; the newest time among them is left in `seen`."""
    for record in records:
        at = moment(record.get(begins))
        if not seen or at > seen[0]:
            seen[:] = [at]
        yield record


def moment(value: object) -> datetime:
    """A time as sources write it: ISO 8601, UTC where no zone is said; SourceError for anything else."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        raise SourceError(f"{value!r} stands where the time of a record should be") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
