"""How one amount is divided: edges, signs, and nothing lost."""

from __future__ import annotations

import itertools
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from finops.analysis.split.parts import WHOLE, Part, shares


def part(use: str, weight: int | Fraction, *keys: str | None) -> Part:
    return Part(use, keys, Fraction(weight))


def test_parts_are_cut_at_the_twelfth_place_and_the_last_takes_what_is_left() -> None:
    found = shares([part("requests", 1, name) for name in "abc"])
    assert [(each.keys, each.start, each.end) for each in found] == [
        (("a",), 0, 333333333333),
        (("b",), 333333333333, 666666666666),
        (("c",), 666666666666, WHOLE),
    ]


def test_the_same_use_and_keys_are_one_part() -> None:
    found = shares([Part("requests", ("a",), Fraction(1), 2, "Tokens")] * 3)
    assert [(each.start, each.end, each.quantity) for each in found] == [(0, WHOLE, 6)]


def test_more_logged_than_billed_is_a_negative_part_that_stands_first() -> None:
    found = shares([part("requests", 110, "a"), part("unlogged", -10, None)])
    assert [(each.use, each.start, each.end) for each in found] == [
        ("unlogged", 0, -WHOLE // 10),
        ("requests", -WHOLE // 10, WHOLE),
    ]


def test_weights_that_cancel_split_nothing() -> None:
    assert shares([part("requests", 5, "a"), part("unlogged", -5, None)]) == ()
    assert shares([]) == ()


@given(
    st.lists(
        st.tuples(st.sampled_from("abcdef"), st.integers(-1000, 10**6)), min_size=1, max_size=12
    )
)
def test_edges_meet_from_nothing_to_everything(drawn: list[tuple[str, int]]) -> None:
    found = shares([part("requests", weight, key) for key, weight in drawn])
    assert bool(found) == (sum(weight for _, weight in drawn) != 0)
    for before, after in itertools.pairwise(found):
        assert before.end == after.start
    if found:
        assert (found[0].start, found[-1].end) == (0, WHOLE)
