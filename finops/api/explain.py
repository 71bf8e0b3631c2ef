"""Where a number comes from: formula, rates with their sources, products, sum and quotient."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.api.answer import Answer
from finops.api.opening import resolve_period, split_dimensions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from finops.analysis.explanation import Explanation
    from finops.api.opening import When
    from finops.api.session import Session

__all__ = ["explain"]


def explain(
    session: Session,
    number: str = "cost_per_1k_requests",
    *,
    where: str | None = None,
    include: str | Sequence[str] | None = None,
    currency: str | None = None,
    **when: Unpack[When],
) -> Answer[Explanation]:
    """How `number` is made: one of `unit`, or a command and its number ("capacity.idle_hours").

    `where` says whose number it is. UsageError for a number there is none of.
    """
    from finops.analysis.economics import Question
    from finops.analysis.explain import explain as explain_number
    from finops.report.explain import explain_report

    lines = split_dimensions(include)
    choice = resolve_period(session.ledger, **when)
    question = Question(choice.period, where=where, include=lines, currency=currency)
    found = explain_number(session.ledger, session.config, question, number)
    return Answer(found, explain_report(found, notes=choice.notes))
