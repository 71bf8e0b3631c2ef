"""Real loader processes: killed at every moment of a load, and racing each other."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from finops.ledger.store import Ledger

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

ROWS = 20_000


class Loader:
    """A loader process that waits, with everything imported, until it is let go."""

    def __init__(self, kit: ModuleType, *arguments: object) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(kit.LOADER), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_ready(self) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n", self.process.communicate()[1]

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self) -> tuple[int, str]:
        _, errors = self.process.communicate(timeout=120)
        return self.process.returncode, errors

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def state(kit: ModuleType, ledger: Ledger) -> tuple[int, object]:
    return tuple(kit.rows_of(ledger, 'SELECT count(*), sum("BilledCost") FROM costs')[0])


def load_all(kit: ModuleType, location: str, *loads: tuple[object, ...]) -> None:
    """Run loaders at once, started together; all succeed."""
    loaders = [Loader(kit, location, *arguments) for arguments in loads]
    for loader in loaders:
        loader.wait_ready()
    for loader in loaders:
        loader.go()
    assert [loader.end() for loader in loaders] == [(0, "")] * len(loads)


@pytest.mark.slow
def test_kill_9_at_any_moment_leaves_the_state_before_or_after(
    tmp_path: Path, kit: ModuleType
) -> None:
    ledger = Ledger.open(str(tmp_path / "ledger"), create=True)
    load_all(kit, ledger.location.url, ("costs", "aws", ROWS, 0, 1))
    whole = _seconds_of_one_load(kit, str(tmp_path / "timing"))
    before: tuple[int, object] = (ROWS, ROWS)
    value, seen = 1, set()
    delays = [whole * 1.3 * moment / 11 for moment in range(12)]
    for moment, delay in enumerate([*delays, *(whole * 2**n for n in range(1, 5))]):
        if moment >= len(delays) and True in seen:
            break
        value += 1
        loader = Loader(kit, ledger.location.url, "costs", "aws", ROWS + value, 0, value)
        loader.wait_ready()
        loader.go()
        time.sleep(delay)
        loader.kill()
        complete = (ROWS + value, (ROWS + value) * value)
        found = state(kit, ledger)
        assert found in {before, complete}
        seen.add(found == complete)
        before = found
        if moment % 4 == 3:
            before = _next_load_works(kit, ledger)
    assert seen == {False, True}


def _seconds_of_one_load(kit: ModuleType, location: str) -> float:
    loader = Loader(kit, location, "costs", "aws", ROWS, 0, 1)
    loader.wait_ready()
    started = time.monotonic()
    loader.go()
    assert loader.end() == (0, "")
    return time.monotonic() - started


def _next_load_works(kit: ModuleType, ledger: Ledger) -> tuple[int, object]:
    kit.load_rows(ledger, "costs", [{"x_SourceId": "aws", "x_Scope": "AWS/1", "BilledCost": 7}])
    assert kit.stray_files(ledger) == []
    recorded = kit.rows_of(ledger, "SELECT count(DISTINCT load_id) FROM loads")[0][0]
    assert recorded == ledger.version("costs")
    return state(kit, ledger)


@pytest.mark.parametrize("moment", ["before-commit", "after-commit"])
@pytest.mark.parametrize("table", ["costs", "requests"])
def test_killed_around_the_commit(tmp_path: Path, kit: ModuleType, moment: str, table: str) -> None:
    ledger = Ledger.open(str(tmp_path / "ledger"), create=True)
    load_all(kit, ledger.location.url, (table, "s", 100, 0, 1))
    loader = Loader(kit, ledger.location.url, table, "s", 300, 0, 2, moment)
    loader.wait_ready()
    loader.go()
    assert loader.end()[0] == -9
    survived = 300 if moment == "after-commit" else 100
    assert kit.rows_of(ledger, f"SELECT count(*) FROM {table}") == [(survived,)]
    if moment == "before-commit":
        assert kit.stray_files(ledger) != []
    load_all(kit, ledger.location.url, (table, "s", 300, 0, 2))
    assert kit.rows_of(ledger, f"SELECT count(*) FROM {table}") == [(300,)]
    assert kit.stray_files(ledger) == []
    assert kit.rows_of(ledger, "SELECT rows_stored FROM loads ORDER BY loaded_at") == [
        (100,),
        (300,),
    ]


def test_a_live_loaders_files_are_not_swept(tmp_path: Path, kit: ModuleType) -> None:
    from finops.ledger.staging import hold

    ledger = Ledger.open(str(tmp_path / "ledger"), create=True)
    kit.load_rows(ledger, "costs", [{}])
    name = "load-live-00000000-0000-0000-0000-000000000000.parquet"
    dead = ledger.location.table_folder("costs") / name.replace("live", "dead")
    live = ledger.location.table_folder("costs") / name
    half = ledger.location.table_folder("costs") / "x.parquet#1"
    for path in (dead, live, half):
        path.write_bytes(b"PAR1")
    (ledger.location.staging / "dead").mkdir()
    with hold(ledger.location.staging, "live"):
        kit.load_rows(ledger, "costs", [{"BilledCost": 2}])
        assert (dead.exists(), live.exists(), half.exists()) == (False, True, True)
    kit.load_rows(ledger, "costs", [{"BilledCost": 3}])
    assert not half.exists()


def test_two_loaders_of_different_slices_both_land(tmp_path: Path, kit: ModuleType) -> None:
    location = str(tmp_path / "ledger")
    load_all(kit, location, *(("costs", f"s{n}", 50, 0, n, "loop=6") for n in (1, 2)))
    ledger = Ledger.open(location)
    assert kit.rows_of(
        ledger, 'SELECT "x_SourceId", count(*), sum("BilledCost") FROM costs GROUP BY 1 ORDER BY 1'
    ) == [("s1", 50, 50), ("s2", 50, 100)]
    assert kit.rows_of(ledger, "SELECT count(*) FROM loads") == [(12,)]
    assert kit.stray_files(ledger) == []


def test_two_loaders_of_the_same_slice_leave_one_of_them(tmp_path: Path, kit: ModuleType) -> None:
    location = str(tmp_path / "ledger")
    load_all(kit, location, *(("costs", "s", 50 * n, 0, n, "loop=4") for n in (1, 2)))
    ledger = Ledger.open(location)
    assert state(kit, ledger) in {(50, 50), (100, 200)}
    assert kit.rows_of(ledger, "SELECT count(*) FROM loads") == [(8,)]
    assert kit.stray_files(ledger) == []


def test_two_loaders_of_requests_lose_and_double_nothing(tmp_path: Path, kit: ModuleType) -> None:
    location = str(tmp_path / "ledger")
    same, own = ("requests", "s", 400, 0, 1, "loop=4"), ("requests", "s", 400, 1100, 1, "loop=4")
    load_all(kit, location, same, own)
    ledger = Ledger.open(location)
    assert kit.rows_of(
        ledger, "SELECT count(*), count(DISTINCT request_id), sum(output_tokens) FROM requests"
    ) == [(2700, 2700, 2700)]
    assert kit.rows_of(ledger, "SELECT sum(rows_stored), sum(rows_duplicate) FROM loads") == [
        (2700, 500)
    ]
    assert kit.stray_files(ledger) == []
