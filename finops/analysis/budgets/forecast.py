"""What months will cost: what is known of them, and what is foreseen of the rest.

Every group is foreseen by itself, and so is the whole: their forecasts need not add up, and their ranges do not.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.budgets.daily import Asked, Daily, daily
from finops.analysis.budgets.projection import Projection, Unforeseen, project
from finops.analysis.compare.comparison import earlier_than
from finops.analysis.owned.rows import known_months
from finops.analysis.whose import whose
from finops.errors import LedgerMissing, UsageError
from finops.model.money import add, total
from finops.model.period import Period, month_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from finops.analysis.budgets.daily import Days
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.basis import Of

__all__ = ["Ahead", "Expected", "Forecast", "Monthly", "cents", "expect", "forecast", "read_days"]

HISTORY_MONTHS = 6
"""Whole months before the newest that costs are read of."""


class Ahead(NamedTuple):
    """What the days still to come cost: those of `whole`, less those of a `gap` before the stretch begins."""

    whole: Projection
    gap: Projection | None
    point: float
    low: float
    high: float


class Expected(NamedTuple):
    """What a stretch of time costs: known until `until`, then foreseen; `why` where nothing can be."""

    actual: Decimal
    until: date
    forecast: Decimal | None
    low: Decimal | None
    high: Decimal | None
    record: int = 0
    why: str | None = None
    known: Mapping[date, Decimal] = {}
    """Cost of each day of the stretch that is known."""
    ahead: Ahead | None = None


class Monthly(NamedTuple):
    """One group (None: everything) in one month."""

    group: tuple[object, ...] | None
    month: Period
    expected: Expected


class Forecast(NamedTuple):
    """Months ahead, everything first and then the groups by what they are foreseen to cost."""

    by: tuple[str, ...]
    of: Of
    currency: str
    as_of: date
    months: tuple[Monthly, ...]
    notes: tuple[str, ...] = ()


def read_days(ledger: Ledger, config: Config, asked: Asked, as_of: date | None) -> Daily:
    """Cost by day of the months up to `as_of`; its end is `as_of`, or the newest day known where that is before.

    The months of `asked` are those that must be read; earlier ones are read as far as there are any.
    """
    known = known_months(ledger)
    if known is None:
        return Daily({}, None, None)
    end = min(known.end, known.end if as_of is None else month_of(as_of).end)
    start = end
    for _ in range(HISTORY_MONTHS + 1):
        start = earlier_than(month_of(start)).start
    start = max(min(start, asked.months.start), known.start)
    if start >= end:
        return Daily({}, None, None)
    found = daily(ledger, config, asked._replace(months=Period(start, end)))
    if found.end is None or as_of is None:
        return found
    return found._replace(end=min(as_of, found.end))


def expect(days: Days, known: Daily, target: Period) -> Expected:
    """What `target` costs by what `days` say before the end of what is `known`."""
    as_of = known.end or target.start
    until = min(max(as_of, target.start), target.end)
    seen = days.within(Period(target.start, until)) if until > target.start else {}
    actual = total(seen.values())
    if as_of >= target.end:
        return Expected(actual, target.end, actual, actual, actual, known=seen)
    first = known.start
    if first is None or first >= as_of:
        why = "there are no costs to foresee from"
        return Expected(actual, until, None, None, None, why=why, known=seen)
    history = days.series(Period(first, as_of))
    gap = max(0, (target.start - as_of).days)
    found = _ahead(history, gap, (target.end - until).days)
    if isinstance(found, Unforeseen):
        return Expected(actual, until, None, None, None, why=found.why, known=seen)
    point, low, high = (add(actual, cents(x)) for x in (found.point, found.low, found.high))
    return Expected(actual, until, point, low, high, found.whole.record, None, seen, found)


def _ahead(history: list[float], gap: int, days: int) -> Ahead | Unforeseen:
    """The days after a `gap` that is foreseen as well: what both come to, less the gap."""
    whole = project(history, gap + days)
    if isinstance(whole, Unforeseen):
        return whole
    if not gap:
        return Ahead(whole, None, whole.point, whole.low, whole.high)
    before = project(history, gap)
    if isinstance(before, Unforeseen):
        return before
    point = max(0.0, whole.point - before.point)
    half = max(whole.high - whole.point, whole.point - whole.low) * days / (gap + days)
    return Ahead(whole, before, point, max(0.0, point - half), point + half)


def cents(amount: float) -> Decimal:
    """A forecast has no digits beyond the cent that would mean anything."""
    return Decimal(str(round(amount, 2)))


def forecast(
    ledger: Ledger,
    config: Config,
    *,
    by: tuple[str, ...] = (),
    where: str | None = None,
    currency: str | None = None,
    months: int = 3,
    as_of: date | None = None,
) -> Forecast:
    """The month `as_of` lies in, if it is not over, and the `months` after it."""
    of = whose(by, where)
    money = currency or config.currency
    known = known_months(ledger)
    newest = as_of or (None if known is None else known.end)
    if newest is None:
        raise LedgerMissing("there are no costs to foresee from", hint="finops load costs FILE")
    found = read_days(ledger, config, Asked(month_of(newest), of, money, by, where), as_of)
    if found.end is None:
        raise UsageError(f"there are no costs before {newest}", hint="name a later --as-of")
    targets = _targets(found.end, months)
    rows = [Monthly(None, month, expect(found.whole, found, month)) for month in targets]
    rows += [
        Monthly(key, month, expect(found.groups[key], found, month))
        for key in (_costliest(found) if by else ())
        for month in targets
    ]
    return Forecast(by, of, money, found.end, tuple(rows), found.notes)


def _targets(end: date, months: int) -> list[Period]:
    """The month `end` lies in where it has begun, and `months` after it."""
    first = month_of(end)
    found = [first]
    while len(found) < months + (end > first.start):
        found.append(month_of(found[-1].end))
    return found


def _costliest(found: Daily) -> list[tuple[object, ...]]:
    costs = {
        key: total((*days.steady.values(), *days.once.values()))
        for key, days in found.groups.items()
    }
    return sorted(costs, key=lambda key: (-costs[key], str(key)))
