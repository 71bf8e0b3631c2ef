"""A settled period answers every question as `unit_economics` does, to the digit."""

from __future__ import annotations

import random
import tempfile
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops.analysis.economics import Question, unit_economics
from finops.analysis.grain import ROLLED_UP
from finops.analysis.numbers import known_cost
from finops.analysis.settled import settle
from finops.errors import UsageError
from finops.model.period import Period
from tests.analysis.ledgers import OCTOBER, add, at, config, make_ledger, request
from tests.analysis.test_closing import close
from tests.analysis.worlds import OBJECTIVES, WORLD_PRICES, world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finops.analysis.economics import UnitEconomics
    from finops.config import Config
    from finops.ledger.store import Ledger

PERIODS = (
    None,
    OCTOBER,
    Period(date(2026, 9, 1), date(2026, 11, 1)),
    Period(date(2026, 10, 2), date(2026, 10, 31)),
)
DIMENSIONS = (
    *(name for name in ROLLED_UP if name != "day"),
    "model",
    "tier",
    "day",
    "week",
    "month",
)
FILTERS = (
    None,
    "workflow = 'rag' or workflow is null",
    "model = 'model-a' and team <> 'red'",
    "day >= '2026-10-02'",
    "workflow = 'nobody''s'",
)
INCLUDED = ((), ("credits", "tax"), ("idle", "unused"))


def same(found: UnitEconomics, wanted: UnitEconomics, what: object) -> None:
    """Both say the same; the numbers of price keys inside the allocation are arbitrary, groups unordered."""
    assert sorted(found.groups, key=repr) == sorted(wanted.groups, key=repr), what
    assert found.total == wanted.total, what
    plain = [each._replace(groups=(), allocation=wanted.allocation) for each in (found, wanted)]
    assert plain[0] == plain[1], what


@contextmanager
def random_company(seed: int) -> Iterator[tuple[Ledger, Config]]:
    company = world(seed, 45, 30)
    with tempfile.TemporaryDirectory() as folder:
        yield (
            make_ledger(
                Path(folder),
                costs=company.costs,
                requests=company.requests,
                samples=company.samples,
            ),
            config(*company.settings(), prices=WORLD_PRICES, slo=OBJECTIVES),
        )


def hold(ledger: Ledger, setup: Config, dice: random.Random, questions: int) -> None:
    """Settle a period by chance and hold `questions` by chance against the answers of the ledger."""
    plain = Question(dice.choice(PERIODS), include=dice.choice(INCLUDED))
    with settle(ledger, setup, plain) as settled:
        for _ in range(questions):
            by = tuple(dice.sample(DIMENSIONS, dice.choice((0, 1, 2, 3))))
            where, marginal = dice.choice(FILTERS), dice.random() < 0.3
            asked = plain._replace(by=by, where=where, marginal=marginal)
            found = settled.ask(by, where, marginal=marginal)
            same(found, unit_economics(ledger, setup, asked), asked)


def hold_runs(ledger: Ledger, setup: Config, plain: Question, where: str | None) -> None:
    """Every run listed is what `unit_economics` says of it, and none is left out."""
    asked = plain._replace(by=("source", "run"), where=where)
    groups = {g.keys: g for g in unit_economics(ledger, setup, asked).groups if g.keys[1]}
    with settle(ledger, setup, plain) as settled:
        found = settled.runs(where)
        assert found.everything == len(found.runs) == len(groups)
        for run in found.runs:
            group = groups[run.source, run.run]
            assert run.cost == known_cost(group), run
            counts = dict(run.counts)
            del counts["failures"]
            assert counts == {name: group.counts[name] for name in counts}
            assert run.unpriced_tokens == group.unpriced_tokens
        costs = [run.cost or 0 for run in found.runs]
        assert costs == sorted(costs, reverse=True)
        assert settled.runs(where, limit=2, offset=1).runs == found.runs[1:3]


@settings(
    max_examples=2, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(seed=st.integers(0, 2**32))
def test_any_question_of_any_company(seed: int) -> None:
    dice = random.Random(seed)
    with random_company(seed) as (ledger, setup):
        hold(ledger, setup, dice, questions=4)
        plain = Question(dice.choice(PERIODS), include=dice.choice(INCLUDED))
        hold_runs(ledger, setup, plain, dice.choice(FILTERS[:4]))


def test_a_span_with_a_closed_month_in_it() -> None:
    with random_company(20) as (ledger, setup):
        close(ledger, setup)
        hold(ledger, setup, random.Random(7), questions=2)
        hold_runs(ledger, setup, Question(Period(OCTOBER.start, date(2026, 12, 1))), None)


def test_what_the_roll_ups_cannot_tell_is_asked_of_the_ledger(tmp_path: Path) -> None:
    ledger = make_ledger(
        tmp_path,
        requests=[
            request(
                f"r{hour}", f"2026-10-05T{hour:02}:00:00", output_tokens=hour, call_id=f"c{hour}"
            )
            for hour in (1, 2)
        ],
    )
    with settle(ledger, config(), Question(OCTOBER)) as settled:
        for by, where in ((("hour",), None), (("call",), None), ((), "output_tokens > 1")):
            asked = Question(OCTOBER, by, where)
            same(settled.ask(by, where), unit_economics(ledger, config(), asked), asked)


def test_it_shows_the_ledger_as_it_was_settled(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path, requests=[request("r1", output_tokens=10)])
    with settle(ledger, config(), Question(OCTOBER)) as settled:
        add(ledger, "requests", [request("r2", output_tokens=5)])
        assert settled.ask().total.counts["requests"] == 1
        assert settled.ask(("workflow",)).total.cost == settled.ask().total.cost


def test_a_run_says_when_it_ran_how_it_came_out_and_what_failed(tmp_path: Path) -> None:
    ledger = make_ledger(
        tmp_path,
        requests=[
            request(
                "a1", "2026-10-05T12:00:00", workflow="rag", workflow_run_id="a", output_tokens=7
            ),
            request(
                "a2", "2026-10-06T01:00:00", workflow="rag", workflow_run_id="a", status="error"
            ),
            request(
                "a3", "2026-10-06T01:30:00", workflow="rag", workflow_run_id="a", outcome="Won"
            ),
            request("b1", "2026-10-07T00:00:00", workflow="chat", workflow_run_id="b"),
        ],
    )
    with settle(ledger, config(), Question(OCTOBER)) as settled:
        (run,) = settled.runs("workflow = 'rag'").runs
        assert (run.source, run.run, run.outcome) == ("log", "a", "Won")
        assert (run.started, run.ended) == (at("2026-10-05T12:00:00"), at("2026-10-06T01:30:00"))
        assert (run.counts["requests"], run.counts["failures"]) == (3, 1)
        assert run.cost == Decimal("0.00007")
        assert [each.run for each in settled.runs(order="newest").runs] == ["b", "a"]
        with pytest.raises(UsageError, match="ordered by"):
            settled.runs(order="colour")
        with pytest.raises(UsageError, match="listed by"):
            settled.runs("output_tokens > 1")


def test_once_closed_it_says_so(tmp_path: Path) -> None:
    settled = settle(make_ledger(tmp_path, requests=[request("r1")]), config(), Question(OCTOBER))
    settled.close()
    with pytest.raises(UsageError, match="closed"):
        settled.ask()


def test_what_does_not_exist_is_refused(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path, requests=[request("r1")])
    with settle(ledger, config(), Question(OCTOBER)) as settled:
        with pytest.raises(UsageError, match="cannot be grouped by"):
            settled.ask(("nothing",))
        with pytest.raises(UsageError, match="no column"):
            settled.ask(where="nothing = 1")
