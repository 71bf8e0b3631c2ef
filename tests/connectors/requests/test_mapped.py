"""Our own record, and any log at all through --map and --set."""

from __future__ import annotations

import shutil
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from finops.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.connectors.requests.conftest import Shelf

TRACE = {
    "timestamp": "TIMESTAMP",
    "uncached_input_tokens": "ContextTokens",
    "output_tokens": "GeneratedTokens",
}
SETS = {"provider": "openai", "request_model": "gpt-4o", "operation": "chat"}


def totals(shelf: Shelf) -> tuple[int, ...]:
    (row,) = shelf.query(
        "select count(*) as n, sum(uncached_input_tokens) as i, sum(output_tokens) as o from requests"
    )
    return row["n"], row["i"], row["o"]


def test_the_azure_trace_gives_its_19_366_requests(
    shelf: Shelf, shared_data: Path, tmp_path: Path
) -> None:
    """The last line has no newline; under another name, and beside a copy, it adds nothing."""
    trace = shared_data / "azure-llm-trace" / "AzureLLMInferenceTrace_conv.csv"
    shelf.load(trace, maps=TRACE, sets=SETS)
    assert totals(shelf) == (19366, 22361870, 4088665)
    row = shelf.rows()[-1]
    assert (row["status"], row["operation"], row["provider"]) == ("ok", "chat", "openai")
    renamed = tmp_path / "renamed.csv"
    shutil.copy(trace, renamed)
    shelf.load(renamed, trace, maps=TRACE, sets=SETS)
    assert totals(shelf) == (19366, 22361870, 4088665)


def test_rows_without_id_are_told_apart_by_content_and_occurrence(
    shelf: Shelf, tmp_path: Path
) -> None:
    """Equal rows of one file are different calls; a file that grew keeps the ids of its old rows."""
    log = tmp_path / "log.csv"
    log.write_text("TIMESTAMP,ContextTokens,GeneratedTokens\n" + "2026-10-01 00:00:00,5,1\n" * 2)
    shelf.load(log, maps=TRACE, sets=SETS)
    assert totals(shelf) == (2, 10, 2)
    with log.open("a") as file:
        file.write("2026-10-01 00:00:00,5,1\n2026-10-01 00:00:01,7,1")
    (result,) = shelf.load(log, maps=TRACE, sets=SETS)
    assert totals(shelf) == (4, 22, 4)
    assert (result.stored.rows_stored, result.stored.rows_duplicate) == (2, 2)


def test_a_mapped_input_total_loses_its_cached_part(
    shelf: Shelf, write_lines: Callable[..., Path]
) -> None:
    lines = [{"at": "2026-10-01T00:00:00Z", "in": 100, "hit": 60, "out": 5, "prompt": "PLANTED"}]
    maps = {
        "timestamp": "at",
        "input_tokens": "in",
        "cache_read_tokens": "hit",
        "output_tokens": "out",
    }
    shelf.load(write_lines("a.jsonl", *lines), maps=maps)
    (row,) = shelf.rows()
    assert (row["uncached_input_tokens"], row["cache_read_tokens"], row["output_tokens"]) == (
        40,
        60,
        5,
    )
    with pytest.raises(InputError) as refused:
        shelf.load(write_lines("b.jsonl", lines[0] | {"hit": 101}), maps=maps)
    assert [problem.why for problem in refused.value.problems] == ["more cached tokens than input"]


def test_a_map_to_or_from_no_column_is_named(shelf: Shelf, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("TIMESTAMP,ContextTokens,GeneratedTokens\n2026-10-01 00:00:00,5,1\n")
    with pytest.raises(UsageError, match="tokens_in"):
        shelf.load(log, maps=TRACE | {"tokens_in": "ContextTokens"}, sets=SETS)
    with pytest.raises(UsageError, match="Nowhere"):
        shelf.load(log, maps=TRACE | {"team": "Nowhere"}, sets=SETS)


def test_our_own_record_keeps_every_digit_and_knows_time_zones(shelf: Shelf, data: Path) -> None:
    shelf.load(data / "requests.jsonl")
    first, second = shelf.rows()
    assert first["reported_cost"] == Decimal("0.000123456789012345678901")
    assert first["timestamp"] == second["timestamp"]
    assert (first["call_id"], first["attempt"]) == ("r1", 1)


def test_our_own_record_reads_the_same_from_csv_and_parquet(
    shelf: Shelf, data: Path, tmp_path: Path
) -> None:
    import duckdb

    source = f"select * exclude (prompt, messages, arguments) from read_json('{data / 'requests.jsonl'}')"
    with duckdb.connect() as con:
        con.execute(f"copy ({source}) to '{tmp_path / 'r.csv'}'").fetchall()
        con.execute(f"copy ({source}) to '{tmp_path / 'r.parquet'}'").fetchall()
    shelf.load(data / "requests.jsonl", source="a")
    shelf.load(tmp_path / "r.csv", source="b")
    shelf.load(tmp_path / "r.parquet", source="c")
    compared = shelf.query(
        "select count(*) as n from (select distinct * exclude (source_id) from requests)"
    )
    assert compared == [{"n": 2}]


def test_a_fraction_of_a_token_is_refused(shelf: Shelf, write_lines: Callable[..., Path]) -> None:
    line = {
        "timestamp": "2026-10-01T00:00:00Z", "request_id": "r", "operation": "chat", "status": "ok",
        "uncached_input_tokens": 1.5,
    }  # fmt: skip
    with pytest.raises(InputError) as refused:
        shelf.load(write_lines("log.jsonl", line))
    assert [problem.column for problem in refused.value.problems] == ["uncached_input_tokens"]
