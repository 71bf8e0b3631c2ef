"""Every saving of a period, ranked: those on tokens, on commitments and on devices."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.book_spend import SpendQuestion
from finops.analysis.commitments import commitments
from finops.analysis.compare.comparison import earlier_than
from finops.analysis.savings.capacity import commitment_savings, device_savings
from finops.analysis.savings.saving import rank
from finops.analysis.savings.tokens import token_savings
from finops.analysis.savings.uses import read_uses
from finops.model.basis import Basis
from finops.model.money import total

if TYPE_CHECKING:
    from finops.analysis.savings.saving import Ranked, Saving
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.period import Period

__all__ = ["SMALLEST", "Savings", "savings"]

SMALLEST = Decimal(1)
"""A saving below one unit of the currency is not worth the line."""


class Savings(NamedTuple):
    """The answer for a period, and the earlier one it was held against."""

    period: Period
    before: Period
    currency: str
    ranked: tuple[Ranked, ...]
    notes: tuple[str, ...] = ()

    @property
    def low(self) -> Decimal:
        """The least that all of them bring together, no money counted twice."""
        return total(each.saving.low for each in self.ranked if each.counted)

    @property
    def high(self) -> Decimal:
        """The most."""
        return total(each.saving.high for each in self.ranked if each.counted)


def savings(ledger: Ledger, config: Config, period: Period, currency: str | None = None) -> Savings:
    """What could have been saved in `period`; UsageError where its currencies cannot be told as one."""
    before = earlier_than(period)
    money = currency or config.currency
    uses = read_uses(ledger, config, period, currency)
    earlier = None if uses is None else read_uses(ledger, config, before, currency)
    found: list[Saving] = []
    notes: list[str] = []
    if uses is None:
        notes.append("No request was logged in the period: savings on tokens are not known.")
    else:
        money = uses.currency
        found += token_savings(earlier, uses)
        found += device_savings(ledger, uses.answer)
        if earlier is None:
            notes.append(
                f"No request was logged in {before.label}: what stopped or changed since is not known."
            )
    basis = Basis.BILLING if period.is_whole_months else Basis.CHARGE
    held = commitments(ledger, config, SpendQuestion((), period, basis, None, currency))
    found += commitment_savings(held, money)
    kept = [one for one in found if one.high >= SMALLEST]
    return Savings(period, before, money, rank(kept), tuple(notes))
