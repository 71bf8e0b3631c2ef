"""The SQL models run unchanged in meaning on Spark: every statement of a unit question, on both engines.

The statements DuckDB ran are recorded, carried over by sqlglot, replayed on Spark over the same rows,
and each result is compared. What Python fills in between (rate cards, rates) is copied across.
"""

from __future__ import annotations

import random
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from finops.analysis.economics import Question, prepare
from finops.analysis.measures import measure
from finops.config import Config
from finops.ledger.engine import open_engine
from finops.ledger.store import Ledger
from finops.model.period import Period
from finops.model.tables import COSTS, REQUESTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import duckdb
    from pyspark.sql import DataFrame, SparkSession

    from finops.model.schema import Table

pytestmark = [pytest.mark.needs("java", "pyspark", "sqlglot"), pytest.mark.timeout(600)]

CREATED = re.compile(r"create or replace temp (?:table|view) (\w+) as (.*)", re.DOTALL)
FILLED_BY_PYTHON = (
    "rate_cards",
    "rates_of_key",
    "unit_rates",
    "priced_keys",
    "workflow_rates",
    "capacity_rates",
)

READ_AT_ONCE = ("many_rows",)
"""Tables that are gone once they were read: the statement that reads them is compared."""


class Recorder:
    """A connection that remembers every statement it ran and what came of it."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con
        self.ran: list[tuple[str, list[tuple[Any, ...]]]] = []

    def execute(self, sql: str, parameters: object = None) -> Recorder:
        """Run, remember, and keep the rows for `fetchall`."""
        rows = (
            self.con.execute(sql, parameters) if parameters else self.con.execute(sql)
        ).fetchall()
        self.ran.append((sql, rows))
        return self

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Rows of the last statement."""
        return self.ran[-1][1]

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  (whatever the connection has)
        return getattr(self.con, name)


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    """A local session set up as the design says Spark must be for exact decimals."""
    pyspark_sql = pytest.importorskip("pyspark.sql")
    session = (
        pyspark_sql.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.decimalOperations.allowPrecisionLoss", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .getOrCreate()
    )
    yield session
    session.stop()


def requests() -> list[dict[str, object]]:
    """A small log with retries, runs, caches and failures over three days; seeded."""
    chance = random.Random(7)
    start = datetime(2026, 10, 1, tzinfo=UTC)
    rows = []
    for number in range(300):
        at = start + timedelta(minutes=14 * number)
        attempt = chance.choice((1, 1, 1, 2))
        rows.append(
            {
                "timestamp": at,
                "request_id": f"r{number}",
                "call_id": f"r{number - 1}" if attempt == 2 else f"r{number}",
                "attempt": attempt,
                "operation": chance.choice(("chat", "chat", "chat", "embeddings", "retrieval")),
                "provider": chance.choice(("acme", "bolt")),
                "request_model": chance.choice(("small", "large")),
                "workflow": chance.choice(("rag", "chat", None)),
                "workflow_run_id": f"run{number // 5}" if number % 7 else None,
                "agent": chance.choice(("planner", None)),
                "status": chance.choice(("ok", "ok", "ok", "error", "cancelled")),
                "uncached_input_tokens": chance.randrange(1000),
                "cache_read_tokens": chance.choice((None, 0, 250)),
                "cache_write_1h_tokens": chance.choice((None, 10)),
                "output_tokens": chance.randrange(400),
                "latency_ms": chance.choice((None, 0.0, 12.5, 800.0, 4000.0)),
                "ttft_ms": chance.choice((None, 5.0, 90.0)),
                "bytes_out": chance.randrange(9),
                "source_id": "log",
                "day": at.date(),
            }
        )
    return rows


def costs() -> list[dict[str, object]]:
    """Daily bills of one provider with quantities, and a shared pool; the other provider has none."""
    rows = []
    for day in range(3):
        start = datetime(2026, 10, 1 + day, tzinfo=UTC)
        for kind, cost, tokens in (("uncached_input", "0.37", 39_000), ("output", "1.11", 22_222)):
            rows.append(
                charge(
                    start,
                    cost,
                    x_Model="small",
                    x_TokenType=kind,
                    ConsumedUnit="Tokens",
                    ConsumedQuantity=Decimal(tokens),
                )
            )
        rows.append(
            charge(start, "3.000000000000000000000007", ServiceName="Vectors", ProviderName="aws")
        )
    return rows


def charge(start: datetime, cost: str, **more: object) -> dict[str, object]:
    """A FOCUS row of one day."""
    return {
        "BilledCost": Decimal(cost),
        "EffectiveCost": Decimal(cost),
        "BillingCurrency": "USD",
        "ProviderName": "acme",
        "BillingPeriodStart": datetime(2026, 10, 1, tzinfo=UTC),
        "BillingPeriodEnd": datetime(2026, 11, 1, tzinfo=UTC),
        "ChargePeriodStart": start,
        "ChargePeriodEnd": start + timedelta(days=1),
        "ChargeCategory": "Usage",
        "x_BillingMonth": "2026-10",
        "x_SourceId": "bill",
        "x_Scope": "all",
        "x_LoadId": "1",
        "x_CostOrigin": "bill",
        **more,
    }


def fill(con: duckdb.DuckDBPyConnection, table: Table, rows: list[dict[str, object]]) -> None:
    """A DuckDB table of the declared columns."""
    columns = ", ".join(f'"{column.name}" {column.kind.stored}' for column in table.columns)
    con.execute(f"create table {table.name} ({columns})").fetchall()
    marks = ", ".join("?" * len(table.columns))
    values = [tuple(row.get(name) for name in table.names) for row in rows]
    con.executemany(f"insert into {table.name} values ({marks})", values).fetchall()


def settings() -> Config:
    """Own prices, so that the test does not lean on a public list; one shared pool."""
    prices = [
        {
            "provider": provider,
            "model": model,
            "from": date(2026, 1, 1),
            "input": "3",
            "output": "15",
            "cache_read": "0.3",
            "cache_write": "3.75",
            "cache_write_1h": "6",
        }
        for provider in ("acme", "bolt")
        for model in ("small", "large")
    ]
    pools = [
        {
            "name": "vectors",
            "kind": "shared",
            "where": "ServiceName = 'Vectors'",
            "driver": "requests",
        }
    ]
    return Config.model_validate({"prices": prices, "pools": pools})


def copied(spark: SparkSession, con: duckdb.DuckDBPyConnection, name: str) -> DataFrame:
    """A DuckDB relation as a Spark DataFrame."""
    return spark.createDataFrame(con.sql(f"select * from {name}").to_arrow_table())


def comparable(rows: list[tuple[Any, ...]]) -> list[tuple[str, ...]]:
    """Rows as text, numbers normalized, in an order of their own."""
    return sorted(tuple(_text(value) for value in row) for row in rows)


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S.%f}"
    return str(value)


def test_every_model_gives_the_same_rows_on_spark(spark: SparkSession, tmp_path: Path) -> None:
    import sqlglot

    empty = Ledger.open(str(tmp_path / "ledger"), create=True)
    con = open_engine()
    fill(con, REQUESTS, requests())
    fill(con, COSTS, costs())
    recorder: Any = Recorder(con)
    question = Question(
        Period(date(2026, 10, 1), date(2026, 11, 1)), ("workflow", "model"), use_rollups=False
    )
    prepared = prepare(recorder, empty, settings(), question)
    measure(recorder, prepared.relations.asked, prepared.grouping, prepared.allocation.shares)

    for table in ("requests", *FILLED_BY_PYTHON):
        copied(spark, con, table).createOrReplaceTempView(table)
    keyed = {"grain_key", "raw_key"}
    compared = 0
    for sql, rows in recorder.ran:
        made = CREATED.match(sql.strip())
        if made is None and not sql.lstrip().startswith(("--", "select", "with")):
            continue
        if (made and made[1] in FILLED_BY_PYTHON) or "from costs" in sql:
            continue
        select = made[2] if made else sql
        there = spark.sql(sqlglot.transpile(select, read="duckdb", write="spark")[0])
        if not made:
            assert comparable([tuple(row) for row in there.collect()]) == comparable(rows), sql
            compared += 1
            continue
        there.cache().createOrReplaceTempView(made[1])
        if made[1] in READ_AT_ONCE:
            continue
        names = [name for name in there.columns if name not in keyed]
        listed = ", ".join(names)
        here = con.execute(f"select {listed} from {made[1]}").fetchall()
        found = [tuple(row) for row in there.select(*names).collect()]
        assert comparable(found) == comparable(here), made[1]
        compared += 1
    assert compared >= 10
