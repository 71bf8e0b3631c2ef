"""The decomposition by itself: exact effects of small examples, and conservation of any."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from finops.analysis.compare.effects import Item, Side, decompose, sums
from finops.model.money import total


def side(cost: str, quantity: str | None, native: str | None = None) -> Side:
    return Side(
        Decimal(cost),
        None if quantity is None else Fraction(quantity),
        None if native is None else Decimal(native),
    )


def item(name: str, before: Side | None, after: Side | None, line: str = "usage") -> Item:
    return Item(("g",), name, "tokens", line, "USD", before, after)


def effects(*items: Item) -> list[dict[str, str]]:
    return [
        {name: f"{amount.normalize():f}" for name, amount in change.effects.items() if amount}
        for change in decompose(items)
    ]


def test_a_higher_price_is_price_and_more_use_is_usage() -> None:
    """100 at 2 become 150 at 3: price 150 x (3 - 2), usage 2 x (150 - 100)."""
    assert effects(item("a", side("200", "100"), side("450", "150"))) == [
        {"price": "150", "usage": "100"}
    ]


def test_moving_to_a_dearer_item_is_mix() -> None:
    """1000 tokens move from a model at 1 to one at 5: the same use, and 4000 of mix."""
    found = decompose([
        item("small", side("1000", "1000"), None),
        item("large", None, side("5000", "1000")),
    ])  # fmt: skip
    assert {name: int(amount) for name, amount in sums(found).items() if amount} == {"mix": 4000}


def test_mix_of_two_items_that_stay() -> None:
    """A at 1, B at 3, from 50/50 to 20/80 of 100: average 2, so mix is (1-2) x -30 + (3-2) x 30."""
    assert effects(
        item("a", side("50", "50"), side("20", "20")),
        item("b", side("150", "50"), side("240", "80")),
    ) == [{"usage": "-60", "mix": "30"}, {"usage": "60", "mix": "30"}]


def test_a_family_that_appears_is_new_and_one_that_ends_gone() -> None:
    assert effects(item("a", None, side("7", "7"))) == [{"new": "7"}]
    assert effects(item("a", side("7", "7"), None)) == [{"gone": "-7"}]


def test_without_a_quantity_price_and_usage_cannot_be_told() -> None:
    assert effects(item("a", side("7", "7"), side("9", None))) == [{"unmeasured": "2"}]
    assert effects(item("a", side("7", "0"), side("9", "3"))) == [{"unmeasured": "2"}]
    assert effects(item("a", side("7", "7"), side("9", "0"))) == [{"unmeasured": "2"}]


def test_what_is_not_measured_leaves_the_average_of_the_rest_alone() -> None:
    assert effects(
        item("a", side("200", "100"), side("450", "150")),
        item("b", side("999", None), side("1000", None)),
    ) == [{"price": "150", "usage": "100"}, {"unmeasured": "1"}]


def test_quantities_that_net_to_zero_have_no_average_but_prices_of_their_own() -> None:
    assert effects(
        item("use", side("10", "5"), side("12", "6")),
        item("back", side("-10", "-5"), side("-12", "-6")),
        item("more", None, side("3", "1")),
    ) == [{"usage": "2"}, {"usage": "-2"}, {"new": "3"}]


def test_a_line_that_is_no_usage_is_an_effect_of_its_own() -> None:
    assert effects(item("promotion", side("-500", None), None, "credits")) == [{"credits": "500"}]


def test_a_rate_of_exchange_is_told_from_the_price() -> None:
    """10 EUR at 1.10 become 12 EUR at 1.20: 14.40 against 13.20 at the earlier rate; the price stays."""
    assert effects(item("a", side("11", "10", "10"), side("14.4", "12", "12"))) == [
        {"fx": "1.2", "usage": "2.2"}
    ]


AMOUNTS = st.decimals(min_value=-(10**6), max_value=10**6, places=24, allow_nan=False)
QUANTITIES = st.one_of(
    st.none(),
    st.just(Fraction(0)),
    st.fractions(min_value=-1000, max_value=10**9, max_denominator=10**6),
)
SIDES = st.one_of(st.none(), st.builds(Side, AMOUNTS, QUANTITIES, st.one_of(st.none(), AMOUNTS)))
ITEMS = st.lists(
    st.builds(
        Item,
        st.tuples(st.sampled_from(["x", "y"])),
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(["input", "output"]),
        st.sampled_from(["usage", "usage", "usage", "credits", "fx"]),
        st.sampled_from(["USD", "EUR"]),
        SIDES,
        SIDES,
    ).filter(lambda each: each.before is not None or each.after is not None),
    max_size=12,
)


@given(ITEMS)
def test_effects_add_up_to_the_difference_whatever_the_amounts(items: list[Item]) -> None:
    found = decompose(items)
    assert [change.item for change in found] == items
    for change in found:
        assert total(change.effects.values()) == change.item.change
    assert total(sums(found).values()) == total(each.change for each in items)
