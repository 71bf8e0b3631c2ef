"""How a number looks to a person, and how it is spelled for a machine.

The only place where an amount is rounded: once, half to even, from its exact value. Machines get
every digit, without an exponent and without the zeros that only show the column's scale.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import TYPE_CHECKING

from finops.report.model import Style

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["NUMBER_STYLES", "exact", "shown", "size"]

NUMBER_STYLES = frozenset(
    {
        Style.COUNT,
        Style.MONEY,
        Style.UNIT_MONEY,
        Style.FIGURE,
        Style.RATIO,
        Style.MILLISECONDS,
        Style.NUMBER,
    }
)
"""Styles of columns whose cells are numbers: right-aligned, never cut."""

SIGNIFICANT_DIGITS = 4
"""Digits shown of a cost per something."""

FIGURE_DIGITS = 6
"""Digits shown of a number in arithmetic."""

_PLACES = 24
"""Places of an amount; a number in arithmetic that is smaller has an exponent."""

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


_WHOLE = frozenset({Style.COUNT, Style.NUMBER, Style.MILLISECONDS})
"""Styles that show a whole number without digits after the point."""


def shown(value: float | Decimal, style: Style) -> str:
    """`value` as people read it, thousands separated; `n/a` when it is not a number at all."""
    if isinstance(value, float) and not math.isfinite(value):
        return "n/a"
    if isinstance(value, int) and style in _WHOLE:
        return f"{value:,}"
    amount = value if isinstance(value, Decimal) else Decimal(str(value))
    if style is Style.RATIO:
        return f"{_rounded(amount * 100, -1)}%"
    if style in _WRITTEN:
        return _WRITTEN[style](amount)
    whole = style is Style.COUNT or amount == amount.to_integral_value()
    return _rounded(amount, 0) if whole else _significant(amount)


def _rounded(amount: Decimal, exponent: int) -> str:
    rounded = amount.quantize(Decimal(1).scaleb(exponent), context=_CONTEXT)
    return f"{abs(rounded) if rounded == 0 else rounded:,f}"


def _cents(amount: Decimal) -> str:
    return _rounded(amount, -2)


def _figure(amount: Decimal) -> str:
    """Six significant digits and never less than cents, without the zeros that say nothing.

    What is below the last place of money is written with an exponent.
    """
    if amount == 0:
        return "0"
    if amount.adjusted() < -_PLACES:
        return f"{amount:.{FIGURE_DIGITS - 1}e}"
    text = _rounded(amount, min(amount.adjusted() - FIGURE_DIGITS + 1, -2))
    whole, _, decimals = text.partition(".")
    kept = decimals.rstrip("0")
    return f"{whole}.{kept:0<2}" if kept else whole


def _significant(amount: Decimal) -> str:
    """Four significant digits, though never fewer than all digits before the point."""
    if amount == 0:
        return "0"
    return _rounded(amount, min(amount.adjusted() - SIGNIFICANT_DIGITS + 1, 0))


_WRITTEN: dict[Style, Callable[[Decimal], str]] = {
    Style.MONEY: _cents,
    Style.UNIT_MONEY: _significant,
    Style.FIGURE: _figure,
}
"""How amounts of each style are written."""
