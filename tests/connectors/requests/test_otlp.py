"""OTLP-JSON traces: each model call once, under the workflow and agent it happened in.

The files are written by hand from the OpenTelemetry semantic conventions, new names and old; children
lie in another file than their parents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from finops.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.connectors.requests.conftest import Shelf


def span(identity: str, parent: str, **attributes: str | int) -> dict[str, Any]:
    pairs = [
        {
            "key": f"gen_ai.{name.replace('__', '.')}",
            "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value},
        }
        for name, value in attributes.items()
    ]
    return {
        "traceId": "t", "spanId": identity, "parentSpanId": parent, "name": identity,
        "startTimeUnixNano": "1790845200000000000", "endTimeUnixNano": "1790845201000000000",
        "attributes": pairs,
    }  # fmt: skip


def export(*spans: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceSpans": [{"resource": {"attributes": []}, "scopeSpans": [{"spans": [*spans]}]}]
    }


def chat(identity: str, parent: str, count: int, **more: str | int) -> dict[str, Any]:
    return span(identity, parent, operation__name="chat", usage__input_tokens=count, **more)


def test_aggregates_and_doubled_instrumentation_count_once(shelf: Shelf, data: Path) -> None:
    """1,300 input tokens were spent; the spans of the trace hold 3,200."""
    shelf.load(data / "otlp")
    rows = {row["span_id"][-1]: row for row in shelf.rows() if row["workflow"] == "checkout"}
    assert set(rows) == {"3", "5", "6"}
    call = rows["3"]
    assert (call["uncached_input_tokens"], call["cache_read_tokens"]) == (300, 600)
    assert (call["cache_write_unknown_tokens"], call["output_tokens"]) == (100, 200)
    assert (call["reasoning_tokens"], call["latency_ms"], call["ttft_ms"]) == (64, 900.0, 250.0)
    assert (rows["5"]["uncached_input_tokens"], rows["5"]["provider"]) == (300, "openai")
    assert (rows["6"]["operation"], rows["6"]["status"]) == ("execute_tool", "timeout")


def test_dimensions_come_down_from_another_file(shelf: Shelf, data: Path) -> None:
    shelf.load(data / "otlp")
    row = next(row for row in shelf.rows() if row["span_id"] == "aaaa000000000003")
    assert (row["workflow"], row["agent"], row["team"]) == ("checkout", "planner", "payments")
    assert row["workflow_run_id"] == row["trace_id"]
    assert row["environment"] == "production"
    lone = next(row for row in shelf.rows() if row["operation"] == "embeddings")
    assert (lone["workflow"], lone["workflow_run_id"]) == (None, None)


def test_a_model_span_around_an_agent_is_a_call_of_its_own(
    shelf: Shelf, write_lines: Callable[..., Path]
) -> None:
    """Chat → tool → chat is two calls; chat → chat is one, unless the answers' ids differ."""
    log = write_lines(
        "t.jsonl",
        export(
            chat("a", "", 10), span("b", "a", operation__name="execute_tool"), chat("c", "b", 5)
        ),
        export(chat("d", "", 7), span("plain", "d"), chat("e", "plain", 7)),
        export(chat("f", "", 3, response__id="1"), chat("g", "f", 4, response__id="2")),
    )
    shelf.load(log)
    counted = {row["span_id"]: row["uncached_input_tokens"] for row in shelf.rows()}
    assert counted == {"a": 10, "b": None, "c": 5, "e": 7, "f": 3, "g": 4}


def test_a_span_written_twice_and_a_ring_of_parents_do_no_harm(
    shelf: Shelf, write_lines: Callable[..., Path]
) -> None:
    shelf.load(
        write_lines("t.jsonl", export(chat("a", "b", 1), chat("a", "b", 1)), export(span("b", "a")))
    )
    assert [row["span_id"] for row in shelf.rows()] == ["a"]


def test_cached_above_input_is_a_problem_until_told_otherwise(
    shelf: Shelf, write_lines: Callable[..., Path]
) -> None:
    log = write_lines("t.jsonl", export(chat("a", "", 10, usage__cache_read__input_tokens=900)))
    with pytest.raises(InputError) as refused:
        shelf.load(log)
    assert refused.value.problems[0].column == "cache_read_tokens"
    shelf.load(log, sets={"cached_in_input": "no"})
    (row,) = shelf.rows()
    assert (row["uncached_input_tokens"], row["cache_read_tokens"]) == (10, 900)
