"""How budgets stand: what is spent, what share of it that is, what it will come to, and what that means."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from finops.analysis.budgets.daily import Asked
from finops.analysis.budgets.forecast import expect, read_days
from finops.analysis.whose import whose
from finops.model.period import Period, month_of
from finops.sections.budgets import Per

if TYPE_CHECKING:
    from collections.abc import Iterable

    from finops.analysis.budgets.daily import Daily
    from finops.analysis.budgets.forecast import Expected
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.basis import Of
    from finops.sections.budgets import Budget

__all__ = ["Standing", "Standings", "Stands", "standing", "stretch_of"]


class Stands(StrEnum):
    """What a budget's numbers mean, the worst first."""

    OVER = "over"
    """More is spent than may be."""
    LIKELY_OVER = "likely over"
    """The forecast is above the amount."""
    POSSIBLY_OVER = "possibly over"
    """The amount is inside the forecast's range."""
    WITHIN = "within"
    """All of the range is below the amount, or the stretch is over and was kept."""
    UNFORESEEN = "unforeseen"
    """Not over, and nothing can be foreseen."""


class Standing(NamedTuple):
    """One budget in the stretch a day lies in."""

    budget: Budget
    currency: str
    of: Of
    stretch: Period
    as_of: date
    expected: Expected

    @property
    def share(self) -> float | None:
        """The share of the amount that is spent; None of an amount of zero."""
        amount = self.budget.amount
        return float(self.expected.actual / amount) if amount else None

    @property
    def elapsed(self) -> float:
        """The share of the stretch that costs are known of."""
        whole = (self.stretch.end - self.stretch.start).days
        return (self.expected.until - self.stretch.start).days / whole

    @property
    def stands(self) -> Stands:
        """What that means."""
        found, amount = self.expected, self.budget.amount
        if found.actual > amount:
            return Stands.OVER
        if found.forecast is None or found.high is None:
            return Stands.UNFORESEEN
        if found.forecast > amount:
            return Stands.LIKELY_OVER
        return Stands.POSSIBLY_OVER if found.high > amount else Stands.WITHIN


Standings: TypeAlias = tuple[Standing, ...]


def stretch_of(per: Per, month: Period) -> Period:
    """The calendar month, quarter or year that `month` lies in."""
    year, number = month.start.year, month.start.month
    if per is Per.YEAR:
        return Period(date(year, 1, 1), date(year + 1, 1, 1))
    if per is Per.QUARTER:
        first = number - (number - 1) % 3
        return Period(date(year, first, 1), month_of(date(year, first + 2, 1)).end)
    return month


def standing(
    ledger: Ledger, config: Config, month: Period, as_of: date | None = None
) -> tuple[tuple[Standing, ...], tuple[str, ...]]:
    """Every budget of finops.toml that holds in `month`, the worst first; and what a reader must know.

    `as_of` (by default the end of the month) is the first day nothing is known of; costs that are newer are
    not looked at.
    """
    until = min(as_of or month.end, month.end)
    found: list[Standing] = []
    notes: list[str] = []
    read: dict[Asked, Daily] = {}
    for budget in _in_force(config.budgets, month):
        stretch = stretch_of(budget.per, month)
        of = budget.of or whose((), budget.where)
        currency = budget.currency or config.currency
        asked = Asked(stretch, of, currency, (), budget.where)
        if asked not in read:
            read[asked] = read_days(ledger, config, asked, until)
        days = read[asked]
        notes += [f"{budget.name}: {note}" for note in days.notes]
        expected = expect(days.whole, days, stretch)
        found.append(Standing(budget, currency, of, stretch, days.end or until, expected))
    order = list(Stands)
    found.sort(key=lambda each: (order.index(each.stands), -(each.share or 0), each.budget.name))
    return tuple(found), tuple(dict.fromkeys(notes))


def _in_force(budgets: Iterable[Budget], month: Period) -> list[Budget]:
    return [
        each
        for each in budgets
        if (each.from_ is None or each.from_ < month.end)
        and (each.to is None or each.to > month.start)
    ]
