"""Attempts of one call that arrive in several loads: each keeps its number, and none is stored twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.connectors.requests.conftest import Shelf


def attempt(identity: str, start: str, call: str = "c1", **columns: object) -> dict[str, Any]:
    return {
        "request_id": identity, "call_type": "acompletion", "spend": 0.01, "prompt_tokens": 10,
        "completion_tokens": 5, "startTime": f"2026-10-{start}", "endTime": f"2026-10-{start}", "model": "gpt-4o",
        "custom_llm_provider": "openai", "status": "success", "litellm_call_id": call, **columns,
    }  # fmt: skip


def numbers(shelf: Shelf) -> list[tuple[str, int]]:
    return [(row["request_id"], row["attempt"]) for row in shelf.rows()]


def test_overlapping_exports_double_no_attempt(
    shelf: Shelf, write_lines: Callable[..., Path]
) -> None:
    """The second export begins between two attempts; the third holds all of them, and one more."""
    first, second, third = (
        attempt("a", "01 23:59:59"),
        attempt("b", "02 00:00:01"),
        attempt("c", "02 00:00:09"),
    )
    other = attempt("x", "02 00:00:05", "c2")
    shelf.load(write_lines("one.jsonl", first))
    shelf.load(write_lines("two.jsonl", second, other))
    assert numbers(shelf) == [("a", 1), ("b", 2), ("x", 1)]
    shelf.load(write_lines("three.jsonl", first, second, other, third))
    assert numbers(shelf) == [("a", 1), ("b", 2), ("x", 1), ("c", 3)]


def test_an_attempt_that_comes_late_moves_no_other(
    shelf: Shelf, write_lines: Callable[..., Path]
) -> None:
    """Numbers that are stored stay, so the late one shares its number; its identity tells it apart."""
    shelf.load(write_lines("one.jsonl", attempt("b", "02 00:00:01")))
    shelf.load(write_lines("two.jsonl", attempt("a", "01 23:59:59"), attempt("b", "02 00:00:01")))
    assert numbers(shelf) == [("a", 1), ("b", 1)]


def test_the_same_call_of_another_source_is_another_call(
    shelf: Shelf, write_lines: Callable[..., Path]
) -> None:
    shelf.load(write_lines("one.jsonl", attempt("a", "01 10:00:00")), source="eu")
    shelf.load(write_lines("two.jsonl", attempt("b", "01 10:00:05")), source="us")
    assert numbers(shelf) == [("a", 1), ("b", 1)]
