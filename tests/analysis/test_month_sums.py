"""A span of time says what its months say: their sum to the last digit, whichever of them are closed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import pytest

from finops.analysis.economics import Question
from finops.analysis.settled import settle
from finops.model.money import total
from finops.model.period import Period, parse_month
from tests.analysis.ledgers import ask, config, make_ledger
from tests.analysis.reference import PoolOf
from tests.analysis.test_closing import close
from tests.analysis.test_spans import told
from tests.analysis.worlds import WORLD_PRICES, world

if TYPE_CHECKING:
    from finops.analysis.economics import UnitEconomics
    from finops.analysis.settled_runs import RunList
    from finops.config import Config
    from finops.ledger.store import Ledger

AUTUMN = Period(date(2026, 9, 1), date(2026, 12, 1))
DAYS = Period(date(2026, 9, 30), date(2026, 11, 3))
BY: tuple[tuple[str, ...], ...] = (("run",), ("day", "model", "team"))
POOLS = (
    PoolOf("gateway", "shared", "Gateway"),
    PoolOf("store", "shared", "Vectors", "retrievals"),
    PoolOf("coffee", "shared", "Coffee", "cost"),
    PoolOf("colo", "shared", "Colo", "even"),
    PoolOf("iron", "gpu", "Iron"),
    PoolOf("units", "shared", "Units", "tokens"),
    PoolOf("models", "metered", "Models"),
)


class Company(NamedTuple):
    """A random company whose pools are shared by every driver."""

    ledger: Ledger
    settings: Config

    def ask(self, by: tuple[str, ...], period: Period | None) -> UnitEconomics:
        return ask(
            self.ledger,
            self.settings,
            *by,
            period=period,
            include=("credits",),
            run_costs=True,
            marginal=True,
        )

    def runs(self) -> RunList:
        with settle(self.ledger, self.settings, Question(AUTUMN)) as settled:
            return settled.runs()


@pytest.fixture(scope="module", params=[4])
def company(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Company:
    made = world(request.param, 60, 120)._replace(pools=POOLS)
    ledger = make_ledger(
        tmp_path_factory.mktemp("company"),
        costs=made.costs,
        requests=made.requests,
        samples=made.samples,
    )
    return Company(ledger, config(*made.settings(), prices=WORLD_PRICES))


def months_of(period: Period) -> list[Period]:
    """The days of `period`, cut where a month begins."""
    whole = [parse_month(month) for month in period.months]
    return [Period(max(m.start, period.start), min(m.end, period.end)) for m in whole]


def test_a_span_is_the_sum_of_its_months_and_a_close_changes_nothing(company: Company) -> None:
    before = {by: company.ask(by, AUTUMN) for by in BY}
    days, everything, runs = company.ask((), DAYS), company.ask((), None), company.runs()
    for by, span in before.items():
        is_sum(span, [company.ask(by, month) for month in months_of(AUTUMN)])
    is_sum(days, [company.ask((), part) for part in months_of(DAYS)])
    drivers = {share.pool.driver for share in before["run",].allocation.shares.shares}
    assert drivers == {"requests", "retrievals", "cost", "even", "tokens"}
    assert days.total.components["shared"]

    close(company.ledger, company.settings)
    for by, span in before.items():
        is_same(company.ask(by, AUTUMN), span)
    is_same(company.ask((), DAYS), days)
    is_same(company.ask((), None), everything)
    assert company.runs() == runs


def is_sum(span: UnitEconomics, months: list[UnitEconomics]) -> None:
    """Components and counts of each group, and every line of the books, are those of `months` added."""
    for group in (*span.groups, span.total):
        parts = [
            each
            for month in months
            for each in (*month.groups, month.total)
            if each.keys == group.keys and (each is month.total) == (group is span.total)
        ]
        for name, amount in group.components.items():
            assert amount == total(each.components[name] for each in parts), (group.keys, name)
        for name, count in group.counts.items():
            assert count == sum(each.counts[name] for each in parts)
        assert group.doubled is not None
        doubled = [each.doubled for each in parts if each.doubled is not None]
        assert group.doubled.scaling == total(each.scaling for each in doubled)
        assert group.doubled.shared == total(each.shared for each in doubled)
    books = [month.reconciliation for month in months]
    assert span.reconciliation.difference == 0
    for name in span.reconciliation.unallocated:
        found = (each.unallocated.get(name) for each in books)
        assert span.reconciliation.unallocated[name] == total(a for a in found if a)
    assert span.reconciliation.allocated == total(each.allocated for each in books)


def is_same(found: UnitEconomics, before: UnitEconomics) -> None:
    assert told(found) == told(before)
    assert found.reconciliation == before.reconciliation
    assert found.missing == before.missing
