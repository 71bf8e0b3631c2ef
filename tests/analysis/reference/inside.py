"""Charges of the days asked about, in the reference: which there are, their line, and what of them lies inside."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tests.analysis.reference.bill import Bill
    from tests.analysis.reference.rows import Row


def charges_of(bill: Bill) -> list[Row]:
    """Charges of the days asked about: of whole months by the invoice, else by the time they cover."""
    if not bill.is_whole:
        return [row for row in bill.costs if bill.overlaps(row)]
    return [row for row in bill.costs if row["x_BillingMonth"] in bill.month_names]


def line_of(bill: Bill, row: Row) -> str:
    """The line a charge is on."""
    return bill.line(row, bill.start if bill.is_whole else None)


def sum_of(bill: Bill, rows: Iterable[Row]) -> Fraction:
    """What charges come to in the days asked about; those of one stretch of time are cut as one."""
    spans: dict[tuple[datetime, datetime], Fraction] = defaultdict(Fraction)
    for row in rows:
        span = (row["ChargePeriodStart"], row["ChargePeriodEnd"])
        spans[span] += Fraction(row["EffectiveCost"])
    if bill.is_whole:
        return sum(spans.values(), Fraction(0))
    return sum((bill._part(span, amount) for span, amount in spans.items()), Fraction(0))
