"""What each workflow used of each model in a period: the figures that savings on tokens are computed from."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.compare.requested import answers
from finops.analysis.economics import Question, unit_economics
from finops.analysis.metering import KINDS
from finops.model.money import ZERO, add, total

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

    from finops.analysis.economics import UnitEconomics
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.period import Period
    from finops.prices.book import Book

__all__ = ["INPUT_KINDS", "Model", "Use", "Uses", "merged", "read_uses"]

INPUT_KINDS = tuple(kind for kind in KINDS if kind != "output")

WASTED = ("failed", "retried", "cancelled")
"""Components of what brought no answer."""

BY = ("workflow", "provider", "model", "workload_tier", "service_tier", "batch", "team")


class Model(NamedTuple):
    """A model as the log names it, and how it was asked."""

    provider: str | None
    model: str | None
    workload_tier: str | None
    service_tier: str | None
    batch: bool | None


class Use(NamedTuple):
    """Tokens and metered cost by kind, cost of all, of what brought nothing, and input read again at full price."""

    workflow: str | None
    model: Model
    team: str | None
    counts: Mapping[str, int]
    costs: Mapping[str, Decimal]
    cost: Decimal
    wasted: Decimal
    resent: int

    @property
    def metered(self) -> Decimal:
        """Cost of its tokens."""
        return total(self.costs.values())


class Uses(NamedTuple):
    """Everything of one period, in one currency."""

    period: Period
    currency: str
    uses: tuple[Use, ...]
    answer: UnitEconomics
    book: Book


def read_uses(
    ledger: Ledger, config: Config, period: Period, currency: str | None = None
) -> Uses | None:
    """What was used of models in `period`, None where nothing was; the months of its books add."""
    found: list[Use] = []
    parts = []
    for answer, tokens, terms in answers(ledger, config, Question(period, BY, currency=currency)):
        parts.append((answer, terms))
        for group in answer.groups:
            workflow, *model, team = group.keys
            used = [one for one in tokens.get(group.keys, ()) if one.served_by is None]
            found.append(
                Use(
                    _text(workflow),
                    Model._make(model),
                    _text(team),
                    {k: sum(one.counts[i] for one in used) for i, k in enumerate(KINDS)},
                    {k: total(one.costs[i] for one in used) for i, k in enumerate(KINDS)},
                    group.cost,
                    total(group.components[name] for name in WASTED),
                    group.counts["resent_uncached_tokens"],
                )
            )
    if not found:
        return None
    answer, terms = parts[-1]
    if len(parts) > 1:
        answer = unit_economics(ledger, config, Question(period, currency=currency))
    return Uses(period, answer.currency, tuple(found), answer, terms.book)


def merged(uses: Iterable[Use]) -> Use:
    """Uses of one workflow as one; model and team are those of the costliest."""
    found = sorted(uses, key=lambda one: -one.cost)
    first = found[0]
    counts = {kind: sum(one.counts[kind] for one in found) for kind in KINDS}
    costs: dict[str, Decimal] = dict.fromkeys(KINDS, ZERO)
    for one in found:
        for kind, amount in one.costs.items():
            costs[kind] = add(costs[kind], amount)
    return first._replace(
        counts=counts,
        costs=costs,
        cost=total(one.cost for one in found),
        wasted=total(one.wasted for one in found),
        resent=sum(one.resent for one in found),
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)
