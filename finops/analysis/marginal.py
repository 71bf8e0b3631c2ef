"""What doubled traffic of every group of a question would cost: `finops.analysis.doubling`, asked alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.books import books
from finops.analysis.doubling import double
from finops.analysis.economics import connect_part, prepare
from finops.analysis.measures import measure
from finops.errors import UsageError
from finops.model.money import ZERO

if TYPE_CHECKING:
    from finops.analysis.doubling import Marginal
    from finops.analysis.economics import Question
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.period import Period

__all__ = ["MarginalAnswer", "marginal"]


class MarginalAnswer(NamedTuple):
    """Groups, dearest first, and everything together."""

    by: tuple[str, ...]
    period: Period
    currency: str
    groups: tuple[Marginal, ...]
    total: Marginal


def marginal(ledger: Ledger, config: Config, question: Question) -> MarginalAnswer:
    """What doubling the traffic of each group of `question` would cost; UsageError over several books."""
    parts = books(ledger, config, question.period)
    if len(parts) > 1:
        raise UsageError(
            "closed and open months have books of their own", hint="ask about one --month"
        )
    (part,) = parts
    con = connect_part(part)
    try:
        prepared = prepare(con, part.ledger, part.config, question)
        found = measure(
            con, prepared.relations.asked, prepared.grouping, prepared.allocation.shares
        )
        twice = double(con, part.config, prepared, question, found)
        groups = sorted(twice.groups, key=lambda each: (-(each.cost or ZERO), str(each.keys)))
        return MarginalAnswer(
            question.by,
            prepared.scope.period,
            prepared.currency,
            tuple(groups),
            twice.total,
        )
    finally:
        con.close()
