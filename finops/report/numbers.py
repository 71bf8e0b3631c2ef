"""How a number looks to a person, and how it is spelled for a machine.

The only place where an amount is rounded: once, half to even, from its exact value. Machines get
every digit, without an exponent and without the zeros that only show the column's scale.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Context, Decimal

from finops.report.model import Style

__all__ = ["NUMBER_STYLES", "exact", "shown", "size"]

NUMBER_STYLES = frozenset(
    {Style.COUNT, Style.MONEY, Style.UNIT_MONEY, Style.RATIO, Style.MILLISECONDS, Style.NUMBER}
)
"""Styles of columns whose cells are numbers: right-aligned, never cut."""

SIGNIFICANT_DIGITS = 4
"""Digits shown of a cost per something."""

_CONTEXT = Context(prec=100, rounding=ROUND_HALF_EVEN)
"""Wide enough for any sum of DECIMAL(38,24); the default 28 digits would raise."""


def exact(value: Decimal) -> str:
    """Every digit of `value`, no exponent, no trailing zeros: `12.5`, `-0.000000000000000000000001`."""
    if value == 0:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def size(value: float | Decimal) -> float | Decimal:
    """`value` without its sign, every digit kept."""
    return value.copy_abs() if isinstance(value, Decimal) else abs(value)


_PLACES = frozenset({Style.RATIO, Style.MONEY, Style.UNIT_MONEY})
"""Styles that show digits after the point of whole numbers, too."""


def shown(value: float | Decimal, style: Style) -> str:
    """`value` as people read it, thousands separated; `n/a` when it is not a number at all."""
    if isinstance(value, float) and not math.isfinite(value):
        return "n/a"
    if isinstance(value, int) and style not in _PLACES:
        return f"{value:,}"
    amount = value if isinstance(value, Decimal) else Decimal(str(value))
    if style is Style.RATIO:
        return f"{_rounded(amount * 100, -1)}%"
    if style is Style.MONEY:
        return _rounded(amount, -2)
    if style is Style.COUNT or (
        style is not Style.UNIT_MONEY and amount == amount.to_integral_value()
    ):
        return _rounded(amount, 0)
    return _significant(amount)


def _rounded(amount: Decimal, exponent: int) -> str:
    rounded = amount.quantize(Decimal(1).scaleb(exponent), context=_CONTEXT)
    return f"{abs(rounded) if rounded == 0 else rounded:,f}"


def _significant(amount: Decimal) -> str:
    """Four significant digits, though never fewer than all digits before the point."""
    if amount == 0:
        return "0"
    return _rounded(amount, min(amount.adjusted() - SIGNIFICANT_DIGITS + 1, 0))
