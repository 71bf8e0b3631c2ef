"""Whether the numbers of a period can be trusted, in dollars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.api.answer import Answer
from finops.api.opening import resolve_period
from finops.errors import UsageError

if TYPE_CHECKING:
    from datetime import date
    from typing import Unpack

    from finops.analysis.quality.answer import Quality
    from finops.api.opening import When
    from finops.api.session import Session

__all__ = ["quality"]


def quality(
    session: Session,
    *,
    currency: str | None = None,
    today: date | None = None,
    **when: Unpack[When],
) -> Answer[Quality]:
    """What the data of a period lack, what most dollars hang on first; `today` is whose lateness counts.

    UsageError for the whole ledger, whose months are not all the same, and for a period it has nothing of.
    """
    from finops.analysis.quality.answer import quality as found_in
    from finops.report.quality import quality_report

    choice = resolve_period(session.ledger, **when)
    if choice.period is None:
        raise UsageError("data quality is of a period", hint="name a --month")
    if not choice.is_known:
        raise UsageError(
            f"there is nothing of {choice.period.label} to check", hint=choice.notes[0]
        )
    money = None if currency is None else currency.upper()
    found = found_in(session.ledger, session.config, choice.period, money, today)
    return Answer(found, quality_report(found, notes=choice.notes))
