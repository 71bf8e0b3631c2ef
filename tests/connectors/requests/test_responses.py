"""Providers' own logs and gateways: what each source counts, as the ledger's disjoint kinds.

The files are written by hand from the vendors' documented field names.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from finops.errors import InputError
from finops.model.tables import TOKEN_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.connectors.requests.conftest import Shelf


def kinds(row: dict[str, Any]) -> dict[str, int]:
    """The row's token kinds that are not null or zero, under short names."""
    return {name.removesuffix("_tokens"): row[name] for name in TOKEN_COLUMNS if row[name]}


def test_openai_chat_takes_cached_tokens_out_of_input(shelf: Shelf, data: Path) -> None:
    """prompt_tokens 1,000 of which 600 cached; completion 200 of which 64 reasoning."""
    shelf.load(data / "openai.jsonl")
    row = shelf.by_id()["chatcmpl-1"]
    assert kinds(row) == {"uncached_input": 400, "cache_read": 600, "output": 200}
    assert row["reasoning_tokens"] == 64
    assert row["service_tier"] is None
    assert row["timestamp"] == datetime(2026, 10, 1, 9, tzinfo=UTC)


def test_openai_responses_split_cache_writes_by_lifetime(shelf: Shelf, data: Path) -> None:
    """5,000 in: 3,000 read, 1,500 written (1,000 for 30 m, 300 for 12 h, 200 unsaid), 500 at full price."""
    shelf.load(data / "openai.jsonl")
    row = shelf.by_id()["resp_1"]
    assert kinds(row) == {
        "uncached_input": 500,
        "cache_read": 3000,
        "cache_write_30m": 1000,
        "cache_write_12h": 300,
        "cache_write_unknown": 200,
        "output": 700,
    }
    assert (row["workflow"], row["team"], row["tenant"]) == ("triage", "support", None)
    assert (row["service_tier"], row["latency_ms"]) == ("priority", 2000.0)


def test_openai_streams_count_their_last_chunk_once(shelf: Shelf, data: Path) -> None:
    shelf.load(data / "openai.jsonl")
    rows = shelf.by_id()
    assert len(rows) == 5
    assert kinds(rows["chatcmpl-2"]) == {"uncached_input": 30, "output": 4}
    assert (rows["resp_2"]["status"], rows["resp_3"]["status"]) == ("blocked", "error")
    assert rows["resp_3"]["error_type"] == "rate_limit_exceeded"
    assert rows["resp_3"]["uncached_input_tokens"] is None


def test_openai_batch_output_is_batch(shelf: Shelf, data: Path) -> None:
    shelf.load(data / "openai_batch.jsonl")
    (row,) = shelf.rows()
    assert (row["request_id"], row["batch"], kinds(row)) == (
        "chatcmpl-b1",
        True,
        {"uncached_input": 20, "output": 5},
    )


def test_anthropic_counts_cached_tokens_beside_input_and_a_written_cache_once(
    shelf: Shelf, data: Path
) -> None:
    """Input 10, read 2,000, written 300 = 100 for 5 m + 200 for 1 h; a total without parts is unknown."""
    shelf.load(data / "anthropic.jsonl")
    rows = shelf.by_id()
    assert kinds(rows["msg_a"]) == {
        "uncached_input": 10,
        "cache_read": 2000,
        "cache_write_5m": 100,
        "cache_write_1h": 200,
        "output": 50,
    }
    assert rows["msg_a"]["reasoning_tokens"] == 20
    assert kinds(rows["msg_b"])["cache_write_unknown"] == 70
    assert (rows["msg_b"]["status"], rows["msg_b"]["speed"]) == ("blocked", "fast")
    assert (rows["req_c"]["status"], rows["req_c"]["error_type"]) == ("error", "overloaded_error")


def test_litellm_attempts_are_not_calls(shelf: Shelf, data: Path) -> None:
    """Two failed attempts and a fallback that answered share a trace: one call, three attempts."""
    shelf.load(data / "litellm_payload.jsonl")
    rows = [row for row in shelf.rows() if row["call_id"] == "t1"]
    assert [(row["attempt"], row["status"], row["error_type"]) for row in rows] == [
        (1, "error", "RateLimitError"),
        (2, "timeout", "Timeout"),
        (3, "ok", None),
    ]
    answer = rows[2]
    assert kinds(answer) == {"uncached_input": 600, "cache_read": 400, "output": 100}
    assert (answer["request_model"], answer["response_model"]) == ("smart", "gpt-4o")
    assert answer["reported_cost"] == Decimal("0.0000125")
    assert (answer["latency_ms"], answer["ttft_ms"]) == (2500.0, 250.0)
    assert (answer["workflow"], answer["team"]) == ("answers", "search")


def test_litellm_answers_from_its_own_cache_used_no_tokens(shelf: Shelf, data: Path) -> None:
    shelf.load(data / "litellm_payload.jsonl")
    row = shelf.by_id()["chatcmpl-10"]
    assert kinds(row) == {}
    assert '"cache_hit":true' in row["attributes"]
    assert shelf.by_id()["emb-1"]["operation"] == "embeddings"


def test_litellm_spend_logs_find_cache_kinds_in_the_metadata(shelf: Shelf, data: Path) -> None:
    shelf.load(data / "litellm_spend.jsonl")
    rows = shelf.by_id()
    assert kinds(rows["chatcmpl-1"]) == {
        "uncached_input": 500,
        "cache_read": 2000,
        "cache_write_5m": 100,
        "cache_write_1h": 400,
        "output": 50,
    }
    assert (rows["c1"]["call_id"], rows["c1"]["attempt"]) == ("c1", 1)
    assert (rows["chatcmpl-1"]["call_id"], rows["chatcmpl-1"]["attempt"]) == ("c1", 2)
    assert rows["chatcmpl-1"]["api_key_id"] == "b" * 64
    assert rows["chatcmpl-2"]["api_key_id"] is None


def test_langfuse_rows_are_judged_by_their_own_sums(shelf: Shelf, data: Path) -> None:
    """Inside input (total = input + output), beside it, wholly disjoint, and no total to judge by."""
    shelf.load(data / "langfuse.jsonl")
    rows = shelf.by_id()
    assert kinds(rows["in"]) == {"uncached_input": 400, "cache_read": 600, "output": 200}
    assert kinds(rows["ex"]) == {
        "uncached_input": 400,
        "cache_read": 1500,
        "cache_write_unknown": 500,
        "output": 200,
    }
    assert kinds(rows["dj"]) == {"uncached_input": 400, "cache_read": 600, "output": 200}
    assert kinds(rows["no-total"]) == {"uncached_input": 5, "cache_read": 900, "output": 6}
    assert (rows["rt"]["operation"], rows["rt"]["status"]) == ("retrieval", "error")
    assert "ag" not in rows


def test_langfuse_can_be_told(shelf: Shelf, data: Path) -> None:
    with pytest.raises(InputError) as refused:
        shelf.load(data / "langfuse.jsonl", sets={"cached_in_input": "yes"})
    whys = {problem.why for problem in refused.value.problems}
    assert whys == {
        "more cached tokens than input: this source does not count cached tokens inside input"
    }


def test_bedrock_counts_cached_tokens_beside_input(shelf: Shelf, data: Path) -> None:
    shelf.load(data / "bedrock.json.gz")
    rows = shelf.by_id()
    assert kinds(rows["b-1"]) == {
        "uncached_input": 20,
        "cache_read": 3000,
        "cache_write_5m": 600,
        "cache_write_1h": 100,
        "output": 80,
    }
    assert rows["b-1"]["request_model"] == "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
    assert (rows["b-1"]["region"], rows["b-1"]["caller_region"]) == ("us-west-2", "us-east-1")
    assert kinds(rows["b-2"]) == {"uncached_input": 15, "cache_write_unknown": 40, "output": 9}
    assert (rows["b-3"]["status"], rows["b-3"]["operation"]) == ("error", "embeddings")


def test_apim_parts_are_one_request(shelf: Shelf, data: Path) -> None:
    shelf.load(data / "azure_apim.csv")
    rows = shelf.by_id()
    assert set(rows) == {"corr-1", "corr-2"}
    assert kinds(rows["corr-1"]) == {"uncached_input": 40000, "output": 900}
    assert rows["corr-1"]["deployment"] == "gpt4o-prod"
    assert rows["corr-1"]["cache_read_tokens"] is None


@pytest.mark.parametrize(
    ("details", "column", "why"),
    [
        ({"cached_tokens": 11}, "cache_read_tokens", "more cached tokens than input"),
        ({"cached_tokens": 1.5}, "cache_read_tokens", "not a whole number of tokens"),
        ({"cached_tokens": -1}, "cache_read_tokens", "not a whole number of tokens"),
    ],
)
def test_a_count_that_contradicts_its_source_is_a_problem(
    shelf: Shelf, write_lines: Callable[..., Path], details: dict[str, float], column: str, why: str
) -> None:
    line = {
        "id": "x", "object": "chat.completion", "created": 1790845200, "model": "gpt-4o",
        "usage": {"prompt_tokens": 10, "completion_tokens": 1, "prompt_tokens_details": details},
    }  # fmt: skip
    with pytest.raises(InputError) as refused:
        shelf.load(write_lines("log.jsonl", line))
    (problem,) = refused.value.problems
    assert (problem.row, problem.column) == (1, column)
    assert problem.why.startswith(why)
    assert shelf.rows() == []


@pytest.mark.parametrize(
    "name", ["openai.jsonl", "litellm_payload.jsonl", "langfuse.jsonl", "otlp", "claude"]
)
def test_the_same_log_again_changes_nothing(shelf: Shelf, data: Path, name: str) -> None:
    shelf.load(data / name)
    before = shelf.rows()
    (again,) = shelf.load(data / name)
    assert shelf.rows() == before
    assert again.stored.rows_stored == 0
