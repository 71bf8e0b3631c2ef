"""Lines of arithmetic that anybody can do again with a calculator.

A line is an input, with the words where it is from as its source, or it is computed. Then its source begins
with `=`: numbers written out in full, names of lines above, `+ - x /`, brackets, `min`, `max`, `sqrt`. Or it
says `sum of the lines above`. The last line of a derivation is the number itself.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.explanation import Line
from finops.model.money import total

if TYPE_CHECKING:
    from collections.abc import Iterable

    from finops.analysis.explanation import Value

__all__ = ["SUM", "Derived", "amount", "count", "derived", "missing", "plain", "summed"]

SUM = "sum of the lines above"


class Derived(NamedTuple):
    """A number, what it is made of in words, and the lines that lead to it."""

    value: Value
    formula: str
    lines: tuple[Line, ...]


def plain(number: Decimal | Fraction | float) -> str:
    """`number` in arithmetic: all of its digits, a fraction without an end as one; brackets where it has a sign."""
    if isinstance(number, Fraction):
        exact = _decimal(number)
        text = f"({number.numerator} / {number.denominator})" if exact is None else f"{exact:f}"
    else:
        value = number if isinstance(number, Decimal) else Decimal(str(number))
        text = "0" if value == 0 else f"{value:f}"
    if "." in text and not text.startswith("("):
        text = text.rstrip("0").rstrip(".")
    return f"({text})" if text.startswith("-") else text


def _decimal(number: Fraction) -> Decimal | None:
    """The decimal a fraction is; None where it has no end."""
    rest, places = number.denominator, 0
    for prime in (2, 5):
        power = 0
        while rest % prime == 0:
            rest //= prime
            power += 1
        places = max(places, power)
    if rest != 1:
        return None
    return Decimal(number.numerator * 10**places // number.denominator).scaleb(-places)


def amount(
    step: str, value: Decimal | float | None, source: str, currency: str | None = None
) -> Line:
    """A line of money."""
    return Line(step, None, currency, None, _number(value), source)


def count(step: str, value: Decimal | float | None, unit: str | None, source: str) -> Line:
    """A line of anything but money: rows, days, a ratio."""
    return Line(step, _number(value), unit, None, None, source)


def _number(value: Decimal | float | None) -> Decimal | None:
    return value if value is None or isinstance(value, Decimal) else Decimal(str(value))


def summed(
    name: str, formula: str, lines: Iterable[Line], currency: str | None, *, of: str = "nothing"
) -> Derived:
    """A number that is the sum of amounts; without any it is zero, `of` what there is none of."""
    found = tuple(lines)
    whole = total(line.amount for line in found if line.amount is not None)
    if not found:
        found = (amount(of, Decimal(0), "none in the period", currency),)
    return Derived(whole, formula, (*found, amount(name, whole, SUM, currency)))


def derived(value: Value, formula: str, *lines: Line) -> Derived:
    """A number whose last line is itself."""
    return Derived(value, formula, lines)


def missing(name: str, formula: str, why: str, *lines: Line) -> Derived:
    """A number that is not there: what is known of it, and why that is not enough."""
    return Derived(None, formula, (*lines, Line(name, None, None, None, None, why)))
