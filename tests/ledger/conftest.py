"""Rows for ledger tests: a SELECT that yields them, typed as a loader's would be, and one call to load it."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from finops.ledger.engine import join_engine, query
from finops.ledger.loads import Load, new_load_id
from finops.ledger.store import Ledger
from finops.ledger.write import Stored, store
from finops.model.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import ModuleType

LOADER = Path(__file__).with_name("loader.py")

_DEFAULTS: dict[str, dict[str, Any]] = {
    "costs": {
        "BilledCost": Decimal(1),
        "EffectiveCost": Decimal(1),
        "BillingCurrency": "USD",
        "BillingAccountId": "1234",
        "BillingPeriodStart": datetime(2026, 10, 1, tzinfo=UTC),
        "BillingPeriodEnd": datetime(2026, 11, 1, tzinfo=UTC),
        "ChargePeriodStart": datetime(2026, 10, 5, tzinfo=UTC),
        "ChargePeriodEnd": datetime(2026, 10, 6, tzinfo=UTC),
        "ChargeCategory": "Usage",
        "x_BillingMonth": "2026-10",
        "x_SourceId": "aws",
        "x_Scope": "AWS/1234",
        "x_CostOrigin": "bill",
    },
    "requests": {
        "timestamp": datetime(2026, 10, 5, 12, tzinfo=UTC),
        "request_id": "r1",
        "call_id": "r1",
        "operation": "chat",
        "attempt": 1,
        "status": "ok",
        "source_id": "gateway",
    },
    "gpu_samples": {
        "timestamp": datetime(2026, 10, 5, 12, tzinfo=UTC),
        "interval_s": 60.0,
        "device_uuid": "GPU-1",
        "cluster": "east",
        "source_id": "dcgm",
    },
    "jobs": {"job_id": "1", "state": "running", "month": "2026-10", "source_id": "slurm"},
    "changes": {
        "change_id": "1",
        "changed_at": datetime(2026, 10, 5, tzinfo=UTC),
        "kind": "model",
        "source_id": "git",
    },
}


def select_of(table: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """A SELECT that yields `rows` with every declared column; what a row leaves out has a default."""
    declared = TABLES[table]
    full = [_complete(table, row) for row in rows]
    casts = ", ".join(f'CAST("{c.name}" AS {c.kind}) AS "{c.name}"' for c in declared.columns)
    names = ", ".join(f'"{name}"' for name in declared.names)
    values = ", ".join(
        f"({', '.join(_literal(row.get(n)) for n in declared.names)})" for row in full
    )
    if not rows:
        nulls = ", ".join(f'CAST(NULL AS {c.kind}) AS "{c.name}"' for c in declared.columns)
        return f"SELECT {nulls} WHERE false"
    return f"SELECT {casts} FROM (VALUES {values}) AS r({names})"


def _complete(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    full = {**_DEFAULTS[table], **row}
    unknown = set(full) - set(TABLES[table].names)
    assert not unknown, f"{table} has no {unknown}"
    if "day" in TABLES[table].names:
        full["day"] = full["timestamp"].date()
    return full


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool | int | float):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def load_rows(
    ledger: Ledger, table: str, rows: Sequence[Mapping[str, Any]], *, digest: str | None = None
) -> Stored:
    """Load `rows` as one delivery; its digest is that of the rows unless given."""
    sql = select_of(table, rows)
    load_id = new_load_id()
    name = "x_SourceId" if table == "costs" else "source_id"
    source = str((_complete(table, rows[0]) if rows else _DEFAULTS[table])[name])
    made = digest or hashlib.sha256(sql.encode()).hexdigest()
    if table == "costs":
        sql = f"SELECT * REPLACE ('{load_id}' AS \"x_LoadId\") FROM ({sql})"
    with join_engine() as con:
        return store(ledger, table, con, sql, Load(load_id, source, "test", (), made))


def rows_of(ledger: Ledger, sql: str) -> list[tuple[Any, ...]]:
    """The answer to `sql` on the ledger's views."""
    with ledger.connect() as con:
        return query(con, sql)


def stray_files(ledger: Ledger) -> list[str]:
    """Files in the ledger's folder that no version of any table names, and live loaders' folders."""
    root = ledger.location.root
    named = set()
    for table in TABLES:
        delta = ledger.delta(table)
        if delta is None:
            continue
        for version in range(delta.version() + 1):
            delta.load_as_version(version)
            keys = delta.get_add_actions().column("path").to_pylist()
            named |= {f"{table}/{key}" for key in keys}
    found = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.is_file() and "_delta_log" not in path.parts
    }
    found |= {
        p.relative_to(root).as_posix() for p in root.rglob("*/_delta_log/*") if p.suffix != ".json"
    }
    return sorted(found - named)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """An empty ledger in a folder with a name that could be a pattern."""
    return Ledger.open(str(tmp_path / "the [ledger]* 100%?"), create=True)


@pytest.fixture
def plain(tmp_path: Path) -> Ledger:
    """An empty ledger in a folder whose name delta-rs's own operations can handle, too."""
    return Ledger.open(str(tmp_path / "ledger"), create=True)


@pytest.fixture(scope="session")
def kit() -> ModuleType:
    """This module, for what tests call by name."""
    return sys.modules[__name__]


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of an S3 server with a bucket called `finops`.

    A process of its own: delta-rs keeps the interpreter locked in some calls, and would wait for itself. Nothing of
    ours runs in it, so coverage is not asked of it.
    """
    import boto3

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    running = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={name: each for name, each in os.environ.items() if not name.startswith("COVERAGE_")},
    )
    address = f"http://127.0.0.1:{port}"
    client = boto3.client(
        "s3",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    _wait_for(port)
    client.create_bucket(Bucket="finops")
    yield address
    client.close()
    running.terminate()
    running.wait()


def _wait_for(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the S3 server did not start")


@pytest.fixture
def bucket(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Ledger:
    """An empty ledger in the bucket, under a prefix of this test's own."""
    for name, value in {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_ALLOW_HTTP": "true",
        "FINOPS_CACHE": str(tmp_path / "cache"),
    }.items():
        monkeypatch.setenv(name, value)
    return Ledger.open(f"s3://finops/{request.node.name}/ledger", create=True)
