"""Exact decimal arithmetic: sums and products that never round, quotients that round where they say.

Python's default decimal context keeps 28 digits and rounds the rest away silently; a ledger amount has
up to 38.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import reduce
from typing import TYPE_CHECKING

from finops.model.schema import MONEY_SCALE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction

__all__ = ["ZERO", "add", "divide", "multiply", "subtract", "total", "truncate"]

ZERO = Decimal(0)

_WIDE = Context(prec=200, rounding=ROUND_HALF_EVEN)
_STEP = Decimal(1).scaleb(-MONEY_SCALE)


def add(left: Decimal, right: Decimal) -> Decimal:
    """`left + right`, exactly."""
    return _WIDE.add(left, right)


def subtract(left: Decimal, right: Decimal) -> Decimal:
    """`left - right`, exactly."""
    return _WIDE.subtract(left, right)


def multiply(left: Decimal, right: Decimal | int) -> Decimal:
    """`left` times `right`, exactly."""
    return _WIDE.multiply(left, right)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The sum, exactly; zero of nothing."""
    return reduce(_WIDE.add, amounts, ZERO)


def divide(amount: Decimal, by: Decimal | int) -> Decimal:
    """`amount ÷ by` to the ledger's decimal places, half to even; ZeroDivisionError for zero."""
    if by == 0:
        raise ZeroDivisionError(f"{amount} divided by zero")
    exact = _WIDE.divide(amount, by)
    return exact.quantize(_STEP, ROUND_HALF_EVEN, _WIDE).normalize(_WIDE)


def truncate(ratio: Fraction) -> Decimal:
    """The ledger decimal nearest to `ratio` on the side of zero; what is cut is the caller's residue."""
    scaled = abs(ratio.numerator) * 10**MONEY_SCALE // ratio.denominator
    return Decimal(scaled if ratio >= 0 else -scaled).scaleb(-MONEY_SCALE, _WIDE)
