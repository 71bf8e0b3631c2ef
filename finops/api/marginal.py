"""What doubled traffic would cost, and what would have to be bought."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.api.answer import Answer
from finops.api.opening import resolve_period, split_dimensions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from finops.analysis.marginal import MarginalAnswer
    from finops.api.opening import When
    from finops.api.session import Session

__all__ = ["marginal"]


def marginal(
    session: Session,
    by: str | Sequence[str] | None = "workflow,model",
    *,
    where: str | None = None,
    currency: str | None = None,
    limit: int | None = None,
    **when: Unpack[When],
) -> Answer[MarginalAnswer]:
    """The cost of as much traffic again as the period had, a row for each combination of `by`.

    UsageError for a dimension, condition or currency there is none of.
    """
    from finops.analysis.economics import Question
    from finops.analysis.marginal import marginal as doubled
    from finops.report.marginal import marginal_report
    from finops.report.model import unknown

    names = split_dimensions(by)
    choice = resolve_period(session.ledger, **when)
    question = Question(choice.period, names, where, currency=currency)
    found = doubled(session.ledger, session.config, question)
    report = marginal_report(found, limit=limit, notes=choice.notes)
    return Answer(found, report if choice.is_known else unknown(report))
