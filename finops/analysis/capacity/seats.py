"""Seats: plans paid per user. The fee goes to the users seen, evenly, and of each to their requests, evenly.

What seat requests would have cost at list price stands beside it and is never cost.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.charges import ORIGINS
from finops.model.money import ZERO, truncate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from finops.analysis.capacity.billed import Billed
    from finops.analysis.capacity.pools import CapacityPool
    from finops.analysis.capacity.weights import Served

__all__ = ["SeatMonth", "seat_month"]


class SeatMonth(NamedTuple):
    """A seat pool's month: its charges, requests by user, and dollars of one request by user and origin."""

    pool: CapacityPool
    month: str
    billed: Billed
    requests: Mapping[str | None, int]
    rates: Mapping[str | None, Mapping[str, Decimal]]


def seat_month(
    pool: CapacityPool, month: str, billed: Billed, served: Mapping[str | None, Served]
) -> SeatMonth:
    """Spread the month's fee over its users; users without a request are none."""
    requests = {user: found.requests for user, found in served.items() if found.requests}
    rates = {
        user: {
            origin: truncate(Fraction(billed.cost.get(origin, ZERO)) / len(requests) / count)
            for origin in ORIGINS
        }
        for user, count in requests.items()
        if billed.cost
    }
    return SeatMonth(pool, month, billed, requests, rates)
