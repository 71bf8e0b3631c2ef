"""Commitments and reservations: utilization, coverage, savings, what ends when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from finops.api.answer import Answer
from finops.api.opening import resolve_period
from finops.model.basis import Basis

if TYPE_CHECKING:
    from typing import Unpack

    from finops.analysis.commitments import Commitments
    from finops.api.opening import When
    from finops.api.session import Session
    from finops.model.period import Period

__all__ = ["Committed", "commitments"]


@dataclass(frozen=True, slots=True)
class Committed(Answer["Commitments"]):
    """Every commitment, the costliest first."""

    period: Period | None = None

    def services(self) -> Answer[Commitments]:
        """Services that can be covered, and how much of each is."""
        from finops.report.commitments import coverage_report

        return Answer(self.value, coverage_report(self.value, self.period))


def commitments(
    session: Session,
    *,
    where: str | None = None,
    currency: str | None = None,
    **when: Unpack[When],
) -> Committed:
    """Commitments of a period by the invoice's month, or by the day of use where days are asked for.

    `where` is a condition over columns of the bill. UsageError for what there is none of.
    """
    from finops.analysis.book_spend import SpendQuestion
    from finops.analysis.commitments import commitments as committed
    from finops.report.commitments import commitments_report

    choice = resolve_period(session.ledger, **when)
    by_day = when.get("since") or when.get("last")
    basis = Basis.CHARGE if by_day else Basis.BILLING
    question = SpendQuestion((), choice.period, basis, where, currency)
    found = committed(session.ledger, session.config, question)
    report = commitments_report(found, choice.period, notes=choice.notes)
    return Committed(found, report, choice.period)
