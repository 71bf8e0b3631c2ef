"""The runs kept ready by a settled period are those that are found by looking at all of them, to the digit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from finops.analysis import settled as settling
from finops.analysis import settled_first
from finops.analysis.economics import Question
from finops.analysis.settled import Settled, settle
from tests.analysis.ledgers import OCTOBER, config, cost, make_ledger, request
from tests.analysis.test_settled import random_company

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from finops.analysis.settled_runs import RunList
    from finops.ledger.store import Ledger

FEW = 3
"""Runs that are kept here; lists are longer."""

FILTERS = (
    None,
    "workflow = 'rag'",
    "workflow = 'chat'",
    "workflow is null",
    "team = 'red'",
    "workflow = 'rag' and team = 'red'",
    "workflow = 'nobody''s'",
)
WINDOWS = ((FEW, 0), (1, 0), (1, 1), (2, 1), (FEW, 1))


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep `FEW` runs of each list."""
    monkeypatch.setattr(settled_first, "FIRST", FEW)


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[RunList | None, RunList]]:
    """What is kept (None where it is not), and what is found without it."""
    kept: list[RunList | None] = []

    def told(*asked: object) -> None:
        kept.append(settled_first.first_runs(*asked))  # type: ignore[arg-type]

    monkeypatch.setattr(settling, "first_runs", told)

    def ask(settled: Settled, where: str | None, **how: object) -> tuple[RunList | None, RunList]:
        found = settled.runs(where, **how)  # type: ignore[arg-type]
        return kept.pop(), found

    return ask


def company(folder: Path) -> Ledger:
    """Runs that cost the same, runs in two workflows, failed calls, a call of no workflow, a credit shared."""
    log = [
        request(
            f"r{number:02}",
            f"2026-10-{1 + number % 9:02}T{number % 24:02}:00:00",
            workflow=("rag", "chat", None)[number % 3],
            team=("red", "blue")[number % 2],
            workflow_run_id=f"run{number % 11:02}",
            output_tokens=(100, 100, 700)[number % 3],
            status=("ok", "ok", "ok", "error")[number % 4],
            outcome=(None, "won", "lost")[number % 3],
        )
        for number in range(44)
    ]
    log += [
        request(
            f"same{number}",
            "2026-10-20T12:00:00",
            workflow="rag",
            team="red",
            workflow_run_id=f"same{number}",
            output_tokens=90_000,
        )
        for number in (3, 1, 5, 2, 4)
    ]
    return make_ledger(folder, requests=log, costs=[cost("-3", ServiceName="Gateway")])


GATEWAY = {"name": "g", "kind": "shared", "where": "ServiceName = 'Gateway'", "driver": "requests"}


def test_the_first_runs_are_those_of_all(
    tmp_path: Path, look: Callable[..., tuple[RunList | None, RunList]]
) -> None:
    with settle(company(tmp_path), config(GATEWAY), Question(OCTOBER)) as settled:
        answered = 0
        for where in FILTERS:
            for order in ("cost", "newest"):
                for limit, offset in WINDOWS:
                    kept, found = look(settled, where, order=order, limit=limit, offset=offset)
                    if kept is not None:
                        assert kept == found, (where, order, limit, offset)
                        answered += 1
    whole = 4
    fitting = sum(limit + offset <= FEW for limit, offset in WINDOWS)
    assert answered == whole * 2 * fitting
    assert found.everything == 0


def test_of_equal_runs_those_that_come_first_by_name(tmp_path: Path) -> None:
    with settle(company(tmp_path), config(GATEWAY), Question(OCTOBER)) as settled:
        dearest = settled.runs("workflow = 'rag'", limit=2)
        assert [run.run for run in dearest.runs] == ["same1", "same2"]
        assert dearest.runs[0].cost == dearest.runs[1].cost
        assert dearest.everything == 16
        cheap = settled.runs("workflow = 'chat'", limit=FEW, offset=8)
        assert all(run.cost is not None and run.cost < 0 for run in cheap.runs)


@pytest.mark.parametrize("seed", [3, 20])
def test_the_first_runs_of_any_company(
    seed: int, look: Callable[..., tuple[RunList | None, RunList]]
) -> None:
    with (
        random_company(seed) as (ledger, setup),
        settle(ledger, setup, Question(OCTOBER, include=("credits", "tax"))) as settled,
    ):
        names = [group.keys[0] for group in settled.ask(("workflow",)).groups]
        told = [None, *("workflow is null" if n is None else f"workflow = '{n}'" for n in names)]
        for where in told:
            for order in ("cost", "newest"):
                kept, found = look(settled, where, order=order, limit=FEW)
                assert kept == found, (where, order)


def test_what_is_not_kept_is_looked_for(
    tmp_path: Path, look: Callable[..., tuple[RunList | None, RunList]]
) -> None:
    with settle(company(tmp_path), config(GATEWAY), Question(OCTOBER)) as settled:
        for where, how in (
            ("team = 'blue'", {"limit": 2}),
            (None, {"limit": 2, "order": "oldest"}),
            (None, {"limit": FEW + 1}),
        ):
            kept, found = look(settled, where, **how)
            assert kept is None
            assert len(found.runs) == how["limit"]
