"""A pull leaves the roll-ups of the days it touched, as a load does; the session logs are written by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from finops.analysis import rollups
from finops.api.session import Session
from finops.config import Config
from finops.ledger.store import Ledger
from tests.connectors.pull.test_agent_folders import answer, write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """An empty ledger, and a folder of Claude Code's with calls of two days."""
    calls = [answer("m1", "2026-10-02T10:00:00", 20), answer("m2", "2026-10-05T10:00:00", 7)]
    write(tmp_path / "logs" / "shop" / "s1.jsonl", calls, datetime(2026, 10, 6, tzinfo=UTC))
    source = {"connector": "claude-code", "path": str(tmp_path / "logs")}
    config = Config.model_validate({"sources": {"agents": source}})
    return Session(Ledger.open(str(tmp_path / "ledger"), create=True), config)


def kept(session: Session) -> set[date]:
    """Days there are roll-ups of."""
    folder = session.ledger.location.root / "_rollups"
    return {
        date.fromisoformat(path.parent.name.removeprefix("day="))
        for path in folder.glob("day=*/*.cells.parquet")
    }


def test_the_days_a_pull_touched_are_summed_up(session: Session) -> None:
    assert session.pull(dry_run=True).summed
    assert kept(session) == set()
    found = session.pull()
    assert found.summed
    assert kept(session) == {date(2026, 10, 2), date(2026, 10, 5)}


def test_more_than_a_pull_should_wait_for_is_left_to_the_first_question(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollups, "REFRESHED_ROWS", 1)
    assert not session.pull().summed
    assert kept(session) == set()
