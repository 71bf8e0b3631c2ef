"""Cost day by day: of bills, spread over the days each charge covers, or of requests by the day they were made.

A bill's charge counts in the month of its invoice, as it does in `finops costs`: on the days of that month it
covers, evenly and to the last digit (the last day takes what the cuts leave); all of it on the month's first
day where it is for earlier ones. So the days of a month add up to the month. Credits, corrections and charges for
closed months come once: they count, and nothing is foreseen from them.
"""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.analysis.book_spend import SpendQuestion, opened
from finops.analysis.books import books
from finops.analysis.charges import line_sql
from finops.analysis.economics import Question, unit_economics
from finops.analysis.spend import slice_condition
from finops.ledger.engine import query
from finops.model.basis import Basis, Of
from finops.model.money import ZERO, add, subtract, total, truncate
from finops.model.period import Period, month_of, parse_month

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from decimal import Decimal

    from finops.analysis.book_spend import Opened
    from finops.analysis.books import Segment
    from finops.config import Config
    from finops.ledger.store import Ledger

__all__ = ["Asked", "Daily", "Days", "daily", "spread"]

_LIVE_DAYS = 7
"""A source whose newest day is older than this before the newest of all has ended, and is not waited for."""

ONCE = ("credits", "corrections", "prior_period", "fx", "accrual")
"""Lines that come once."""


class Asked(NamedTuple):
    """Whose cost: whole months, names to split by, a filter, and the one currency it is told in."""

    months: Period
    of: Of
    currency: str
    by: tuple[str, ...] = ()
    where: str | None = None


class Days(NamedTuple):
    """One group's cost by day; `steady` goes on, `once` does not."""

    steady: Mapping[date, Decimal]
    once: Mapping[date, Decimal]

    def within(self, period: Period) -> dict[date, Decimal]:
        """All of it in the days of `period` that have something, in their order."""
        days = sorted(
            day for day in {**self.steady, **self.once} if period.start <= day < period.end
        )
        return {day: add(self.steady.get(day, ZERO), self.once.get(day, ZERO)) for day in days}

    def series(self, period: Period) -> list[float]:
        """What goes on, a number for each day of `period`."""
        days = (period.end - period.start).days
        found = (period.start + timedelta(days=number) for number in range(days))
        return [float(self.steady.get(day, ZERO)) for day in found]


class Daily(NamedTuple):
    """Every group's days, and the days of which all is known: from `start` to before `end`."""

    groups: Mapping[tuple[object, ...], Days]
    start: date | None
    end: date | None
    notes: tuple[str, ...] = ()

    @property
    def whole(self) -> Days:
        """All groups as one."""
        return Days(
            _summed(days.steady for days in self.groups.values()),
            _summed(days.once for days in self.groups.values()),
        )


def daily(ledger: Ledger, config: Config, asked: Asked) -> Daily:
    """Cost by day; UsageError where a name does not exist."""
    return (_of_bills if asked.of is Of.BILL else _of_requests)(ledger, config, asked)


def spread(amount: Decimal, first: date, last: date) -> Iterator[tuple[date, Decimal]]:
    """`amount` over the days from `first` to before `last`, evenly; the last takes what the cuts leave."""
    days = (last - first).days
    if days <= 1:
        yield first, amount
        return
    each = truncate(Fraction(amount) / days)
    for number in range(days - 1):
        yield first + timedelta(days=number), each
    yield last - timedelta(days=1), subtract(amount, total([each] * (days - 1)))


def _of_bills(ledger: Ledger, config: Config, asked: Asked) -> Daily:
    found = _Collected()
    newest: dict[str, date] = {}
    others = False
    for part in books(ledger, config, asked.months):
        with opened(part, _question(part, asked)) as rows:
            for *key, currency, month, first, last, line, amount in _charges(rows):
                if currency == asked.currency:
                    found.charge(tuple(key), parse_month(month), (first, last), line, amount)
                else:
                    others = True
            for source, day in query(
                rows.con, _NEWEST + slice_condition(rows.chosen) + " group by 1"
            ):
                newest[source] = max(day, newest.get(source, day))
    note = (f"Costs in other currencies than {asked.currency} are left out: add [[fx]] rates.",)
    known = _known_until(newest.values())
    if known is None and found.days:
        known = month_of(max(found.days)).end
    return found.daily(known, note if others else ())


def _question(part: Segment, asked: Asked) -> SpendQuestion:
    """What is asked of `part`; with a currency only where there is something to exchange."""
    question = SpendQuestion(asked.by, asked.months, Basis.BILLING, asked.where)
    with part.ledger.connect(["costs"]) as con:
        foreign = query(
            con,
            "select 1 from costs where BillingCurrency <> $currency limit 1",
            {"currency": asked.currency},
        )
    return question._replace(currency=asked.currency) if foreign else question


_LAST_DAY = "cast(ChargePeriodEnd - interval 1 microsecond as date) + 1"

_NEWEST = (
    f"select x_SourceId, max({_LAST_DAY}) from costs where x_CostOrigin = 'bill' "
    "and ChargePeriodEnd <= ChargePeriodStart + interval 1 day and "
)
"""The newest day each source has charges of; what covers longer tells of no day."""


def _charges(rows: Opened) -> list[tuple[Any, ...]]:
    names = "".join(f"{one.sql} as k{place}, " for place, one in enumerate(rows.dimensions))
    return query(
        rows.con,
        f"select {names} BillingCurrency, x_BillingMonth, cast(ChargePeriodStart as date) as first, "
        f"{_LAST_DAY} as last, {line_sql(rows.chosen.period)} as line, sum(EffectiveCost) as cost "
        f"from costs where {slice_condition(rows.chosen)} group by all order by all",
    )


def _known_until(newest: Iterable[date]) -> date | None:
    """The day before which every source that still brings something has brought all of it.

    None where no charge is of a day: then months are known as a whole.
    """
    found = list(newest)
    if not found:
        return None
    last = max(found)
    return min(day for day in found if (last - day).days <= _LIVE_DAYS)


def _of_requests(ledger: Ledger, config: Config, asked: Asked) -> Daily:
    """Requests by day, a month at a time: rates of shared pools are those of the month."""
    found = _Collected()
    for month in asked.months.months:
        question = Question(
            parse_month(month), ("day", *asked.by), asked.where, currency=asked.currency
        )
        for group in unit_economics(ledger, config, question).groups:
            found.add(group.keys[1:], date.fromisoformat(str(group.keys[0])), "usage", group.cost)
    return found.daily(max(found.days) + timedelta(days=1) if found.days else None)


class _Collected:
    """Days as they are read."""

    def __init__(self) -> None:
        self.groups: dict[tuple[object, ...], tuple[dict[date, Decimal], dict[date, Decimal]]] = {}
        self.days: set[date] = set()

    def charge(
        self,
        key: tuple[object, ...],
        month: Period,
        covers: tuple[date, date],
        line: str,
        amount: Decimal,
    ) -> None:
        """A charge on the days of its invoice's `month` that it covers, else on the month's nearest day."""
        first, last = max(covers[0], month.start), min(covers[1], month.end)
        if last <= first:
            first = month.start if covers[0] < month.start else month.end - timedelta(days=1)
            last = first + timedelta(days=1)
        for day, part in spread(amount, first, last):
            self.add(key, day, line, part)

    def add(self, key: tuple[object, ...], day: date, line: str, amount: Decimal) -> None:
        """An amount of one day."""
        steady, once = self.groups.setdefault(key, ({}, {}))
        kept = once if line in ONCE else steady
        kept[day] = add(kept.get(day, ZERO), amount)
        self.days.add(day)

    def daily(self, end: date | None, notes: tuple[str, ...] = ()) -> Daily:
        """All of it; costs are known until `end`."""
        groups = {key: Days(*found) for key, found in self.groups.items()}
        return Daily(groups, min(self.days, default=None), end, notes)


def _summed(parts: Iterable[Mapping[date, Decimal]]) -> dict[date, Decimal]:
    found: dict[date, Decimal] = {}
    for part in parts:
        for day, amount in part.items():
            found[day] = add(found.get(day, ZERO), amount)
    return found
