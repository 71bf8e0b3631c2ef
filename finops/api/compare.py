"""What changed between two periods: the question put together from months or days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from finops.analysis.compare.comparison import Versus, compare, earlier_than
from finops.api.answer import Answer
from finops.api.opening import resolve_period
from finops.errors import UsageError
from finops.model.period import parse_month
from finops.report.compare import compare_report

if TYPE_CHECKING:
    from finops.analysis.compare.comparison import Comparison
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.basis import Basis
    from finops.model.period import Period

__all__ = ["Compared", "compare_periods", "earlier_period"]


@dataclass(frozen=True, slots=True)
class Compared(Answer["Comparison"]):
    """Groups, what moved most first."""

    def items(self, limit: int | None = None) -> Answer[Comparison]:
        """What the groups are made of: models and token kinds, SKUs and meters."""
        return Answer(self.value, compare_report(self.value, items=True, limit=limit))


def earlier_period(text: str | None, later: Period) -> Period:
    """`2026-09` or `2026-09-01..2026-09-14` (its end left out); None is what lies just before `later`.

    UsageError for anything else.
    """
    if text is None:
        return earlier_than(later)
    first, dots, last = text.partition("..")
    if not dots:
        return parse_month(first)
    from finops.model.period import parse_period

    found = parse_period(since=first, until=last)
    if found is None:
        raise UsageError(f"{text!r} names no days", hint="2026-09-01..2026-09-15")
    return found


def compare_periods(  # noqa: PLR0913  (one for each option)
    ledger: Ledger,
    config: Config,
    *,
    by: tuple[str, ...] = ("provider", "ServiceName"),
    later: Period | None = None,
    earlier: str | None = None,
    where: str | None = None,
    currency: str | None = None,
    basis: Basis | None = None,
    limit: int | None = None,
) -> Compared:
    """What changed from `earlier` to `later`, by default of the newest complete month since the one before."""
    choice = resolve_period(ledger) if later is None else None
    after = later or (choice.period if choice else None)
    if after is None:
        raise UsageError("everything has nothing before it", hint="name a --month")
    before = earlier_period(earlier, after)
    found = compare(ledger, config, Versus(before, after, by, where, currency, basis))
    notes = choice.notes if choice else ()
    return Compared(found, compare_report(found, limit=limit, notes=notes))
