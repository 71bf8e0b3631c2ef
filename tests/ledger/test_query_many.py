"""Many rows are read by another way than few, and are the same to the digit and the type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from finops.ledger import engine
from finops.ledger.engine import open_engine, query, query_many

if TYPE_CHECKING:
    import duckdb

SQL = """
select
    i,
    case when i % 3 = 0 then null else i - 5 end as some,
    cast(i as hugeint) * 10000000000 as huge,
    'run ' || i as name,
    date '2026-10-01' + cast(i as integer) as day,
    i % 2 = 0 as is_even,
    cast((i - 5000) as decimal(38, 24)) / 7 as ratio,
    cast('1234567.000000000000000000000001' as decimal(38, 24)) * (i - 5000) as amount,
    case when i % 4 = 0 then null else cast(-0.000000000000000000000001 as decimal(38, 24)) end as least,
    cast(null as decimal(38, 24)) as nothing
from range(10000) as t(i)
order by i
"""


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    """An engine without tables."""
    return open_engine()


@pytest.mark.parametrize("many", [1, 1_000_000])
def test_rows_are_what_query_returns(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(engine, "_MANY", many)
    wanted = [tuple(map(repr, row)) for row in query(con, SQL)]
    assert sorted(tuple(map(repr, row)) for row in query_many(con, SQL)) == sorted(wanted)


def test_no_rows_are_none(con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_MANY", 0)
    assert query_many(con, "select 1 as a, cast(1 as decimal(38, 24)) as b where false") == []
