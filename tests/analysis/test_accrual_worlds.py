"""Random companies without some of October's invoices: what is accrued is what a second implementation says."""

from __future__ import annotations

import random
import tempfile
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from finops.analysis.accruals import accruals, accrued
from finops.analysis.books import books
from finops.analysis.reversals import due
from finops.ledger.snapshots import closed_months
from finops.model.money import total
from finops.model.period import parse_month
from tests.analysis.ledgers import OCTOBER, add, at, config, make_ledger
from tests.analysis.reference import Reference
from tests.analysis.reference.accruals import accrued as expected
from tests.analysis.test_close_books import close, effective
from tests.analysis.worlds import WORLD_PRICES, World, world

if TYPE_CHECKING:
    from finops.analysis.accruals import Accrual
    from tests.analysis.ledgers import Row

NOVEMBER = parse_month("2026-11")
SERVICES = ("Iron", "Colo", "Units", "Desks", "Models", None)


def company(seed: int) -> tuple[World, list[Row]]:
    """A company, and the rows of its bill for October that some services have not sent yet."""
    dice = random.Random(seed)
    made = world(seed, 40, 60)
    late = {service for service in SERVICES if dice.random() < 0.7}
    missing = [row for row in made.costs if row["ServiceName"] in late and is_of_october(row)]
    costs = tuple(row for row in made.costs if row not in missing)
    return made._replace(costs=costs), missing


def is_of_october(row: Row) -> bool:
    start, end = at("2026-10-01"), at("2026-11-01")
    covers = row["ChargePeriodStart"] < end and row["ChargePeriodEnd"] > start
    return row["x_BillingMonth"] == "2026-10" or bool(covers)


def by_use(found: tuple[Accrual, ...]) -> dict[tuple[str, str], tuple[Fraction | None, ...]]:
    return {
        (each.used if each.pool else f"{each.provider} {each.used}", each.kind): tuple(
            None if number is None else Fraction(number)
            for number in (each.quantity, each.rate, each.amount)
        )
        for each in found
    }


@pytest.mark.parametrize("seed", [3, 12, 30])
def test_what_is_accrued_is_what_the_reference_says_and_goes_when_the_invoices_come(
    seed: int,
) -> None:
    made, missing = company(seed)
    setup = config(*made.settings(), prices=WORLD_PRICES)
    wanted = expected(
        Reference(
            made.costs,
            made.requests,
            prices=WORLD_PRICES,
            samples=made.samples,
            pools=made.pools,
            period=(OCTOBER.start, OCTOBER.end),
        )
    )
    with tempfile.TemporaryDirectory() as folder:
        ledger = make_ledger(
            Path(folder), costs=made.costs, requests=made.requests, samples=made.samples
        )
        (part,) = books(ledger, setup, OCTOBER)
        found = accruals(part)
        assert by_use(found) == wanted
        billed = effective(ledger, setup, OCTOBER).get("USD", Decimal(0))
        close(ledger, setup, accrue=True)
        assert effective(ledger, setup, OCTOBER)["USD"] == billed + accrued(found)
        late = [row for row in missing if row["x_BillingMonth"] == "2026-10"]
        kept = [row for row in made.costs if row["x_BillingMonth"] == "2026-10"]
        add(ledger, "costs", [*kept, *late])
        met = {each.name[1:] for each in due(ledger, setup, closed_months(ledger.location))}
        taken_back = accrued([each for each in found if (each.provider, each.pool) in met])
        own = total(r["EffectiveCost"] for r in made.costs if r["x_BillingMonth"] == "2026-11")
        invoiced = total(row["EffectiveCost"] for row in late)
        assert effective(ledger, setup, OCTOBER)["USD"] == billed + accrued(found)
        assert effective(ledger, setup, NOVEMBER)["USD"] == own + invoiced - taken_back
