"""Calls of some runs cost what they cost among all: what is read for a filter leaves nothing out that matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.analysis.ledgers import OCTOBER, ask, make_ledger, request
from tests.analysis.test_settled import random_company

if TYPE_CHECKING:
    from pathlib import Path

    from finops.analysis.economics import UnitEconomics
    from finops.analysis.measures import Group
    from finops.ledger.store import Ledger
    from tests.analysis.ledgers import Row

BY = ("source", "workflow", "run", "call")


def groups_of(answer: UnitEconomics) -> dict[tuple[object, ...], Group]:
    return {group.keys: group for group in answer.groups}


def sent(
    request_id: str,
    when: str,
    uncached: int,
    cached: int = 0,
    *,
    workflow: str = "rag",
    run: str | None = "a",
    **given: object,
) -> Row:
    return request(
        request_id,
        when,
        workflow=workflow,
        workflow_run_id=run,
        uncached_input_tokens=uncached,
        cache_read_tokens=cached,
        **given,
    )


def conversation(folder: Path) -> Ledger:
    """A run over three days in two workflows, calls of two attempts over midnight, and runs beside it."""
    return make_ledger(
        folder,
        requests=[
            sent("a0", "2026-09-30T23:59:00", 10),
            sent("a1", "2026-10-01T00:01:00", 5, 10),
            sent("a2", "2026-10-01T23:00:00", 40, workflow="chat"),
            sent("a3", "2026-10-01T23:59:00", 20, 30, call_id="t", attempt=1, status="error"),
            sent("a4", "2026-10-02T00:01:00", 50, call_id="t", attempt=2),
            sent("a5", "2026-10-02T12:00:00", 70, outcome="won"),
            sent("a6", "2026-10-05T12:00:00", 90, agent="writer"),
            sent("a7", "2026-10-05T13:00:00", 95, 10, agent="writer"),
            sent("b1", "2026-10-01T10:00:00", 30, run="b"),
            sent("b2", "2026-10-01T11:00:00", 60, run="b"),
            sent("n1", "2026-10-02T11:00:00", 60, run=None),
            sent("n2", "2026-10-02T12:00:00", 80, run=None),
            sent("z1", "2026-10-31T12:00:00", 80, run="z"),
            sent("z2", "2026-11-02T12:00:00", 80, run="z"),
        ],
    )


@pytest.mark.parametrize("use_rollups", [True, False])
def test_the_calls_of_a_run(tmp_path: Path, *, use_rollups: bool) -> None:
    ledger = conversation(tmp_path)
    every = groups_of(ask(ledger, None, *BY, period=OCTOBER, use_rollups=use_rollups))
    for where, which in (
        ("run = 'a'", lambda key: key[2] == "a"),
        ("workflow = 'chat'", lambda key: key[1] == "chat"),
        ("run = 'z'", lambda key: key[2] == "z"),
        ("run is null", lambda key: key[2] is None),
        ("run = 'nobody'", lambda _: False),
    ):
        found = ask(ledger, None, *BY, period=OCTOBER, where=where, use_rollups=use_rollups)
        assert groups_of(found) == {key: every[key] for key in every if which(key)}, where
    run = ask(ledger, None, "run", period=OCTOBER, where="run = 'a'", use_rollups=use_rollups)
    assert run.total.counts["resent_cache_read_tokens"] == 20
    assert run.total.counts["resent_uncached_tokens"] == 185
    assert run.total.runs == 1
    assert ask(ledger, None, period=OCTOBER, where="run = 'z'").total.runs == 0


def test_any_filter_on_any_company() -> None:
    with random_company(4) as (ledger, setup):
        every = groups_of(ask(ledger, setup, *BY, period=OCTOBER))
        runs = sorted({key[2] for key in every} - {None}, key=str)
        assert runs == ["run-1", "run-3", "run-4"]
        for run in runs[:2]:
            found = ask(ledger, setup, *BY, period=OCTOBER, where=f"run = '{run}'")
            assert groups_of(found) == {key: every[key] for key in every if key[2] == run}
