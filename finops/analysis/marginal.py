"""What doubled traffic of every group of a question would cost: `finops.analysis.doubling`, asked alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.economics import unit_economics
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
    """What doubling the traffic of each group of `question` would cost; closed months as their books have them."""
    found = unit_economics(ledger, config, question._replace(marginal=True))
    groups = [group.doubled for group in found.groups if group.doubled is not None]
    twice = found.total.doubled
    if twice is None:
        message = "an answer that was asked for marginal cost has none"
        raise TypeError(message)
    return MarginalAnswer(
        question.by,
        found.period,
        found.currency,
        tuple(sorted(groups, key=lambda each: (-(each.cost or ZERO), str(each.keys)))),
        twice,
    )
