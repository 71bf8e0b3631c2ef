"""What a review is made from: one month of one ledger, asked each question once.

Sections ask here, so that a number that stands in two of them was computed once, and so that all of
them speak of the same month, the same currency and the same books.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.book_spend import SpendQuestion, book_spend
from finops.analysis.books import books
from finops.analysis.budgets.daily import Asked
from finops.analysis.budgets.forecast import expect, read_days
from finops.analysis.closing import months_known
from finops.analysis.economics import Question, unit_economics
from finops.analysis.spans import add_groups
from finops.ledger.snapshots import closed_months
from finops.model.basis import Of
from finops.model.period import Period, month_of, parse_month

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from decimal import Decimal

    from finops.analysis.books import Segment
    from finops.analysis.budgets.daily import Daily
    from finops.analysis.budgets.forecast import Expected
    from finops.analysis.economics import UnitEconomics
    from finops.analysis.measures import Group
    from finops.analysis.spend import Amounts, Spend
    from finops.config import Config
    from finops.ledger.store import Ledger

__all__ = ["AHEAD", "HISTORY", "SPLIT", "Facts", "Outlook"]

SPLIT = ("model", "workflow")
"""What requests are measured by: one question a month, whose groups add up to those of any of these."""

HISTORY = 13
"""Months a trend shows: the one reviewed, and the same of the year before at its other end."""


AHEAD = 3
"""Months foreseen."""


class Outlook(NamedTuple):
    """Cost of one month: as it was, or, for those after the one reviewed, as it is foreseen."""

    month: Period
    expected: Expected
    is_ahead: bool


@dataclass(frozen=True)
class Facts:
    """The month under review. `asked` is the currency asked for; `known_on` the day the ledger is of."""

    ledger: Ledger
    config: Config
    month: Period
    known_on: date
    asked: str | None = None
    _units: dict[Period, UnitEconomics] = field(default_factory=dict)
    _spends: dict[tuple[tuple[str, ...], Period, str | None], Spend] = field(default_factory=dict)

    @cached_property
    def months(self) -> tuple[str, ...]:
        """Every month the ledger knows of up to the one reviewed, oldest first, `HISTORY` at most."""
        known = months_known(self.ledger, closed_months(self.ledger.location))
        return tuple(month for month in known if month <= self.month.label)[-HISTORY:]

    @cached_property
    def before(self) -> Period | None:
        """The month before; None where the ledger has nothing of it."""
        names = [month for month in self.months if month < self.month.label]
        if not names:
            return None
        found = parse_month(names[-1])
        return found if found.end == self.month.start else None

    @cached_property
    def books(self) -> Segment:
        """The ledger and settings that answer for the month."""
        (part,) = books(self.ledger, self.config, self.month)
        return part

    def knows(self, moment: datetime) -> bool:
        """Whether something written down at `moment` was known when the ledger is looked at."""
        at = self.ledger.location.at
        return at is None or moment < at

    @property
    def settings(self) -> Config:
        """The settings that answer for the month: those it was closed with, else today's."""
        return self.books.config

    @cached_property
    def outlook(self) -> tuple[Outlook, ...]:
        """Every month of `months`, and `AHEAD` more as foreseen from the days of those."""
        found = self._days(self.month.end)
        past = [Outlook(month, expect(found.whole, found, month), False) for month in self._past]
        ahead, start = [], self.month.end
        for _ in range(AHEAD):
            month = month_of(start)
            ahead.append(Outlook(month, expect(found.whole, found, month), True))
            start = month.end
        return (*past, *ahead)

    @cached_property
    def foreseen(self) -> Expected | None:
        """What the month was foreseen to cost on the day it began; None without an earlier month."""
        if self.before is None:
            return None
        found = self._days(self.month.start)
        return expect(found.whole, found, self.month)

    @property
    def _past(self) -> tuple[Period, ...]:
        return tuple(parse_month(month) for month in self.months)

    def _days(self, until: date) -> Daily:
        """Cost by day of the months known before `until`."""
        first = min(self._past[0], self.month)
        months = Period(first.start, max(until, month_of(first.start).end))
        asked = Asked(months, Of.BILL, self.currency)
        return read_days(self.ledger, self.settings, asked, until)

    @property
    def currency(self) -> str:
        """The currency every amount is in."""
        return self.unit().currency

    def unit(self, month: Period | None = None) -> UnitEconomics:
        """Unit economics of the month (or of `month`), its groups by `SPLIT`."""
        period = month or self.month
        if period not in self._units:
            question = Question(period=period, by=SPLIT, currency=self.asked)
            self._units[period] = unit_economics(self.ledger, self.config, question)
        return self._units[period]

    def groups(self, by: str, month: Period | None = None) -> Mapping[str | None, Group]:
        """Groups by one dimension of `SPLIT`, without what does not add (runs, percentiles)."""
        place = SPLIT.index(by)
        found: dict[str | None, list[Group]] = {}
        for group in self.unit(month).groups:
            key = group.keys[place]
            found.setdefault(None if key is None else str(key), []).append(group)
        return {key: add_groups(groups) for key, groups in found.items()}

    def spend(self, *by: str, period: Period | None = None, where: str | None = None) -> Spend:
        """Spend by invoice month, all of it in the review's currency where rates allow."""
        span = period or self.month
        key = (by, span, where)
        if key not in self._spends:
            question = SpendQuestion(by, span, where=where, currency=self.currency)
            self._spends[key] = book_spend(self.ledger, self.config, question)
        return self._spends[key]

    def amounts(
        self, *by: str, period: Period | None = None, where: str | None = None
    ) -> dict[tuple[object, ...], Amounts]:
        """`spend` by its dimensions' values, in the review's currency; others are never added."""
        found = self.spend(*by, period=period, where=where)
        return {
            tuple(group.values): group.amounts
            for group in found.groups
            if group.currency == self.currency
        }

    def effective(
        self, *by: str, period: Period | None = None
    ) -> dict[tuple[object, ...], Decimal]:
        """EffectiveCost by the dimensions' values."""
        found = self.amounts(*by, period=period)
        return {
            key: amounts.EffectiveCost
            for key, amounts in found.items()
            if amounts.EffectiveCost is not None
        }
