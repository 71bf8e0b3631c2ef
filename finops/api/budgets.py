"""Budgets and forecasts: how what may be spent stands, and what coming months will cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from finops.api.answer import Answer
from finops.api.opening import resolve_period, split_dimensions
from finops.errors import GateFailed, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finops.analysis.budgets.forecast import Forecast
    from finops.analysis.budgets.standing import Standings
    from finops.api.session import Session

__all__ = ["Budgeted", "budget", "forecast"]

LONGEST = 12
"""Months ahead that can be asked for."""


@dataclass(frozen=True, slots=True)
class Budgeted(Answer["Standings"]):
    """Every budget, the worst first."""

    def overspent(self, *, forecast: bool = False) -> Standings:
        """Budgets of which more is spent than may be, or with `forecast` will be."""
        from finops.analysis.budgets.standing import Stands

        worst = {Stands.OVER, Stands.LIKELY_OVER} if forecast else {Stands.OVER}
        return tuple(each for each in self.value if each.stands in worst)

    def demand(self, *, forecast: bool = False) -> None:
        """GateFailed when a budget is overspent, or with `forecast` when one will be."""
        if failed := self.overspent(forecast=forecast):
            named = ", ".join(f"{each.budget.name} ({each.stands})" for each in failed)
            raise GateFailed(f"{len(failed)} of {len(self.value)} budgets: {named}")


def budget(
    session: Session, *, month: str | None = None, as_of: str | date | None = None
) -> Budgeted:
    """How every budget stands in the stretch `month` lies in, by default the newest complete one.

    `as_of` (YYYY-MM-DD) is the first day of which nothing is to be known: costs from then on are foreseen.
    """
    from finops.analysis.budgets.standing import standing
    from finops.report.budgets import budgets_report

    day = _day(as_of)
    asked = month or (None if day is None else f"{day:%Y-%m}")
    choice = resolve_period(session.ledger, month=asked)
    if choice.period is None:
        raise UsageError("a budget is of a month", hint="name a --month")
    found, notes = standing(session.ledger, session.config, choice.period, day)
    report = budgets_report(
        found, choice.period, notes=(*choice.notes, *notes), is_known=choice.is_known
    )
    return Budgeted(found, report)


def forecast(
    session: Session,
    by: str | Sequence[str] | None = None,
    *,
    months: int = 3,
    where: str | None = None,
    currency: str | None = None,
    as_of: str | date | None = None,
) -> Answer[Forecast]:
    """What the month that is going on and the `months` after it will cost, with a range.

    `by` and `where` name dimensions of bills, or of requests; `as_of` (YYYY-MM-DD) leaves out what is newer.
    """
    from finops.analysis.budgets.forecast import forecast as foreseen
    from finops.report.budgets import forecast_report

    if not 1 <= months <= LONGEST:
        raise UsageError(f"{months} months ahead cannot be asked for", hint=f"1 to {LONGEST}")
    found = foreseen(
        session.ledger,
        session.config,
        by=split_dimensions(by),
        where=where,
        currency=None if currency is None else currency.upper(),
        months=months,
        as_of=_day(as_of),
    )
    return Answer(found, forecast_report(found))


def _day(text: str | date | None) -> date | None:
    if text is None or isinstance(text, date):
        return text
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a date", hint="write it as YYYY-MM-DD") from None
