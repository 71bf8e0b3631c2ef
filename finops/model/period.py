"""Half-open UTC periods `[start, end)` and calendar months."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from finops.errors import UsageError

__all__ = ["Period", "month_of", "parse_month", "parse_period"]

_MONTH = re.compile(r"^(\d{4})-(0[1-9]|1[0-2])$")
_LAST = re.compile(r"^(\d+)([dwm])$")


class Period(NamedTuple):
    """Days from `start` up to, not including, `end`."""

    start: date
    end: date

    @property
    def months(self) -> tuple[str, ...]:
        """Every calendar month the period touches, as YYYY-MM."""
        found, day = [], self.start.replace(day=1)
        while day < self.end:
            found.append(f"{day:%Y-%m}")
            day = _next_month(day)
        return tuple(found)

    @property
    def is_whole_months(self) -> bool:
        """Whether the period begins and ends on the first of a month."""
        return self.start.day == 1 and self.end.day == 1

    @property
    def label(self) -> str:
        """`2026-10` for a month, else `2026-10-03 to 2026-10-09` with the last day included."""
        if self.is_whole_months and len(self.months) == 1:
            return self.months[0]
        return f"{self.start.isoformat()} to {(self.end - timedelta(days=1)).isoformat()}"

    def bounds(self) -> tuple[datetime, datetime]:
        """Start and end as aware UTC instants."""
        midnight = datetime.min.time()
        return (
            datetime.combine(self.start, midnight, tzinfo=UTC),
            datetime.combine(self.end, midnight, tzinfo=UTC),
        )


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def month_of(day: date) -> Period:
    """The calendar month `day` falls in."""
    start = day.replace(day=1)
    return Period(start, _next_month(start))


def parse_month(text: str) -> Period:
    """`2026-10` as a period; UsageError for anything else."""
    match = _MONTH.match(text)
    if match is None:
        raise UsageError(
            f"{text!r} is not a month", hint="write it as YYYY-MM, for example 2026-10"
        )
    return month_of(date(int(match[1]), int(match[2]), 1))


def parse_period(
    *,
    month: str | None = None,
    since: str | None = None,
    until: str | None = None,
    last: str | None = None,
    today: date | None = None,
) -> Period | None:
    """The period the options ask for, None when they ask for none; UsageError when they disagree.

    `until` is exclusive, as every period end is. `last` counts back from the end of yesterday.
    """
    asked = [month is not None, since is not None or until is not None, last is not None]
    if sum(asked) > 1:
        raise UsageError("give one of --month, --from/--to and --last")
    if month is not None:
        return parse_month(month)
    if last is not None:
        return _last(last, today or datetime.now(tz=UTC).date())
    if since is None and until is None:
        return None
    if since is None or until is None:
        raise UsageError("--from and --to go together", hint="--from 2026-10-01 --to 2026-10-08")
    period = Period(_day(since), _day(until))
    if period.start >= period.end:
        raise UsageError(
            f"the period {since} to {until} is empty", hint="--to is the first day left out"
        )
    return period


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a date", hint="write it as YYYY-MM-DD") from None


def _last(text: str, today: date) -> Period:
    match = _LAST.match(text)
    if match is None or int(match[1]) == 0:
        raise UsageError(f"{text!r} is not a length of time", hint="for example 30d, 4w or 3m")
    count, unit = int(match[1]), match[2]
    if unit == "m":
        end = today.replace(day=1)
        month = end.year * 12 + end.month - 1 - count
        return Period(date(month // 12, month % 12 + 1, 1), end)
    return Period(today - timedelta(days=count * (7 if unit == "w" else 1)), today)
