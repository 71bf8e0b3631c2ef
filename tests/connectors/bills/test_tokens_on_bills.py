"""Model, token kind and service tier as providers write them into one phrase."""

from __future__ import annotations

import duckdb
import pytest

from connectors.formats.bills.tokens_on_bills import phrase, token_columns

Named = tuple[str | None, str | None, str | None]


def named(text: str) -> Named:
    columns = ", ".join(token_columns("line").values())
    with duckdb.connect() as con:
        row = con.execute(
            f"select {columns} from (select {phrase(['v'])} as line from (select ?::varchar as v))",
            [text],
        ).fetchall()[0]
    return (row[0], row[1], row[2])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("USE1-Claude3.5Sonnet-input-tokens", ("Claude3.5Sonnet", "uncached_input", None)),
        (
            "USE1-Claude3.5Sonnet-cache-read-input-token-count",
            ("Claude3.5Sonnet", "cache_read", None),
        ),
        (
            "USE1-Claude4Sonnet-cache-write-input-token-count",
            ("Claude4Sonnet", "cache_write_unknown", None),
        ),
        ("USW2-Nova-Pro-output-tokens-batch", ("Nova-Pro", "output", "batch")),
        (
            "USE1-Claude3.5Sonnet-input-tokens-priority",
            ("Claude3.5Sonnet", "uncached_input", "priority"),
        ),
        ("USE1-mantle-gpt-oss-120b-input-tokens", ("gpt-oss-120b", "uncached_input", None)),
        ("USE1-MP:USE1_InputTokenCount-Units", (None, "uncached_input", None)),
        ("USE1-MP:USE1_CacheWriteInputTokenCount-Units", (None, "cache_write_unknown", None)),
        ("gpt-4o-2024-08-06, input", ("gpt-4o-2024-08-06", "uncached_input", None)),
        ("gpt-4o-2024-08-06, cached input", ("gpt-4o-2024-08-06", "cache_read", None)),
        ("gpt-4o-mini-2024-07-18, output", ("gpt-4o-mini-2024-07-18", "output", None)),
        ("gpt 4o 0806 Inp glbl Tokens", ("gpt 4o 0806", "uncached_input", None)),
        ("gpt-4o-0806-cached-Inp-glbl Tokens", ("gpt-4o-0806", "cache_read", None)),
        ("gpt 4.1 Batch Inp glbl Tokens", ("gpt 4.1", "uncached_input", "batch")),
        ("Claude Sonnet 4.5 Usage - Input Tokens", ("Claude Sonnet 4.5", "uncached_input", None)),
        (
            "Claude Sonnet 4.5 Usage - Prompt Caching Write (5m)",
            ("Claude Sonnet 4.5", "cache_write_5m", None),
        ),
        ("claude-sonnet-4-5 cache_read_input_tokens", ("claude-sonnet-4-5", "cache_read", None)),
        (
            "Claude Sonnet 4.5 Usage - Output Tokens (Batch)",
            ("Claude Sonnet 4.5", "output", "batch"),
        ),
        ("$0.023 per GB-Month of storage", (None, None, None)),
        ("Data output throughput", (None, None, None)),
    ],
)
def test_what_a_phrase_names(text: str, expected: Named) -> None:
    assert named(text) == expected


def test_the_first_column_that_speaks_of_tokens_is_read() -> None:
    with duckdb.connect() as con:
        found = con.execute(
            f"select {phrase(['a', 'b'])} from (select 'GB-Mo' as a, 'x, cached input' as b)"
        )
        assert found.fetchall() == [("x, cached input",)]
