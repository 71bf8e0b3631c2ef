"""What could be saved in a period, ranked, with evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.api.answer import Answer
from finops.api.opening import resolve_period
from finops.errors import UsageError

if TYPE_CHECKING:
    from typing import Unpack

    from finops.analysis.savings.answer import Savings
    from finops.api.opening import When
    from finops.api.session import Session

__all__ = ["savings"]


def savings(
    session: Session,
    *,
    currency: str | None = None,
    limit: int | None = None,
    **when: Unpack[When],
) -> Answer[Savings]:
    """Savings of a period, the largest first, held against the period before it.

    UsageError for the whole ledger, which has nothing before it.
    """
    from finops.analysis.savings.answer import savings as found_in
    from finops.report.model import unknown
    from finops.report.savings import savings_report

    choice = resolve_period(session.ledger, **when)
    if choice.period is None:
        raise UsageError("nothing lies before the whole ledger", hint="name a --month")
    money = None if currency is None else currency.upper()
    found = found_in(session.ledger, session.config, choice.period, money)
    report = savings_report(found, limit=limit, notes=choice.notes)
    return Answer(found, report if choice.is_known else unknown(report))
