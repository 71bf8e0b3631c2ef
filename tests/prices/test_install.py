"""SQL multiplies: a million rows cost what the same rows cost one by one."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import pytest
from genai_prices import Usage, calc_price

from finops.model.tables import REQUESTS
from finops.prices.book import Book, PriceKey, install_cards, priced_sql
from finops.prices.install import keys_sql

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'America/New_York'").fetchall()
    columns = ", ".join(f'"{column.name}" {column.kind.value}' for column in REQUESTS.columns)
    connection.execute(f"create table requests ({columns})").fetchall()
    yield connection
    connection.close()


def add(con: duckdb.DuckDBPyConnection, **values: object) -> None:
    row: dict[str, object] = {
        "timestamp": datetime(2026, 11, 1, 12, tzinfo=UTC),
        "operation": "chat",
        "status": "ok",
        **values,
    }
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join("?" * len(row))
    con.execute(f"insert into requests ({names}) values ({marks})", list(row.values())).fetchall()


def priced(con: duckdb.DuckDBPyConnection, book: Book | None = None) -> list[dict[str, object]]:
    keys = [PriceKey(*row) for row in con.execute(keys_sql("requests")).fetchall()]
    install_cards(con, (book or Book.load()).cards(keys))
    cursor = con.execute(f"select * from ({priced_sql('requests')}) order by request_id")
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def test_each_kind_has_its_amount_and_the_price_is_their_sum(
    con: duckdb.DuckDBPyConnection,
) -> None:
    add(
        con,
        provider="anthropic",
        request_model="claude-sonnet-4-5",
        uncached_input_tokens=600,
        cache_read_tokens=400,
        cache_write_1h_tokens=100,
        output_tokens=10,
    )
    (row,) = priced(con)
    assert row["uncached_input_cost"] == Decimal("0.0018")
    assert row["cache_read_cost"] == Decimal("0.00012")
    assert row["cache_write_5m_cost"] == 0
    assert row["cache_write_1h_cost"] == Decimal("0.0006")
    assert row["output_cost"] == Decimal("0.00015")
    assert row["price"] == Decimal("0.00267")
    assert (row["currency"], row["unpriced_reason"]) == ("USD", None)
    assert (row["priced_provider"], row["priced_model"]) == ("anthropic", "claude-sonnet-4-5")


def test_the_model_that_answered_is_the_one_priced(con: duckdb.DuckDBPyConnection) -> None:
    add(
        con,
        provider="openai",
        request_model="house-alias",
        response_model="gpt-4o-2024-08-06",
        output_tokens=1000,
    )
    assert priced(con)[0]["price"] == Decimal("0.01")


def test_minutes_are_of_the_utc_day_whatever_the_session(con: duckdb.DuckDBPyConnection) -> None:
    for number, (hour, minute) in enumerate(((0, 29), (0, 30), (16, 29), (16, 30))):
        add(
            con,
            request_id=str(number),
            timestamp=datetime(2025, 3, 1, hour, minute, 59, tzinfo=UTC),
            provider="deepseek",
            request_model="deepseek-chat",
            output_tokens=1_000_000,
        )
    expected = [Decimal("0.55"), Decimal("1.1"), Decimal("1.1"), Decimal("0.55")]
    assert [row["price"] for row in priced(con)] == expected


def test_a_context_tier_is_chosen_by_the_whole_input(con: duckdb.DuckDBPyConnection) -> None:
    for number, cached in enumerate((199_999, 200_000)):
        add(
            con,
            request_id=str(number),
            provider="anthropic",
            request_model="claude-sonnet-4-5",
            uncached_input_tokens=1,
            cache_read_tokens=cached,
        )
    assert [row["price"] for row in priced(con)] == [Decimal("0.0600027"), Decimal("0.120006")]


def test_what_cannot_be_priced_has_a_reason_and_no_amount(con: duckdb.DuckDBPyConnection) -> None:
    add(con, request_id="a", provider="openai", request_model="nope", output_tokens=5)
    add(
        con,
        request_id="b",
        provider="openai",
        request_model="gpt-4o",
        service_tier="scale",
        output_tokens=5,
    )
    add(con, request_id="c", provider="openai", request_model="gpt-4o")
    add(con, request_id="d", provider="openai", request_model="gpt-4o", status="error")
    add(con, request_id="e", operation="execute_tool")
    add(con, request_id="f", provider="openai", request_model="nope", output_tokens=0)
    rows = priced(con)
    assert [(row["price"], row["unpriced_reason"]) for row in rows] == [
        (None, "no known price for openai/nope"),
        (None, "no known price for openai/gpt-4o with service tier 'scale'"),
        (None, "the log has no token counts"),
        (0, None),
        (0, None),
        (0, None),
    ]


def test_a_key_without_a_card_is_never_priced(con: duckdb.DuckDBPyConnection) -> None:
    add(con, provider="openai", request_model="gpt-4o", output_tokens=5)
    install_cards(con, [])
    rows = con.execute(f"select price, unpriced_reason from ({priced_sql('requests')})").fetchall()
    assert rows == [(None, "no rate card was made for its key")]


def test_a_row_is_priced_once_and_the_total_is_the_librarys(con: duckdb.DuckDBPyConnection) -> None:
    models = ("gpt-4o", "o3", "gpt-5", "gpt-4.1-mini")
    expected = Decimal(0)
    for number in range(200):
        model, cached = models[number % 4], number * 7
        at = datetime(2025, 6, 1 + number % 20, number % 24, tzinfo=UTC)
        add(
            con,
            request_id=str(number),
            timestamp=at,
            provider="openai",
            request_model=model,
            batch=None if number % 2 else False,
            uncached_input_tokens=number * 31,
            cache_read_tokens=cached,
            output_tokens=number,
        )
        usage = Usage(input_tokens=number * 38, cache_read_tokens=cached, output_tokens=number)
        expected += calc_price(
            usage, model, provider_id="openai", genai_request_timestamp=at
        ).total_price
    rows = priced(con)
    assert len(rows) == 200
    assert sum(row["price"] for row in rows if isinstance(row["price"], Decimal)) == expected
