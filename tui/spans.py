"""The stretch of time a view is about, and the one before or after it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from finops.model.period import Period, month_of, parse_month, parse_period

if TYPE_CHECKING:
    from tui.call import Option

__all__ = ["ALWAYS", "Span", "month_after", "parse_span", "span_of_month"]

EVERYTHING = "everything"


class Span(NamedTuple):
    """A period, or (None) all there is in the ledger."""

    period: Period | None = None

    @property
    def label(self) -> str:
        """`2026-10`, `2026-10-03 to 2026-10-09`, or `everything`."""
        return EVERYTHING if self.period is None else self.period.label

    @property
    def options(self) -> dict[str, Option]:
        """The options of a command that asks for it."""
        if self.period is None:
            return {"everything": True}
        if _is_month(self.period):
            return {"month": self.period.label}
        return {"since": self.period.start.isoformat(), "until": self.period.end.isoformat()}

    def earlier(self) -> Span:
        """The stretch of the same length just before; everything stays everything."""
        return self._moved(-1)

    def later(self) -> Span:
        """The stretch of the same length just after; everything stays everything."""
        return self._moved(1)

    def _moved(self, steps: int) -> Span:
        if self.period is None:
            return self
        start, end = self.period
        if self.period.is_whole_months:
            count = len(self.period.months) * steps
            return Span(Period(_plus_months(start, count), _plus_months(end, count)))
        length = (end - start) * steps
        return Span(Period(start + length, end + length))


def span_of_month(month: str) -> Span:
    """The month YYYY-MM; UsageError for anything else."""
    return Span(parse_month(month))


def parse_span(text: str, *, today: date) -> Span:
    """What people type for a period: `2026-10`, `30d`, `3m`, `2026-10-01 2026-10-08` or `everything`.

    Of two days the second is the first left out, as in `--to`. UsageError when it is none of these.
    """
    words = text.replace(",", " ").split()
    if words in (["everything"], ["all"]):
        return Span()
    if len(words) == 2:  # noqa: PLR2004  (from and to)
        return Span(parse_period(since=words[0], until=words[1]))
    if text.strip()[-1:] in {"d", "w", "m"}:
        return Span(parse_period(last=text.strip(), today=today))
    if text.count("-") == 2:  # noqa: PLR2004  (a day)
        first = parse_period(since=text.strip(), until="9999-12-31")
        return Span(first and Period(first.start, first.start + timedelta(days=1)))
    return span_of_month(text.strip())


ALWAYS = Span()
"""All there is in the ledger."""


def month_after(day: date) -> date:
    """The first day of the month after that of `day`."""
    return month_of(day).end


def _is_month(period: Period) -> bool:
    return period == month_of(period.start)


def _plus_months(day: date, count: int) -> date:
    month = day.year * 12 + day.month - 1 + count
    return date(month // 12, month % 12 + 1, 1)
