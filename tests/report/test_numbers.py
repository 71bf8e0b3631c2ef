"""Rounding happens once, half to even; machines get every digit."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.report import Style
from finops.report.json_format import encode
from finops.report.numbers import exact, shown

AMOUNTS = st.decimals(
    min_value=-(10**14) + 1, max_value=10**14 - 1, places=24, allow_nan=False, allow_infinity=False
)


@pytest.mark.parametrize(
    ("value", "style", "text"),
    [
        ("0.125", Style.MONEY, "0.12"),
        ("0.135", Style.MONEY, "0.14"),
        ("-0.005", Style.MONEY, "0.00"),
        ("-0.015", Style.MONEY, "-0.02"),
        ("1234567.895", Style.MONEY, "1,234,567.90"),
        ("99999999999999.995000000000000000000001", Style.MONEY, "100,000,000,000,000.00"),
        ("0.00012345", Style.UNIT_MONEY, "0.0001234"),
        ("0.00012355", Style.UNIT_MONEY, "0.0001236"),
        ("12.345", Style.UNIT_MONEY, "12.34"),
        ("1234.5", Style.UNIT_MONEY, "1,234"),
        ("98765432.1", Style.UNIT_MONEY, "98,765,432"),
        ("9.99995", Style.UNIT_MONEY, "10.000"),
        ("0", Style.UNIT_MONEY, "0"),
        ("10594.473", Style.FIGURE, "10,594.47"),
        ("0.0000018", Style.FIGURE, "0.0000018"),
        ("2.0272916666666666", Style.FIGURE, "2.02729"),
        ("3.7", Style.FIGURE, "3.70"),
        ("-1200.00", Style.FIGURE, "-1,200"),
        ("0.5", Style.RATIO, "50.0%"),
        ("0.9995", Style.RATIO, "100.0%"),
        ("0.99949", Style.RATIO, "99.9%"),
        ("12.5", Style.MILLISECONDS, "12.50"),
        ("1234.5678", Style.MILLISECONDS, "1,235"),
        ("3", Style.NUMBER, "3"),
        ("2.5", Style.COUNT, "2"),
        ("12345678", Style.COUNT, "12,345,678"),
    ],
)
def test_people_see(value: str, style: Style, text: str) -> None:
    assert shown(Decimal(value), style) == text


def test_a_float_is_rounded_from_what_it_prints_not_from_its_bits() -> None:
    assert shown(0.145, Style.MONEY) == "0.14"
    assert shown(2.675, Style.MONEY) == "2.68"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_a_number_is_not_available(value: float) -> None:
    assert shown(value, Style.MONEY) == "n/a"
    assert encode(value) == "null"


@given(AMOUNTS)
def test_machines_get_every_digit(amount: Decimal) -> None:
    text = exact(amount)
    assert Decimal(text) == amount
    assert "E" not in text.upper()
    assert json.loads(encode({"amount": amount}), parse_float=Decimal)["amount"] == amount


@given(AMOUNTS)
def test_money_is_shown_within_half_a_cent(amount: Decimal) -> None:
    shown_amount = Decimal(shown(amount, Style.MONEY).replace(",", ""))
    assert abs(shown_amount - amount) <= Decimal("0.005")


def test_json_has_no_word_for_other_things() -> None:
    with pytest.raises(TypeError, match="cannot hold a object"):
        encode(object())
