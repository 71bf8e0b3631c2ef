"""Where a number comes from: formula, rates with their sources, products, sum and quotient."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.api.answer import Answer
from finops.api.opening import resolve_period, split_dimensions
from finops.errors import UsageError

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
    row: str | None = None,
    *,
    by: str | Sequence[str] | None = None,
    where: str | None = None,
    include: str | Sequence[str] | None = None,
    currency: str | None = None,
    **when: Unpack[When],
) -> Answer[Explanation]:
    """How `number` is made: one of `unit`, or a command and its number ("capacity.idle_hours").

    `row` names whose number of a command with rows it is ("budget", "gpu-team": all numbers of that budget), and
    `by` what the rows are split by; `where` is a condition instead, or with a row what the command is asked about. UsageError for a number there is none of.
    """
    from finops.analysis.economics import Question
    from finops.analysis.explain import explain as explain_number
    from finops.api.explaining import Wanted, explain_rows
    from finops.report.explain import explain_report

    found = explain_rows(session, number, Wanted(when, row, where, by, currency))
    if found is not None:
        return Answer(found, explain_report(found))
    if row is not None or by is not None:
        raise UsageError(
            f"{number!r} is of no command whose rows have names",
            hint="leave it out, and choose whose number with --where",
        )
    lines = split_dimensions(include)
    choice = resolve_period(session.ledger, **when)
    question = Question(choice.period, where=where, include=lines, currency=currency)
    found = explain_number(session.ledger, session.config, question, number)
    return Answer(found, explain_report(found, notes=choice.notes))
