"""The arithmetic that explanations print can be done again, and a line that is wrong is noticed."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from finops.analysis.derived.arithmetic import SUM, amount, count, plain, summed
from tests.analysis.arithmetic import evaluate, recompute


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Decimal("12.500"), "12.5"),
        (Decimal(-3), "(-3)"),
        (Decimal("0E-24"), "0"),
        (Decimal(1200), "1200"),
        (Fraction(3, 8), "0.375"),
        (Fraction(1, 3), "(1 / 3)"),
        (Fraction(-7, 3), "(-7 / 3)"),
        (0.1, "0.1"),
    ],
)
def test_numbers_are_written_out(number: Decimal | Fraction | float, text: str) -> None:
    assert plain(number) == text
    assert evaluate(text, {}) == (Fraction(str(number)) if isinstance(number, float) else number)


def test_lines_are_done_again_from_those_above() -> None:
    lines = (
        amount("paid", Decimal("7.5"), "the bill"),
        count("used", 3, "hours", "samples"),
        amount("price", Decimal("2.5"), "= paid / used"),
        amount("more", Decimal("0.01"), "= max(0, price - 2.4949), to the cent"),
        amount("all", Decimal("10.01"), SUM),
    )
    assert recompute(lines) == 3
    with pytest.raises(AssertionError, match=r"2\.6"):
        recompute((*lines[:2], amount("price", Decimal("2.6"), "= paid / used")))


def test_a_sum_of_nothing_says_so() -> None:
    found = summed("used", "sum of charges", (), "USD", of="charges")
    assert found.value == 0
    assert [line.source for line in found.lines] == ["none in the period", SUM]
