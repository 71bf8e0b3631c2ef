"""(d) Pricing in SQL against genai-prices called once for every request."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
from genai_prices import Usage, calc_price

from bench.generate import requests_select
from bench.measure import Measured
from finops.model.tables import REQUESTS
from finops.prices.book import Book, PriceKey, install_cards, priced_sql
from finops.prices.install import keys_sql

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["pricing"]


def pricing(rows: int) -> Measured:
    """Price `rows` requests both ways; a difference in the last digit is a failure."""
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'").fetchall()
        _requests(con, rows)
        ours, (total, unpriced) = _ours(con)
        fetched = con.execute(
            "select provider, response_model, timestamp, uncached_input_tokens, cache_read_tokens, "
            "cache_write_5m_tokens, output_tokens from requests"
        ).fetchall()
    begin = time.perf_counter()
    expected, unknown = _one_by_one(fetched)
    theirs = time.perf_counter() - begin
    same = total == expected and unpriced == unknown
    note = f"{total.normalize():f} USD both ways, {unpriced:,} rows of an unknown model unpriced"
    if not same:
        note = f"totals differ: {total} and {expected}; unpriced {unpriced} and {unknown}"
    return Measured(
        letter="d",
        what=f"price {rows:,} requests",
        floor="genai-prices row by row",
        target=50,
        ceiling=False,
        ratio=theirs / ours if same else None,
        note=note,
        seconds={"finops": ours, "genai-prices": theirs},
    )


def _requests(con: duckdb.DuckDBPyConnection, rows: int) -> None:
    columns = ", ".join(f'"{column.name}" {column.kind.value}' for column in REQUESTS.columns)
    con.execute(f"create table requests ({columns})").fetchall()
    con.execute(f"insert into requests by name {requests_select(rows)}").fetchall()


def _ours(con: duckdb.DuckDBPyConnection) -> tuple[float, tuple[Decimal, int]]:
    """Seconds from distinct keys to the total, and the total with the number of unpriced rows."""
    begin = time.perf_counter()
    keys = [PriceKey(*row) for row in con.execute(keys_sql("requests")).fetchall()]
    install_cards(con, Book.load().cards(keys))
    (result,) = con.execute(
        f"select sum(price), count(*) filter (unpriced_reason is not null) from ({priced_sql('requests')})"
    ).fetchall()
    return time.perf_counter() - begin, result


def _one_by_one(rows: Iterable[tuple[Any, ...]]) -> tuple[Decimal, int]:
    total, unknown = Decimal(0), 0
    for provider, model, at, fresh, read, written, output in rows:
        usage = Usage(
            input_tokens=fresh + read + written,
            cache_read_tokens=read,
            cache_write_tokens=written,
            cache_write_5m_tokens=written,
            output_tokens=output,
        )
        try:
            answer = calc_price(usage, model, provider_id=provider, genai_request_timestamp=at)
        except LookupError:
            unknown += 1
            continue
        total += answer.total_price
    return total, unknown
