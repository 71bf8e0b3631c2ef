"""What an explanation is: a number, its formula, and the lines that lead to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from decimal import Decimal

    from finops.model.period import Period

__all__ = ["Explanation", "Line", "Value"]

Value: TypeAlias = "Decimal | int | float | dict[str, float | None] | dict[str, Decimal] | None"
"""What is explained: an amount, a count, a ratio, or the parts of one; None is `n/a`."""


class Line(NamedTuple):
    """One step: `quantity` of `unit` at `rate` makes `amount`; `source` is where the rate is from."""

    step: str
    quantity: Decimal | None
    unit: str | None
    rate: Decimal | None
    amount: Decimal | None
    source: str


class Explanation(NamedTuple):
    """A number, its formula, and the lines that lead to it."""

    number: str
    formula: str
    value: Value
    period: Period | None
    currency: str | None
    lines: tuple[Line, ...]
