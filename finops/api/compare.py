"""What changed between two periods, taken apart into price, usage, mix, new and gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from finops.api.answer import Answer
from finops.api.opening import resolve_period, split_dimensions
from finops.errors import UsageError
from finops.model.basis import Basis
from finops.model.period import parse_month, parse_period

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from finops.analysis.compare.comparison import Comparison
    from finops.api.opening import When
    from finops.api.session import Session
    from finops.model.period import Period

__all__ = ["Compared", "compare", "earlier_period"]


@dataclass(frozen=True, slots=True)
class Compared(Answer["Comparison"]):
    """Groups, what moved most first."""

    def items(self, limit: int | None = None) -> Answer[Comparison]:
        """What the groups are made of: models and token kinds, SKUs and meters."""
        from finops.report.compare import compare_report

        return Answer(self.value, compare_report(self.value, items=True, limit=limit))


def compare(
    session: Session,
    by: str | Sequence[str] | None = ("provider", "ServiceName"),
    *,
    against: str | None = None,
    basis: Basis | str | None = None,
    where: str | None = None,
    currency: str | None = None,
    limit: int | None = None,
    **when: Unpack[When],
) -> Compared:
    """What changed since the period before, or `against` (2026-09, or 2026-09-01..2026-09-15), by `by`.

    Dimensions of the bill are taken from bills, by `basis`; those of requests from what requests cost.
    UsageError for a dimension there is none of, and for periods that are no earlier and later one.
    """
    from finops.analysis.compare.comparison import Versus
    from finops.analysis.compare.comparison import compare as compared
    from finops.report.compare import compare_report

    choice = resolve_period(session.ledger, **when)
    if choice.period is None:
        raise UsageError("nothing lies before the whole ledger", hint="name a --month")
    before = earlier_period(against, choice.period)
    used = None if basis is None else Basis(basis)
    asked = Versus(before, choice.period, split_dimensions(by), where, currency, used)
    found = compared(session.ledger, session.config, asked)
    return Compared(found, compare_report(found, limit=limit, notes=choice.notes))


def earlier_period(text: str | None, later: Period) -> Period:
    """`2026-09`, or days `2026-09-01..2026-09-15` (the last left out); None is what lies just before `later`.

    UsageError for anything else.
    """
    from finops.analysis.compare.comparison import earlier_than

    if text is None:
        return earlier_than(later)
    first, dots, last = text.partition("..")
    found = parse_period(since=first, until=last) if dots else parse_month(first)
    if found is None:
        raise UsageError(f"{text!r} names no days", hint="2026-09-01..2026-09-15")
    return found
