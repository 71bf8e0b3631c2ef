"""Depreciation and monthly elements: exact to the last digit, however the time is cut."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops.analysis.owned.schedule import (
    book_value,
    charges,
    in_service,
    months_between,
    value_unknown_since,
)
from finops.model.money import add, subtract, total
from finops.model.period import Period, parse_month
from finops.sections.owned import Element, Owned

FOREVER = Period(date(2025, 1, 1), date(2032, 1, 1))


def thing(**given_: Any) -> Owned:  # noqa: ANN401  (whatever the section takes)
    base = {"name": "colo", "pool": "colo", "purchase_price": "4800", "life_months": 48}
    return Owned.model_validate({**base, "in_service": date(2025, 4, 1), **given_})


def cost(owned: Owned, window: Period | str, element: str | None = None) -> Decimal:
    period = parse_month(window) if isinstance(window, str) else window
    found = charges(owned, period)
    return total(each.amount for each in found if element in {None, each.element}).normalize()


def device_hours(owned: Owned, window: Period) -> Decimal:
    return total(each.quantity or Decimal(0) for each in charges(owned, window))


def elements(owned: Owned, window: Period) -> set[str]:
    return {str(each.element) for each in charges(owned, window)}


def test_every_whole_month_costs_the_same() -> None:
    owned = thing()
    months = ("2025-04", "2026-02", "2028-02", "2029-03")
    assert [cost(owned, month) for month in months] == [100] * 4
    assert [cost(owned, month) for month in ("2025-03", "2029-04")] == [0, 0]
    assert cost(owned, Period(date(2026, 2, 1), date(2026, 2, 8))) == 25
    assert cost(owned, FOREVER) == 4800


def test_a_month_in_part_costs_its_days_and_the_last_one_what_is_left() -> None:
    owned = thing(
        in_service=date(2025, 4, 16), residual="480", life_months=12, purchase_price="1680"
    )
    assert cost(owned, "2025-04") == 50
    assert cost(owned, "2025-05") == 100
    assert cost(owned, "2026-04") == 50
    assert cost(owned, "2026-05") == 0
    assert cost(owned, FOREVER) == 1200
    assert book_value(owned, date(2030, 1, 1)) == 480


def test_thirds_add_up_to_the_price() -> None:
    owned = thing(purchase_price="100", life_months=3)
    third = Decimal("33." + "3" * 24)
    assert [cost(owned, month) for month in ("2025-04", "2025-05", "2025-06")] == [
        third,
        third,
        third + Decimal("1e-24"),
    ]
    assert cost(owned, FOREVER) == 100


def test_a_negative_residual_is_written_off_too() -> None:
    assert cost(thing(residual="-480"), FOREVER) == 5280
    assert cost(thing(residual="-480"), "2026-01") == 110


def test_each_part_has_its_own_element_and_the_residual_is_of_the_nodes() -> None:
    owned = thing(network_price="480", storage_price="96", residual="2400")
    parts = {name: cost(owned, "2025-05", name) for name in Element}
    assert {name: amount for name, amount in parts.items() if amount} == {
        "depreciation": 50,
        "network": 10,
        "storage": 2,
    }


def test_what_is_paid_by_the_month_is_exact_in_whole_months_and_by_days_in_others() -> None:
    owned = thing(
        support_per_month="1000",
        colocation_per_month="310",
        staff_per_month="0",
        in_service=date(2025, 4, 16),
        retired=date(2025, 7, 11),
        purchase_price="0",
    )
    months = ("2025-04", "2025-05", "2025-06", "2025-07", "2025-08")
    support = [cost(owned, month, "support") for month in months]
    assert support == [500, 1000, 1000, Decimal("322.580645161290322580645161"), 0]
    assert [cost(owned, month, "colocation") for month in months] == [155, 310, 310, 100, 0]
    assert elements(owned, FOREVER) == {"support", "colocation"}


def test_support_goes_on_after_the_life_and_until_retirement() -> None:
    owned = thing(life_months=1, support_per_month="30")
    assert elements(owned, parse_month("2025-04")) == {"depreciation", "support"}
    assert elements(owned, parse_month("2031-01")) == {"support"}


@pytest.mark.parametrize(
    ("more", "left"),
    [
        ({}, "2400"),
        ({"residual": "480"}, "2160"),
        ({"sold_for": "3000"}, "-600"),
        ({"sold_for": "2400"}, "0"),
        ({"network_price": "96", "sold_for": "1000"}, "1448"),
        ({"network_price": "96"}, "2448"),
    ],
)
def test_retirement_writes_off_what_is_left(more: dict[str, Any], left: str) -> None:
    owned = thing(retired=date(2027, 4, 1), **more)
    found = [each for each in charges(owned, FOREVER) if each.element == "disposal"]
    assert [each.amount for each in found] == ([Decimal(left)] if left != "0" else [])
    assert {each.day for each in found} <= {date(2027, 3, 31)}
    paid = Decimal(4800) + Decimal(more.get("network_price", 0))
    assert cost(owned, FOREVER) == paid - Decimal(more.get("sold_for", more.get("residual", 0)))


def test_value_falls_by_a_share_of_itself_each_year_down_to_the_residual() -> None:
    owned = thing(
        depreciation="economic", annual_decline="0.5", residual="1000", purchase_price="4800"
    )
    assert cost(owned, "2025-04") == cost(owned, "2026-03") == 200
    assert cost(owned, "2026-04") == 100
    assert book_value(owned, date(2027, 4, 1)) == 1200
    assert cost(owned, "2027-04") == 50
    assert book_value(owned, date(2027, 8, 1)) == book_value(owned, date(2031, 1, 1)) == 1000
    assert cost(owned, FOREVER) == 3800


def test_value_lies_between_what_the_market_said() -> None:
    values = [
        {"date": date(2025, 5, 1), "value": "4500"},
        {"date": date(2025, 5, 11), "value": "4600"},
    ]
    owned = thing(depreciation="economic", market_values=values, network_price="480")
    assert cost(owned, "2025-04", "depreciation") == 300
    assert cost(owned, Period(date(2025, 4, 4), date(2025, 4, 5)), "depreciation") == 10
    assert cost(owned, "2025-05", "depreciation") == -100
    assert cost(owned, "2025-06") == 10, "the network is written off in a straight line"
    assert value_unknown_since(owned) == date(2025, 5, 11)
    falling = thing(depreciation="economic", market_values=values, annual_decline="0.12")
    assert cost(falling, Period(date(2025, 5, 11), date(2026, 5, 11))) == Decimal(552)
    assert value_unknown_since(falling) is value_unknown_since(thing()) is None


def test_hardware_at_its_value_is_sold_for_it_unless_it_was_not() -> None:
    given_ = {"depreciation": "economic", "annual_decline": "0.5", "retired": date(2026, 4, 1)}
    assert elements(thing(**given_), FOREVER) == {"depreciation"}
    assert cost(thing(**given_, sold_for="2000"), FOREVER, "disposal") == 400
    by_market = {**given_, "market_values": [{"date": date(2026, 4, 1), "value": "2400"}]}
    del by_market["annual_decline"]
    assert cost(thing(**by_market, network_price="480"), FOREVER, "disposal") == 360


def test_months_are_counted_by_their_own_days() -> None:
    assert months_between(date(2026, 1, 31), date(2026, 3, 1)) == 1 + Fraction(1, 31)
    assert months_between(date(2024, 2, 15), date(2025, 2, 15)) == 12 + Fraction(14, 28) - Fraction(
        14, 29
    )


def test_device_time_is_devices_times_days_in_service() -> None:
    lab = thing(name="lab", nodes=2, devices_per_node=8, cluster="lab", retired=date(2026, 10, 11))
    october = parse_month("2026-10")
    assert device_hours(lab, october) == 16 * 10 * 24
    assert device_hours(thing(), october) == device_hours(lab, parse_month("2026-11")) == 0
    assert in_service(lab, october) == Period(date(2026, 10, 1), date(2026, 10, 11))


def test_hardware_offers_device_time_also_when_it_is_written_off() -> None:
    owned = thing(life_months=1, nodes=2, devices_per_node=8, retired=date(2025, 5, 2))
    found = [(each.day, each.amount, each.quantity) for each in charges(owned, FOREVER)]
    assert len(found) == 31
    assert found[0] == (date(2025, 4, 1), Decimal(160), Decimal(384))
    assert found[-1] == (date(2025, 5, 1), Decimal(0), Decimal(384))
    assert device_hours(owned, FOREVER) == 31 * 384


MONEY = st.decimals(min_value=0, max_value=10**9, places=4)
DATES = st.dates(date(2024, 1, 1), date(2026, 12, 31))


@settings(max_examples=15, deadline=None)
@given(
    price=MONEY,
    network=st.one_of(st.none(), MONEY),
    residual=st.decimals(min_value=-(10**6), max_value=0, places=2),
    start=DATES,
    life=st.integers(1, 30),
    decline=st.one_of(st.none(), st.decimals(0, Decimal("0.99"), places=3)),
    retired_after=st.one_of(st.none(), st.integers(1, 800)),
    sold=st.one_of(st.none(), st.decimals(min_value=-(10**4), max_value=10**6, places=2)),
    cuts=st.lists(st.dates(date(2023, 12, 1), date(2028, 1, 1)), max_size=2),
)
def test_a_life_costs_what_was_paid_less_what_it_fetched(
    price: Decimal,
    network: Decimal | None,
    residual: Decimal,
    start: date,
    life: int,
    decline: Decimal | None,
    retired_after: int | None,
    sold: Decimal | None,
    cuts: list[date],
) -> None:
    retired = None if retired_after is None else start + timedelta(days=retired_after)
    owned = thing(
        purchase_price=price,
        network_price=network,
        residual=residual,
        in_service=start,
        life_months=life,
        depreciation="book" if decline is None else "economic",
        annual_decline=decline,
        retired=retired,
        sold_for=sold if retired else None,
    )
    edges = [date(2023, 1, 1), *sorted(set(cuts)), date(2030, 1, 1)]
    whole = total(each.amount for each in charges(owned, Period(edges[0], edges[-1])))
    pieces = [Period(*edge) for edge in pairwise(edges)]
    assert whole == total(each.amount for piece in pieces for each in charges(owned, piece))
    paid = add(price, network or Decimal(0))
    if retired and sold is not None:
        assert whole == subtract(paid, sold)
    elif decline is None:
        assert whole == subtract(paid, residual)
    else:
        assert whole == subtract(paid, book_value(owned, retired or edges[-1]))
