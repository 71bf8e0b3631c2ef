"""Adjoining periods add up: whatever a month is cut into, the parts are the whole, to the digit."""

from __future__ import annotations

import tempfile
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from finops.model.period import Period
from tests.analysis.ledgers import ask, config, make_ledger
from tests.analysis.worlds import WORLD_PRICES, world

if TYPE_CHECKING:
    from finops.analysis.economics import UnitEconomics


def amounts(answer: UnitEconomics) -> dict[str, Fraction]:
    """Every count and amount that time divides: of the bill, and of what requests carry."""
    books, unallocated = answer.reconciliation, answer.reconciliation.unallocated
    named = {
        **books.amounts,
        **books.excluded,
        **answer.total.components,
        **{name: Decimal(count) for name, count in answer.total.counts.items()},
        **{name: amount for name, amount in unallocated.items() if name != "rounding"},
        "other": books.other,
        "estimated": books.estimated,
    }
    return {name: Fraction(amount) for name, amount in named.items() if amount}


@settings(max_examples=8, derandomize=True)
@given(seed=st.integers(0, 2**32), cut=st.integers(3, 30))
def test_adjoining_periods_add_up_to_the_whole(seed: int, cut: int) -> None:
    """October from its 2nd to its 31st, cut anywhere; no shared pools, whose drivers are the period's."""
    company = world(seed, 20, 24)
    pools = [pool for pool in company.settings() if pool["kind"] != "shared"]
    first, middle, last = (date(2026, 10, day) for day in (2, cut, 31))
    with tempfile.TemporaryDirectory() as folder:
        ledger = make_ledger(Path(folder), costs=company.costs, requests=company.requests)
        whole, left, right = (
            ask(ledger, config(*pools, prices=WORLD_PRICES), period=Period(*span))
            for span in ((first, last), (first, middle), (middle, last))
        )
    parts = [amounts(left), amounts(right)]
    names = {name for part in parts for name in part}
    together = {name: sum(part.get(name, Fraction(0)) for part in parts) for name in names}
    assert {name: amount for name, amount in together.items() if amount} == amounts(whole)
