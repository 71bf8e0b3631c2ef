"""Spend by any column of the bill, tag, pool or stretch of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.api.answer import Answer
from finops.api.opening import resolve_period, split_dimensions
from finops.model.basis import Basis

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from finops.analysis.spend import Spend
    from finops.api.opening import When
    from finops.api.session import Session

__all__ = ["costs"]


def costs(
    session: Session,
    by: str | Sequence[str] | None = "ServiceName",
    *,
    basis: Basis | str | None = None,
    where: str | None = None,
    currency: str | None = None,
    limit: int | None = None,
    **when: Unpack[When],
) -> Answer[Spend]:
    """Spend of a period, a row for each combination of the dimensions `by` and each currency.

    `basis` is "billing" (the invoice's month, what months go by) or "charge" (the day of use). `currency`
    exchanges all into one. UsageError for a dimension, condition or currency there is none of.
    """
    from finops.analysis.book_spend import SpendQuestion, book_spend
    from finops.report.spend import spend_report

    names = split_dimensions(by)
    choice = resolve_period(session.ledger, **when)
    by_day = when.get("since") or when.get("last")
    used = Basis(basis or (Basis.CHARGE if by_day else Basis.BILLING))
    question = SpendQuestion(names, choice.period, used, where, currency)
    found = book_spend(session.ledger, session.config, question)
    report = spend_report(found, period=choice.period, basis=used, notes=choice.notes, limit=limit)
    return Answer(found, report)
