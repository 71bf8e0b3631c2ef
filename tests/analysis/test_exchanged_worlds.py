"""Random companies billed in several currencies, held against the reference: exchanged first, then allocated."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.analysis.ledgers import config, make_ledger
from tests.analysis.reference.exchange import exchanged
from tests.analysis.test_model import PERIODS, compare, reference
from tests.analysis.worlds import OBJECTIVES, WORLD_PRICES, world

if TYPE_CHECKING:
    from pathlib import Path

PUBLISHED = (("EUR", "USD"), ("USD", "JPY"))
"""Of yen only what a dollar is in them: the other direction is turned."""

DAYS = tuple(date(2026, month, day) for month in (8, 9, 10, 11) for day in (1, 15, 30))


@pytest.mark.parametrize("seed", [3, 11, 102])
def test_other_currencies_are_exchanged_as_their_description_says(
    seed: int, tmp_path: Path
) -> None:
    dice = random.Random(seed)
    company = world(seed, 24, 24)
    costs = tuple(
        {
            **row,
            "BillingCurrency": dice.choice(("USD", "EUR", "JPY")),
            "InvoiceId": dice.choice((None, "one", "two")),
        }
        for row in company.costs
    )
    rates = {
        pair: {day: Decimal(dice.randrange(1, 10**9)).scaleb(-6) for day in DAYS}
        for pair in PUBLISHED
    }
    fx = [
        {"from": pair[0], "to": pair[1], "date": day, "rate": rate, "source": "made up"}
        for pair, days in rates.items()
        for day, rate in days.items()
    ]
    setup = config(
        *company.settings(),
        prices=WORLD_PRICES, slo=OBJECTIVES, currency="USD", fx=fx, fx_max_age_days=60,
    )  # fmt: skip
    ledger = make_ledger(tmp_path, costs=costs, requests=company.requests, samples=company.samples)
    told = company._replace(costs=exchanged(costs, rates, "USD"))
    period = PERIODS[seed % len(PERIODS)]
    answer = compare(ledger, setup, reference(told, period), ("workflow",), period=period)
    assert not answer.other_currencies
