"""Random companies close a month: whatever comes later, it stays; the next month has the difference."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops.model.period import parse_month
from finops.report.formats import ReportFormat, render
from finops.report.unit import unit_report
from tests.analysis.ledgers import OCTOBER, add, ask, config, make_ledger
from tests.analysis.test_closing import close
from tests.analysis.worlds import WORLD_PRICES, world

if TYPE_CHECKING:
    from finops.config import Config
    from finops.ledger.store import Ledger
    from finops.model.period import Period
    from tests.analysis.ledgers import Row

NOVEMBER = parse_month("2026-11")
FIRST, LATER = "2026-10", "2026-11"


def effective(rows: list[Row], month: str) -> Fraction:
    """EffectiveCost billed in a month."""
    return sum(
        (Fraction(Decimal(row["EffectiveCost"])) for row in rows if row["x_BillingMonth"] == month),
        Fraction(0),
    )


def shown(ledger: Ledger, setup: Config, period: Period) -> bytes:
    return render(
        unit_report(ask(ledger, setup, "workflow", "model", period=period)), ReportFormat.JSON
    )


@settings(max_examples=2, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32))
def test_a_closed_month_stays_and_the_next_one_has_the_difference(seed: int) -> None:
    company, other = (world(each, 25, 20) for each in (seed, seed + 1))
    setup = config(*company.settings(), prices=WORLD_PRICES)
    with tempfile.TemporaryDirectory() as folder:
        ledger = make_ledger(
            Path(folder),
            costs=company.costs,
            requests=company.requests,
            samples=company.samples,
        )
        before = shown(ledger, setup, OCTOBER)
        close(ledger, setup)
        bills = [row for row in other.costs if row["x_BillingMonth"] == FIRST]
        add(ledger, "costs", bills)
        late = [{**row, "request_id": f"late-{row['request_id']}"} for row in other.requests]
        add(ledger, "requests", late)
        add(ledger, "gpu_samples", other.samples)
        for table in ("costs", "requests", "gpu_samples"):
            delta = ledger.delta(table)
            if delta is not None:
                delta.vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)
        assert shown(ledger, setup, OCTOBER) == before
        found = ask(ledger, setup, period=NOVEMBER).reconciliation
        difference = effective(bills, FIRST) - effective(list(company.costs), FIRST)
        own = effective(list(company.costs), LATER)
        moved = difference if bills else Fraction(0)
        assert Fraction(found.amounts["EffectiveCost"]) == own + moved
        assert found.difference == 0
