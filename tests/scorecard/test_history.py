"""History: only added to, read back as it was, silent about a run that found nothing new."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from finops.errors import InputError
from scorecard.answers import Answers, Subject
from scorecard.history import Record, append, history_file, read_history
from scorecard.scoring import score
from tests.scorecard.worlds import AS_OF, CATALOG, everything

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def test_records_are_added_and_read_again(tmp_path: Path) -> None:
    file = history_file(tmp_path / "new", Subject())
    first = Record(NOON, score(CATALOG, Answers(), as_of=AS_OF))
    second = Record(NOON + timedelta(days=1), score(CATALOG, *everything(), as_of=AS_OF))
    assert read_history(file) == ()
    assert append(file, first)
    before = file.read_bytes()
    assert append(file, second)
    assert file.read_bytes().startswith(before)
    assert read_history(file) == (first, second)


def test_a_run_that_finds_the_same_adds_nothing(tmp_path: Path) -> None:
    file = history_file(tmp_path, Subject())
    found = score(CATALOG, *everything(), as_of=AS_OF)
    assert append(file, Record(NOON, found))
    assert not append(file, Record(NOON + timedelta(days=3), found))
    assert len(read_history(file)) == 1


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    file = history_file(tmp_path, Subject())
    append(file, Record(NOON, score(CATALOG, Answers(), as_of=AS_OF)))
    with file.open("a") as stream:
        stream.write('{"subject": "self"}\n')
    with pytest.raises(InputError, match="damaged") as caught:
        read_history(file)
    assert caught.value.problems[0].row == 2
