"""Requests that capacity served: their tokens, attempts and engine times, by month, pool and what tells apart."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from finops.analysis.capacity.weights import Served
from finops.analysis.where import quote
from finops.ledger.engine import query
from finops.model.tables import CACHE_WRITE_COLUMNS

if TYPE_CHECKING:
    import duckdb

    from finops.analysis.capacity.provisioned import Demand
    from finops.model.period import Period

__all__ = ["PREFILL", "read_demand", "read_served"]

PREFILL = ("uncached_input_tokens", *CACHE_WRITE_COLUMNS)
"""Input the engine reads in full."""

_SUMS = (
    ("rows", "served_rows"),
    ("requests", "requests"),
    ("prefill", " + ".join(PREFILL)),
    ("cached", "cache_read_tokens"),
    ("output", "output_tokens"),
    ("timed_rows", "timed_rows"),
    ("timed_prefill", "timed_prefill"),
    ("timed_cached", "timed_cached"),
    ("timed_output", "timed_output"),
    ("prefill_us", "prefill_us"),
    ("decode_us", "decode_us"),
)


def read_served(
    con: duckdb.DuckDBPyConnection, cells: str, days: Period
) -> dict[str, dict[str, dict[str | None, Served]]]:
    """Served requests of `days` by month, pool and key, summed from the relation `cells`."""
    sums = ", ".join(f"cast(sum({sql}) as bigint) as {name}" for name, sql in _SUMS)
    rows = query(
        con,
        f"""
        select strftime(day, '%Y-%m') as month, served_by, served_key, {sums}
        from {cells} as cells
        where served_by is not null and {_within(days)}
        group by all
        """,
    )
    found: dict[str, dict[str, dict[str | None, Served]]] = defaultdict(lambda: defaultdict(dict))
    for month, pool, key, *counts in rows:
        found[month][pool][key] = Served(*counts)
    return found


def read_demand(con: duckdb.DuckDBPyConnection, hours: str, days: Period, pool: str) -> Demand:
    """Tokens that `pool` served in each hour of `days`, from a relation that tells hours apart."""
    prefill = " + ".join(PREFILL)
    rows = query(
        con,
        f"""
        select
            hour,
            cast(sum({prefill}) as bigint) as prefill,
            cast(sum(cache_read_tokens) as bigint) as cached,
            cast(sum(output_tokens) as bigint) as output
        from {hours} as hours
        where served_by = {quote(pool)} and {_within(days)}
        group by hour
        """,
    )
    return {
        hour: Served(prefill=prefill, cached=cached, output=output)
        for hour, prefill, cached, output in rows
    }


def _within(days: Period) -> str:
    return f"day >= date '{days.start}' and day < date '{days.end}'"
