"""Random companies with hardware of their own, held against the reference: what it costs, and who bears it."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from finops.analysis.owned.power import power_charges
from finops.analysis.owned.schedule import charges
from finops.model.period import Period
from tests.analysis.hardware import SERVICE_DAYS, Owned, owned, table
from tests.analysis.ledgers import OCTOBER, Row, add, config, make_ledger
from tests.analysis.reference import Reference
from tests.analysis.reference.electricity import HOUR_MS
from tests.analysis.reference.exchange import exchanged
from tests.analysis.reference.owned import Hardware, beside
from tests.analysis.test_closing import close
from tests.analysis.test_model import PERIODS, compare
from tests.analysis.worlds import OBJECTIVES, WORLD_PRICES, World, world

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from finops.config import Config
    from finops.ledger.store import Ledger

INCLUDES: tuple[tuple[str, ...], ...] = ((), (), ("corrections",), ("idle",), ("unused", "idle"))
SPAN, DAYS = (
    Period(date(2026, 9, 1), date(2026, 12, 1)),
    Period(date(2026, 9, 30), date(2026, 10, 2)),
)
RATES = {
    ("EUR", "USD"): {date(2026, month, 1): Decimal(f"1.{month}00003") for month in range(8, 13)},
    ("USD", "JPY"): {date(2024, 1, 1): Decimal("149.37")},
}


@dataclass(frozen=True)
class Company:
    """One of `worlds`, and the hardware it owns besides."""

    world: World
    owned: Owned
    fx: Mapping[tuple[str, str], Mapping[date, Decimal]] | None = None

    @classmethod
    def of(cls, seed: int, requests: int, costs: int) -> Company:
        """The company `seed` names, of at most about so many rows."""
        made, own = world(seed, requests, costs), owned(random.Random(seed + 7), costs)
        samples = {_key(row): row for row in (*made.samples, *own.samples)}
        return cls(
            made._replace(costs=(*made.costs, *own.costs), samples=tuple(samples.values())), own
        )

    @property
    def known(self) -> tuple[date, date]:
        """From the first to the last month that anything is known of."""
        months = {row["x_BillingMonth"] for row in self.world.costs}
        months |= {f"{row['day']:%Y-%m}" for row in (*self.world.requests, *self.world.samples)}
        first, last = (date.fromisoformat(f"{month}-01") for month in (min(months), max(months)))
        return first, (last + timedelta(days=32)).replace(day=1)

    def ledger(self, folder: Path) -> Ledger:
        """All of it, stored."""
        return make_ledger(
            folder,
            costs=self.world.costs,
            requests=self.world.requests,
            samples=self.world.samples,
        )

    def settings(self) -> Config:
        """Its finops.toml."""
        rates = [
            {"from": pair[0], "to": pair[1], "date": day, "rate": rate, "source": "made up"}
            for pair, days in (self.fx or {}).items()
            for day, rate in days.items()
        ]
        exchange: dict[str, Any] = {"currency": "USD", "fx": rates, "fx_max_age_days": 2000}
        return config(
            *self.world.settings(),
            prices=WORLD_PRICES,
            slo=OBJECTIVES,
            owned=list(self.owned.tables),
            **(exchange if self.fx else {}),
        )

    def reference(self, period: Period | None, include: Sequence[str] = ()) -> Reference:
        """What its description says of a period."""
        first, last = self.known
        since = first if period is None else period.start.replace(day=1)
        costs, pools = beside(
            self.world.costs, self.world.samples, self.world.pools, self.owned.tables, (since, last)
        )
        if self.fx:
            costs = exchanged(costs, self.fx, "USD")
        return Reference(
            costs,
            self.world.requests,
            prices=WORLD_PRICES,
            pools=pools,
            samples=self.world.samples,
            period=period or (first, last),
            include=include,
            slos=OBJECTIVES,
        )


def _key(row: Row) -> tuple[object, ...]:
    return row["source_id"], row["device_uuid"], row["mig_profile"], row["timestamp"]


def check(seed: int, folder: Path, requests: int = 20, costs: int = 16) -> None:
    """One company over one period is what the reference says of it."""
    dice = random.Random(seed + 1)
    made = Company.of(seed, requests, costs)
    period, include = dice.choice((*PERIODS[:5], SPAN)), dice.choice(INCLUDES)
    wanted = made.reference(period, include)
    ledger = made.ledger(folder)
    compare(
        ledger,
        made.settings(),
        wanted,
        ("workflow",),
        period=period,
        include=include,
        use_rollups=False,
    )


def check_exchanged(seed: int, folder: Path) -> None:
    """Some of the hardware is paid for in other currencies, and exchanged day by day."""
    dice = random.Random(seed + 2)
    made = Company.of(seed, 12, 12)
    tables = [
        {**each, "currency": dice.choice(("EUR", "JPY", "USD"))} for each in made.owned.tables
    ]
    made = replace(made, owned=made.owned._replace(tables=tuple(tables)), fx=RATES)
    period = dice.choice(PERIODS[1:5])
    compare(made.ledger(folder), made.settings(), made.reference(period), ("team",), period=period)


def check_closed(seed: int, folder: Path) -> None:
    """October is closed; what hardware costs and measured since moves other months, and not October."""
    dice = random.Random(seed + 3)
    made = Company.of(seed, 12, 12)
    ledger, before = made.ledger(folder), made.settings()
    close(ledger, before)
    later = owned(dice, 12)
    known = {_key(row) for row in made.world.samples}
    samples = {_key(row): row for row in later.samples if _key(row) not in known}
    whole = made.world._replace(samples=(*made.world.samples, *samples.values()))
    after = replace(made, world=whole, owned=later._replace(costs=()))
    add(ledger, "gpu_samples", [{**row, "source_id": "late"} for row in samples.values()])
    for period in (OCTOBER, dice.choice((SPAN, DAYS))):
        wanted = Reference.of_months(
            [
                (made if month == (2026, 10) else after).reference(part)
                for month, part in _months(period)
            ]
        )
        compare(ledger, after.settings(), wanted, ("workflow",), period=period)


def _months(period: Period) -> list[tuple[tuple[int, int], Period]]:
    """The months of a period, each cut at its edges."""
    found, day = [], period.start
    while day < period.end:
        following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        found.append(((day.year, day.month), Period(day, min(following, period.end))))
        day = following
    return found


def check_table(seed: int) -> None:
    """What one asset costs without samples, over the months around a day, element by element."""
    dice = random.Random(seed)
    asset = table(dice, 0)
    first = dice.choice((*SERVICE_DAYS, asset["in_service"])) - timedelta(days=dice.randrange(40))
    window = Period(first, first + timedelta(days=dice.choice((1, 31, 90, 400))))
    told = config(owned=[asset]).owned[0]
    made = (*charges(told, window), *power_charges(told, window, {}))
    found = {(each.element, each.day): Fraction(each.amount) for each in made if each.amount}
    hardware = Hardware(asset)
    wanted = {
        (element, day): amount
        for day in hardware.days(window.start, window.end)
        for element, amount in hardware.elements(day).items()
        if amount
    }
    assert found == wanted
    hours = sum(each.quantity or 0 for each in made if each.element == "depreciation")
    offered = sum(row["device_ms"] or 0 for row in hardware.charges(window.start, window.end))
    assert hours * HOUR_MS == offered


def test_random_assets_cost_what_their_description_says_day_by_day() -> None:
    for seed in range(60):
        check_table(seed)


@pytest.mark.parametrize("seed", [29, 68, 110, 122, 2009])
def test_hardware_costs_and_is_borne_as_its_description_says(seed: int, tmp_path: Path) -> None:
    check(seed, tmp_path)


@pytest.mark.parametrize("seed", [1, 2])
def test_hardware_in_other_currencies_is_exchanged_day_by_day(seed: int, tmp_path: Path) -> None:
    check_exchanged(seed, tmp_path)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_closed_month_keeps_its_hardware(seed: int, tmp_path: Path) -> None:
    check_closed(seed, tmp_path)
