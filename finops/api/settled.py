"""A period settled once: what it costs is asked again and again, each answer in a blink.

with session.settle(month="2026-10") as october:
    october.unit("workflow")
    october.unit("model", where="workflow = 'rag-answer'")
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from finops.api.answer import Answer
from finops.api.opening import resolve_period, split_dimensions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from finops.analysis.economics import UnitEconomics
    from finops.analysis.settled import Settled
    from finops.analysis.settled_runs import RunList
    from finops.analysis.vendor_counts import Compared
    from finops.api.opening import PeriodChoice, When
    from finops.api.session import Session

__all__ = ["SettledPeriod", "settle"]


@dataclass(frozen=True, slots=True)
class SettledPeriod:
    """Unit economics of one period as the ledger was when it was settled. Use it in a `with`, or `close` it."""

    settled: Settled
    choice: PeriodChoice
    compared: tuple[Compared, ...] = ()
    """What vendors and engines counted, beside the logs."""

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let go of what is kept in memory."""
        self.settled.close()

    def unit(
        self,
        by: str | Sequence[str] | None = "workflow",
        *,
        where: str | None = None,
        marginal: bool = False,
        limit: int | None = None,
    ) -> Answer[UnitEconomics]:
        """What `Session.unit` answers with the same words, to the digit."""
        from finops.report.unit import unit_report

        found = self.settled.ask(split_dimensions(by), where, marginal=marginal)
        notes, compared = self.choice.notes, self.compared
        return Answer(found, unit_report(found, limit=limit, notes=notes, compared=compared))

    def runs(
        self,
        where: str | None = None,
        *,
        order: str = "cost",
        limit: int = 1000,
        offset: int = 0,
    ) -> Answer[RunList]:
        """Runs one by one, dearest first: `limit` of them after `offset`, of the calls `where` lets through.

        `order` is cost, newest, oldest, requests or failures. UsageError for a column roll-ups do not keep.
        """
        from finops.report.runs import runs_report

        found = self.settled.runs(where, order=order, limit=limit, offset=offset)
        period, currency = self.settled.told
        return Answer(found, runs_report(found, period, currency, notes=self.choice.notes))


def settle(
    session: Session,
    *,
    include: str | Sequence[str] | None = None,
    currency: str | None = None,
    **when: Unpack[When],
) -> SettledPeriod:
    """Make a period ready to be asked many times; settling takes as long as one answer of `unit`.

    `include` and `currency` are those of `unit`. UsageError for what there is none of.
    """
    from finops.analysis.economics import Question
    from finops.analysis.settled import settle as settle_period
    from finops.analysis.vendor_counts import booked_counts

    choice = resolve_period(session.ledger, **when)
    question = Question(choice.period, include=split_dimensions(include), currency=currency)
    settled = settle_period(session.ledger, session.config, question)
    compared = booked_counts(session.ledger, session.config, choice.period)
    return SettledPeriod(settled, choice, compared)
