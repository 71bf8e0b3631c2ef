"""Every month the ledger knows of: where it stands, and what its books say.

A closed month's sums are those of its books; an open one's are what the ledger holds now, what closed
months left it to carry included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.adjustments import Adjustment, Late, adjustments, late_rows
from finops.analysis.books import Segment, books
from finops.analysis.closing import months_known
from finops.analysis.completeness import MonthState, completeness
from finops.ledger.engine import query
from finops.ledger.snapshots import Closed, all_closes, closed_months
from finops.model.period import parse_month

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from finops.config import Config
    from finops.ledger.store import Ledger

__all__ = ["Books", "Month", "read_books"]


class Month(NamedTuple):
    """One month in one currency; `closed` None while it is open, `reopened` how often it was taken back.

    `adjustments` is the part of `effective` that changed closed months.
    """

    month: str
    state: MonthState
    currency: str | None
    billed: Decimal | None
    effective: Decimal | None
    adjustments: Decimal | None
    final_on: date
    closed: Closed | None
    reopened: int


class Books(NamedTuple):
    """All months, the adjustments of closed ones, and rows that came too late to count."""

    months: tuple[Month, ...]
    adjustments: tuple[Adjustment, ...]
    late: tuple[Late, ...]


def read_books(ledger: Ledger, config: Config, today: date) -> Books:
    """The books as they are on `today`."""
    closes = closed_months(ledger.location)
    in_force = {closed.month: closed for closed in closes}
    taken_back = [each.month for each in all_closes(ledger.location) if each.reopened is not None]
    found: list[Month] = []
    for name in months_known(ledger, closes):
        days = parse_month(name)
        closed = in_force.get(name)
        stands = completeness(ledger, config, days, today)
        state = MonthState.CLOSED if closed else stands.state
        (part,) = books(ledger, config, days)
        sums = _sums(part) or [(None, None, None, None)]
        found += [
            Month(name, state, *each, stands.final_on, closed, taken_back.count(name))
            for each in sums
        ]
    return Books(tuple(found), adjustments(ledger, config, closes), late_rows(ledger, closes))


def _sums(
    part: Segment,
) -> list[tuple[str | None, Decimal | None, Decimal | None, Decimal | None]]:
    month = "" if part.period is None else part.period.label
    with part.ledger.connect(["costs"]) as con:
        return query(
            con,
            "select BillingCurrency, sum(BilledCost), sum(EffectiveCost), "
            "sum(EffectiveCost) filter (where x_AdjustsMonth is not null) "
            f"from costs where x_BillingMonth = '{month}' group by 1 order by 1",
        )
