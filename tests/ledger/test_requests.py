"""Requests: a key is stored once; the fuller row wins inside a delivery, the later one between two."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from finops.ledger.store import Ledger

SEEN = "SELECT request_id, attempt, output_tokens FROM requests ORDER BY ALL"


def test_attempts_and_sources_are_different_rows(ledger: Ledger, kit: ModuleType) -> None:
    kit.load_rows(ledger, "requests", [{}, {"attempt": 2}])
    kit.load_rows(ledger, "requests", [{"source_id": "otel"}])
    assert kit.rows_of(ledger, "SELECT count(*) FROM requests") == [(3,)]


def test_a_log_that_grew_adds_only_what_is_new(ledger: Ledger, kit: ModuleType) -> None:
    rows = [{"request_id": f"r{n}", "output_tokens": n} for n in range(10)]
    kit.load_rows(ledger, "requests", rows[:6])
    grown = kit.load_rows(ledger, "requests", rows)
    assert (grown.rows_stored, grown.rows_duplicate, grown.rows_replaced) == (4, 6, 0)
    version = ledger.version("requests")
    same = kit.load_rows(ledger, "requests", rows, digest="the same rows in another file")
    assert (same.rows_stored, same.rows_duplicate, same.unchanged) == (0, 10, False)
    assert ledger.version("requests") == version
    assert kit.stray_files(ledger) == []


def test_a_later_delivery_corrects_and_an_earlier_one_is_then_news(
    ledger: Ledger, kit: ModuleType
) -> None:
    kit.load_rows(ledger, "requests", [{"output_tokens": 1}, {"request_id": "r2"}])
    fixed = kit.load_rows(ledger, "requests", [{"output_tokens": 9}])
    assert (fixed.rows_stored, fixed.rows_duplicate, fixed.rows_replaced) == (1, 0, 1)
    assert kit.rows_of(ledger, SEEN) == [("r1", 1, 9), ("r2", 1, None)]
    again = kit.load_rows(ledger, "requests", [{"output_tokens": 1}, {"request_id": "r2"}])
    assert not again.unchanged
    assert kit.rows_of(ledger, SEEN) == [("r1", 1, 1), ("r2", 1, None)]


def test_the_fuller_of_two_rows_in_one_delivery_wins(ledger: Ledger, kit: ModuleType) -> None:
    grown = [{"output_tokens": n, "latency_ms": 10.0 * n} for n in (1, 5, 3)]
    stored = kit.load_rows(ledger, "requests", [*grown, grown[1]])
    assert (stored.rows_stored, stored.rows_duplicate) == (1, 3)
    assert kit.rows_of(ledger, SEEN) == [("r1", 1, 5)]


def test_a_call_that_moved_over_midnight_is_one_row(ledger: Ledger, kit: ModuleType) -> None:
    late, early = datetime(2026, 10, 5, 23, 59, tzinfo=UTC), datetime(2026, 10, 6, 0, 1, tzinfo=UTC)
    other = {"request_id": "r0", "timestamp": late}
    kit.load_rows(ledger, "requests", [{"timestamp": late}, other])
    moved = kit.load_rows(ledger, "requests", [{"timestamp": early}, other])
    assert (moved.rows_stored, moved.rows_duplicate, moved.rows_replaced) == (1, 1, 1)
    assert kit.rows_of(ledger, "SELECT request_id, day::VARCHAR FROM requests ORDER BY 1") == [
        ("r0", "2026-10-05"),
        ("r1", "2026-10-06"),
    ]
