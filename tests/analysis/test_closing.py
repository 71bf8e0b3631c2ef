"""Closing a month: its numbers stay to the digit whatever comes after, and what came after is not lost."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from finops.analysis.closing import Decision, close_month
from finops.analysis.completeness import completeness
from finops.ledger.sweep import sweep
from finops.model.period import Period, parse_month
from finops.report.formats import ReportFormat, render
from finops.report.unit import unit_report
from tests.analysis.ledgers import add, ask, config, cost, cost_of, make_ledger, request, tokens

if TYPE_CHECKING:
    from pathlib import Path

    from finops.config import Config
    from finops.ledger.snapshots import Closed
    from finops.ledger.store import Ledger

OCTOBER, NOVEMBER = parse_month("2026-10"), parse_month("2026-11")
SHARED = {"name": "gateway", "kind": "shared", "where": "ServiceName = 'Gateway'"}
METERED = {"name": "models", "kind": "metered", "where": "x_Model is not null"}
NOW = datetime(2026, 12, 20, tzinfo=UTC)


def close(ledger: Ledger, settings: Config, month: Period = OCTOBER) -> Closed:
    found = completeness(ledger, settings, month, NOW.date())
    return close_month(ledger, settings, found, Decision("ann@host", NOW, "a test"))


def company(folder: Path) -> Ledger:
    """October: 100.5 metered for 1,000 tokens of which 800 are logged, 12 for a gateway, 5 not AI."""
    return make_ledger(
        folder,
        costs=[
            tokens("100.5", "output", 1000, InvoiceId="A-10"),
            cost("12", ServiceName="Gateway", InvoiceId="B-10"),
            cost("5", ServiceName="Mail", InvoiceId="B-10"),
            tokens("50", "output", 500, "2026-11-01", "2026-12-01", InvoiceId="A-11"),
        ],
        requests=[
            request("r1", output_tokens=500, workflow="chat"),
            request("r2", "2026-10-31T23:59:00", output_tokens=300, workflow="search"),
            request("r3", "2026-11-03T10:00:00", output_tokens=500, workflow="chat"),
        ],
    )


def answers(ledger: Ledger, settings: Config, period: Period | None = OCTOBER) -> dict[str, bytes]:
    """The unit economics of `period` by workflow, in every format."""
    report = unit_report(ask(ledger, settings, "workflow", period=period))
    return {str(format_): render(report, format_) for format_ in ReportFormat}


def test_nothing_that_comes_later_moves_a_closed_month(tmp_path: Path) -> None:
    ledger = company(tmp_path / "ledger")
    settings = config(SHARED, METERED)
    before = answers(ledger, settings)
    close(ledger, settings)
    assert answers(ledger, settings) == before
    add(ledger, "costs", [tokens("120", "output", 1200, InvoiceId="A-10")])
    add(ledger, "requests", [request("late", output_tokens=200, workflow="chat")])
    for table in ("costs", "requests"):
        delta = ledger.delta(table)
        assert delta is not None
        delta.vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)
    sweep(ledger)
    dearer = config(prices=[{"provider": "fakeai", "model": "model-a", "input": "99"}])
    assert answers(ledger, dearer) == before


def test_the_difference_is_the_next_months_prior_period(tmp_path: Path) -> None:
    ledger = company(tmp_path / "ledger")
    settings = config(SHARED, METERED)
    plain = ask(ledger, settings, period=NOVEMBER).reconciliation
    close(ledger, settings)
    add(
        ledger,
        "costs",
        [
            tokens("120.25", "output", 1200, InvoiceId="A-10"),
            cost("12", ServiceName="Gateway", InvoiceId="B-10"),
        ],
    )
    found = ask(ledger, settings, period=NOVEMBER).reconciliation
    assert found.excluded == {"prior_period": Decimal("14.75")}
    assert found.amounts["EffectiveCost"] == Decimal("64.75")
    assert (found.allocated, found.unallocated) == (plain.allocated, plain.unallocated)
    assert found.difference == 0
    charges = ask(ledger, settings, period=NOVEMBER).allocation.charges.charges
    prior = {each.pool: each.cost for each in charges if each.line == "prior_period"}
    assert prior == {"models": Decimal("19.75"), "other": Decimal(-5)}


def test_a_span_is_the_sum_of_its_months(tmp_path: Path) -> None:
    ledger = company(tmp_path / "ledger")
    settings = config(SHARED, METERED)
    both = Period(OCTOBER.start, NOVEMBER.end)
    open_ = ask(ledger, settings, "workflow", period=both)
    close(ledger, settings)
    add(ledger, "costs", [tokens("120.25", "output", 1200, InvoiceId="A-10")])
    span = ask(ledger, settings, "workflow", period=both)
    months = [ask(ledger, settings, "workflow", period=month) for month in (OCTOBER, NOVEMBER)]
    assert cost_of(span.total) == sum(cost_of(each.total) for each in months)
    assert span.reconciliation.difference == 0
    assert span.reconciliation.amounts["EffectiveCost"] == Decimal("170.25")
    assert {g.keys: (g.counts, g.runs, g.quantiles) for g in span.groups} == {
        g.keys: (g.counts, g.runs, g.quantiles) for g in open_.groups
    }
    everything = ask(ledger, settings, "workflow", period=None)
    assert everything.reconciliation == span.reconciliation
