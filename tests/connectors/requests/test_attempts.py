"""Attempts of one call that arrive in several loads: numbered by their start in any order, and none stored twice."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

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


@pytest.mark.parametrize("order", list(itertools.permutations("abc")))
def test_in_whatever_order_attempts_are_read_they_are_numbered_by_their_start(
    order: tuple[str, ...], shelf: Shelf, write_lines: Callable[..., Path]
) -> None:
    """Three attempts on two days, a file each; every other column stays what it was."""
    known = {
        "a": attempt("a", "01 23:59:59", prompt_tokens=7),
        "b": attempt("b", "02 00:00:01", prompt_tokens=8),
        "c": attempt("c", "02 00:00:09", prompt_tokens=9),
    }
    for name in order:
        shelf.load(write_lines(f"{name}.jsonl", known[name]))
    assert numbers(shelf) == [("a", 1), ("b", 2), ("c", 3)]
    assert [row["uncached_input_tokens"] for row in shelf.rows()] == [7, 8, 9]
    shelf.load(write_lines("again.jsonl", known["b"], known["c"]))
    assert numbers(shelf) == [("a", 1), ("b", 2), ("c", 3)]


def test_the_same_call_of_another_source_is_another_call(
    shelf: Shelf, write_lines: Callable[..., Path]
) -> None:
    shelf.load(write_lines("one.jsonl", attempt("a", "01 10:00:00")), source="eu")
    shelf.load(write_lines("two.jsonl", attempt("b", "01 10:00:05")), source="us")
    assert numbers(shelf) == [("a", 1), ("b", 1)]
