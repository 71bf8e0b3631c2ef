"""Break a rule of the allocation by hand, and the reference notices: one test for each rule.

A rule that could be broken without a test failing would be held by nothing.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from finops.analysis.books import books
from finops.analysis.metering import Rate
from finops.model.money import ZERO, divide
from tests.analysis.mutations import DAYS, OCTOBER, Case, break_statement, is_noticed
from tests.analysis.reference import PoolOf
from tests.analysis.worlds import world

if TYPE_CHECKING:
    from collections.abc import Callable
    from fractions import Fraction

    from finops.model.period import Period

SEEDS = (1, 16)
"""Two companies that between them have everything; most rules show in the first."""

POOLS = (
    PoolOf("store", "shared", "Vectors", "retrievals"),
    PoolOf("gateway", "shared", "Gateway", "even"),
    PoolOf("coffee", "shared", "Coffee", "cost"),
    PoolOf("iron", "gpu", "Iron"),
    PoolOf("models", "metered", "Models"),
)


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    return [
        Case.of(
            world(seed, 200, 120, has_capacity=False)._replace(pools=POOLS),
            tmp_path_factory.mktemp("case"),
        )
        for seed in SEEDS
    ]


@pytest.mark.parametrize("period", [OCTOBER, DAYS])
def test_unbroken_it_is_right(cases: list[Case], period: Period) -> None:
    for case in cases:
        case.check(period)


@pytest.mark.parametrize(
    ("statement", "rule", "broken"),
    [
        ("later", "cast(day - interval 1 day as date)", "day"),
        ("later", "max_by(status,", "min_by(status,"),
        ("attempts", "then 'cancelled'", "then 'failed'"),
        ("attempts", "call_status <> 'ok'", "status <> 'ok'"),
        ("attempts", "when not is_final then 'retried'", ""),
        ("attempts", "r.source_id = l.source_id", "true"),
        ("cells", "count(*) filter (where is_generation and is_final) as", "count(*) as"),
        ("cells", "and is_final and status = 'ok'", "and status = 'ok'"),
        ("cells", "c.is_generation and ", ""),
        ("resent", "interval 1 day", "interval 40 day"),
        ("resent", "least(previous_input, cache_read_tokens)", "0"),
        ("resent", "least(resent_tokens - from_cache, uncached_input_tokens)", "resent_tokens"),
        ("resent", "coalesce(agent, '')", "''"),
        ("resent", "and is_final and", "and"),
        ("unit", "- resent_uncached_tokens", ""),
        ("unit", "{cost_shares}", "0"),
        ("unit", "coalesce(s.workflow_rate, 0)", "0"),
        ("unit", "s.retrievals * cast", "s.requests * cast"),
        ("unit", "case when is_generation then 0 else metered end", "0"),
        ("unit", "sum(shares) filter (where is_ok)", "sum(shares)"),
        ("run_counts", "max(day) < {stop}", "max(day) < {stop} + 40"),
        ("run_counts", "select distinct run_source,", "select distinct"),
        ("run_counts", "lower(", "("),
        ("run_costs", "max(day) < {stop}", "max(day) < {stop} + 40"),
        ("run_pieces", "coalesce(g.workflow_rate, 0)", "0"),
        ("run_costs", "ceil(0.95 * runs)", "0.95 * runs + 1"),
        ("run_tokens", "and is_final", ""),
        ("attempts", "then 'slo_miss'", "then 'ok'"),
        (
            "attempts",
            "is_generation and is_final and status = 'ok'",
            "is_generation and status = 'ok'",
        ),
        ("cells", "judged = 'met'", "judged <> 'missed'"),
        ("cells", "where operation = 'embeddings' and is_final", "where operation = 'embeddings'"),
        ("unit", "where fate = 'slo_miss'", "where fate = 'slo'"),
        ("same_attempts", "interval 1 hour", "interval 2 hour"),
        ("same_attempts", "and a.source_id <> b.source_id", "and a.source_id < b.source_id"),
        ("yielded", "where list_contains(g.yields_to, p.other_source)", ""),
        ("counting", "g.is_whole\n            and", ""),
    ],
)
def test_a_broken_statement_is_noticed(
    cases: list[Case], monkeypatch: pytest.MonkeyPatch, statement: str, rule: str, broken: str
) -> None:
    break_statement(monkeypatch, statement, rule, broken)
    assert is_noticed(cases, OCTOBER)


def _listed(book: Decimal | None) -> object:
    return Rate(book, "unpriced" if book is None else "list")


def _rounded(ratio: Fraction) -> Decimal:
    return divide(Decimal(ratio.numerator), Decimal(ratio.denominator))


@pytest.mark.parametrize(
    ("name", "broken", "period"),
    [
        ("metering.truncate", _rounded, OCTOBER),
        ("metering._unlogged", lambda *_: ZERO, OCTOBER),
        ("metering._settled", _listed, OCTOBER),
        ("metering._book_cost", lambda _: None, OCTOBER),
        ("sharing.truncate", _rounded, OCTOBER),
        ("charges.line_sql", lambda _: "'usage'", OCTOBER),
        ("charges.is_metered_sql", lambda: "x_Model is not null", OCTOBER),
        ("charges.tokens_per_unit", lambda _: 1, OCTOBER),
        ("charges._within", lambda *given: given[-1], DAYS),
        ("economics.months_touched", lambda period: period, DAYS),
        ("economics.books_by_month", books, DAYS),
    ],
)
def test_a_broken_function_is_noticed(
    cases: list[Case],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    broken: Callable[..., object],
    period: Period,
) -> None:
    monkeypatch.setattr(f"finops.analysis.{name}", broken)
    assert is_noticed(cases, period)
