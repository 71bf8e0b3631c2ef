"""A question is stopped from another thread; several threads ask one session and get the same answers."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

import finops
from finops.errors import ExitCode, Stopped
from finops.ledger.engine import open_engine, query
from finops.stopping import Stop
from tests.analysis.ledgers import cost, make_ledger, request

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from finops.api.session import Session

ENDLESS = "select sum(sqrt(a.range * b.range)) from range(100000000) a, range(100000000) b"


@pytest.fixture
def session(tmp_path: Path) -> Session:
    requests = [
        request(f"r{n}", f"2026-10-{n:02}T12:00:00", team=f"t{n % 3}") for n in range(1, 10)
    ]
    make_ledger(tmp_path / "ledger", costs=[cost("3", "2026-10-20")], requests=requests)
    return finops.open(tmp_path / "ledger")


def test_a_query_that_runs_is_stopped(session: Session) -> None:
    stop, started, ended = Stop(), threading.Event(), []

    def ask() -> None:
        started.set()
        with pytest.raises(Stopped) as caught, stop:
            session.sql(ENDLESS)
        ended.append(caught.value.exit_code)

    thread = threading.Thread(target=ask)
    thread.start()
    started.wait(30)
    stop.now()
    thread.join(30)
    assert ended == [ExitCode.INTERRUPTED]


def test_the_next_query_is_not_begun() -> None:
    stop = Stop()
    with stop, open_engine() as con:
        assert query(con, "select 1") == [(1,)]
        stop.now()
        with pytest.raises(Stopped):
            query(con, "select 2")
    with pytest.raises(Stopped):
        stop.__enter__()


def test_a_question_that_was_through_is_answered(session: Session) -> None:
    stop = Stop()
    with stop:
        found = session.costs()
        stop.now()
    assert [row["EffectiveCost"] for row in found.rows] == [3]


def test_other_questions_go_on(session: Session) -> None:
    stop = Stop()
    stop.now()
    assert len(session.costs().rows) == 1


def test_a_probe_that_is_stopped_is_no_finding(session: Session) -> None:
    from scorecard.answers import Answers, parse_subject
    from scorecard.catalog import load_catalog
    from scorecard.run import run

    stop = Stop()
    catalog, said = load_catalog(None), Answers(parse_subject("self"))
    with stop:
        stop.now()
        with pytest.raises(Stopped):
            run(catalog, said, session.ledger, session.config)


def test_threads_share_a_session(session: Session) -> None:
    questions: list[Callable[[], bytes]] = [
        lambda: session.unit("team", month="2026-10").to("json"),
        lambda: session.costs("ServiceName").to("csv"),
        lambda: session.explain("cost_per_1k_requests", month="2026-10").to("json"),
        lambda: session.sql("select count(*) from requests").to("csv"),
    ]
    alone = [ask() for ask in questions]
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask) for ask in questions * 3]
        together = [each.result() for each in asked]
    assert together == alone * 3
