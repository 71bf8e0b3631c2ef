"""The model against its reference: every count, component and line of account, to the last digit."""

from __future__ import annotations

import random
import tempfile
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from finops.model.period import Period
from tests.analysis.ledgers import ask, config, make_ledger
from tests.analysis.reference import Reference, nearest_rank
from tests.analysis.worlds import OBJECTIVES, WORLD_PRICES, World, shuffled, world

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from finops.analysis.economics import UnitEconomics
    from finops.analysis.measures import Group
    from finops.config import Config
    from finops.ledger.store import Ledger
    from tests.analysis.reference import Answer, Row

PERIODS: tuple[Period | None, ...] = (
    None,
    Period(date(2026, 10, 1), date(2026, 11, 1)),
    Period(date(2026, 9, 1), date(2026, 11, 1)),
    Period(date(2026, 9, 30), date(2026, 10, 2)),
    Period(date(2026, 10, 2), date(2026, 10, 31)),
    Period(date(2026, 12, 1), date(2027, 1, 1)),
)

DIMENSIONS = (
    "workflow", "model", "team", "provider", "region", "project", "operation", "agent", "batch",
    "feature", "run", "trace_id", "day", "week", "month", "hour", "status", "source",
)  # fmt: skip

TIME = {
    "day": "%Y-%m-%d",
    "hour": "%Y-%m-%dT%H:00Z",
    "month": "%Y-%m",
}
COLUMNS = {"run": "workflow_run_id", "source": "source_id"}

FILTERS: dict[str, Any] = {
    "workflow = 'rag' or workflow is null": lambda row: row["workflow"] in {"rag", None},
    "model = 'model-a' and team <> 'red'": lambda row: (
        (row["response_model"] or row["request_model"]) == "model-a"
        and row["team"] not in {"red", None}
    ),
    "output_tokens > 5 and status = 'ok'": lambda row: (
        (row["output_tokens"] or 0) > 5 and row["status"] == "ok"
    ),
}
"""On rolled-up columns, and on columns only requests have."""


def values(by: tuple[str, ...], row: Row, *, times: bool = True) -> tuple[object, ...]:
    """The key of `row`; without `times` None stands where time is."""
    found: list[object] = []
    for name in by:
        if name in TIME or name == "week":
            found.append(moment(name, row["timestamp"]) if times else None)
        elif name == "model":
            found.append(row["response_model"] or row["request_model"])
        else:
            found.append(row[COLUMNS.get(name, name)])
    return tuple(found)


def moment(name: str, when: datetime) -> str:
    """`when` as a dimension of time shows it."""
    if name == "week":
        day = when.date()
        return date.fromordinal(day.toordinal() - day.weekday()).isoformat()
    return str(when.strftime(TIME[name]))


def booked(
    by: tuple[str, ...],
) -> Callable[[tuple[object, ...], datetime], tuple[object, ...]]:
    """Puts the time a run ended into its key."""
    return lambda key, when: tuple(
        moment(name, when) if name in TIME or name == "week" else value
        for name, value in zip(by, key, strict=True)
    )


def expect(found: Group, wanted: Answer, what: object) -> None:
    """A group is what the reference says, to the digit; percentiles within a hundredth."""
    assert found.counts == wanted.counts, what
    assert {n: Fraction(a) for n, a in found.components.items()} == wanted.components, what
    assert Fraction(found.list_cost) == wanted.list_cost, what
    assert found.unpriced_tokens == wanted.unpriced_tokens, what
    assert found.runs == wanted.runs, what
    assert found.outcomes == (wanted.runs, *wanted.outcomes), what
    expect_run_costs(found, wanted, what)
    assert {
        kind: (work.millionths, Fraction(work.cost)) for kind, work in found.measured_work.items()
    } == wanted.work, what
    for name, timings in wanted.latencies.items():
        for quantile, share in (("p50", "0.5"), ("p95", "0.95"), ("p99", "0.99")):
            shown = found.quantiles.get(name, {}).get(quantile)
            if not timings:
                assert shown is None, what
            else:
                exact = nearest_rank(timings, Fraction(share))
                assert shown == pytest.approx(exact, rel=0.01), (what, name, quantile)


def expect_run_costs(found: Group, wanted: Answer, what: object) -> None:
    """Percentiles are amounts some run cost, to the digit."""
    if not wanted.run_costs:
        assert found.run_costs is None, what
        return
    assert found.run_costs is not None, what
    for amount, share in ((found.run_costs.p50, "0.5"), (found.run_costs.p95, "0.95")):
        assert Fraction(amount) == nearest_rank(wanted.run_costs, Fraction(share)), what


def expect_books(answer: UnitEconomics, wanted: Reference) -> None:
    """The charges of each origin are met as the reference meets them, and nothing is left over."""
    reconciliation = answer.reconciliation
    assert reconciliation.difference == 0
    assert Fraction(reconciliation.amounts["EffectiveCost"]) == wanted.amounts
    assert Fraction(reconciliation.estimated) == wanted.estimated
    for origin, found in reconciliation.origins.items():
        books = wanted.books(origin)
        assert Fraction(found.charged) == books.amounts
        carried = (found.allocated, found.jobs, found.workloads)
        assert list(map(Fraction, carried)) == list(books.allocated.values())
        assert _nonzero(found.unallocated) == _nonzero(books.unallocated)
        assert Fraction(found.other) == books.other
        assert _nonzero(found.excluded) == _nonzero(books.excluded)
        assert books.difference == 0
        assert found.difference == 0


def _nonzero(amounts: Mapping[str, Any]) -> dict[str, Fraction]:
    return {name: Fraction(amount) for name, amount in amounts.items() if amount}


def reference(
    company: World,
    period: Period | None,
    include: tuple[str, ...] = (),
    make: type[Reference] = Reference,
) -> Reference:
    return make(
        company.costs,
        company.requests,
        prices=WORLD_PRICES,
        samples=company.samples,
        pools=company.pools,
        period=period,
        include=include,
        slos=OBJECTIVES,
    )


def compare(
    ledger: Ledger,
    setup: Config,
    wanted: Reference,
    by: tuple[str, ...],
    *,
    where: str | None = None,
    period: Period | None,
    include: tuple[str, ...] = (),
    use_rollups: bool = True,
) -> UnitEconomics:
    """Ask, and hold every group, the total and the books against `wanted`."""
    answer = ask(
        ledger,
        setup,
        *by,
        where=where,
        period=period,
        include=include,
        use_rollups=use_rollups,
        run_costs=True,
    )
    keep = FILTERS[where] if where else lambda _: True
    groups = wanted.groups(
        lambda row: values(by, row),
        keep=keep,
        run_key=lambda row: values(by, row, times=False),
        booked=booked(by),
    )
    if by:
        assert {group.keys for group in answer.groups} == set(groups)
        for group in answer.groups:
            expect(group, groups[group.keys], (by, group.keys, where))
    whole = wanted.groups(keep=keep).get(())
    if whole is not None:
        expect(answer.total, whole, ("total", where))
    for name, amount in answer.total.components.items():
        assert sum(Fraction(group.components[name]) for group in answer.groups) == amount
    for name, count in answer.total.counts.items():
        assert sum(group.counts[name] for group in answer.groups) == count
    expect_books(answer, wanted)
    return answer


def check(seed: int, requests: int, costs: int) -> None:
    """One random company: whatever is asked of it, by roll-up or raw, is what the reference says."""
    dice = random.Random(seed + 1)
    company = world(seed, requests, costs)
    setup = config(*company.settings(), prices=WORLD_PRICES, slo=OBJECTIVES)
    include = dice.choice(
        ((), (), ("credits",), ("tax", "corrections", "support"), ("idle",), ("unused", "idle"))
    )
    period = dice.choice(PERIODS)
    if period is None and not (company.costs or company.requests):
        return
    wanted = reference(company, period, include)
    with tempfile.TemporaryDirectory() as folder:
        ledger = make_ledger(
            Path(folder),
            costs=shuffled(company.costs, seed),
            requests=shuffled(company.requests, seed),
            samples=shuffled(company.samples, seed),
        )
        by = tuple(dice.sample(DIMENSIONS, dice.choice((1, 2))))
        where = dice.choice((None, None, *FILTERS))
        rolled, raw = (
            compare(
                ledger,
                setup,
                wanted,
                by,
                where=where,
                period=period,
                include=include,
                use_rollups=use_rollups,
            )
            for use_rollups in (True, False)
        )
        assert {g.keys: g for g in rolled.groups} == {g.keys: g for g in raw.groups}
        assert rolled.total == raw.total
        assert rolled.reconciliation == raw.reconciliation


@settings(
    max_examples=6,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    seed=st.integers(0, 2**32),
    requests=st.integers(0, 30),
    costs=st.integers(0, 24),
)
@example(seed=1, requests=30, costs=24)
def test_the_model_is_what_its_description_says(seed: int, requests: int, costs: int) -> None:
    check(seed, requests, costs)
