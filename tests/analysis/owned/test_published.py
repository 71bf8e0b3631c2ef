"""Worked examples of textbooks and data sheets, by the product and by the reference of the tests."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from finops.analysis.owned.energy import Energy
from finops.analysis.owned.power import power_charges
from finops.analysis.owned.schedule import charges
from finops.model.money import total
from finops.model.period import Period
from finops.sections.owned import Owned
from tests.analysis.ledgers import sample
from tests.analysis.reference.electricity import Electricity
from tests.analysis.reference.owned import Hardware

START = date(2025, 1, 1)

BOUGHT: dict[str, Any] = {
    "name": "asset",
    "pool": "pool",
    "in_service": START,
    "life_months": 60,
}


def years(given: dict[str, Any], count: int) -> list[Decimal]:
    """What each year of service costs; the reference says the same of it."""
    table = {**BOUGHT, **given}
    owned, hardware, found = Owned.model_validate(table), Hardware(table), []
    for year in range(count):
        start, end = START.replace(year=2025 + year), START.replace(year=2026 + year)
        found.append(total(each.amount for each in charges(owned, Period(start, end))).normalize())
        wanted = (hardware.lost("depreciation", day) for day in (end, start))
        assert next(wanted) - next(wanted) == found[-1]
    return found


def test_a_straight_line() -> None:
    """Bought for 17,000 and worth 2,000 after five years: 3,000 a year (Wikipedia, Depreciation)."""
    given = {"purchase_price": "17000", "residual": "2000"}
    assert years(given, 6) == [3000, 3000, 3000, 3000, 3000, 0]


def test_a_declining_balance_ends_at_the_residual() -> None:
    """1,000 at 40 % a year down to a scrap value of 100 (Wikipedia, Depreciation, double-declining balance)."""
    given = {
        "purchase_price": "1000",
        "residual": "100",
        "depreciation": "economic",
        "annual_decline": "0.4",
    }
    assert years(given, 6) == [400, 240, 144, Decimal("86.4"), Decimal("29.6"), 0]


@pytest.mark.parametrize(
    ("activity", "cost"),
    [
        # 8 devices all at work, 10.2 kW: 10.2 x 24 x 1.3 x 0.12
        (1.0, "38.18880"),
        # nothing sampled, 4 kW: 4 x 24 x 1.3 x 0.12
        (None, "14.97600"),
        # half at work: (4 + 6.2 / 2) x 24 x 1.3 x 0.12
        (0.5, "26.58240"),
    ],
)
def test_a_day_of_power_of_an_eight_gpu_node(activity: float | None, cost: str) -> None:
    """At most 10.2 kW, as the data sheet of a DGX H100 has it; PUE 1.3 and 0.12 a kWh."""
    power = {"price_per_kwh": "0.12", "pue": "1.3", "idle_kw": "4", "max_kw": "10.2"}
    table = {**BOUGHT, "purchase_price": "0", "devices_per_node": 8, "cluster": "c", "power": power}
    day_ms = 8 * 86_400_000
    told = {} if activity is None else {START: Energy(0, 0, day_ms, int(day_ms * activity))}
    day = Period(START, START + timedelta(days=1))
    found = power_charges(Owned.model_validate(table), day, told)
    assert total(each.amount for each in found) == Decimal(cost)
    rows = [
        sample(f"gpu-{place}", "2025-01-01T00:00:00", 86400.0, cluster="c", gpu_util=activity)
        for place in range(8)
    ]
    assert Electricity(table, 8, rows).cost(START) == Decimal(cost)
