"""A ledger in a bucket, on a real S3 server: load, load again, read, race, and sweep."""

from __future__ import annotations

import builtins
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from finops.errors import LedgerError, LedgerMissing, UsageError
from finops.ledger import sweep as sweeping
from finops.ledger.location import parse_location
from finops.ledger.readonly import connect_readonly, run_select
from finops.ledger.store import Ledger

if TYPE_CHECKING:
    from types import ModuleType

pytestmark = pytest.mark.needs("moto", "obstore")


SUMS = 'SELECT "x_SourceId", count(*), sum("BilledCost") FROM costs GROUP BY 1 ORDER BY 1'


def test_load_reload_replace_and_read(bucket: Ledger, kit: ModuleType) -> None:
    with pytest.raises(LedgerMissing):
        Ledger.open(bucket.location.url)
    hard = Decimal("-12345678901234.000000000000000000000001")
    kit.load_rows(bucket, "costs", [{"BilledCost": hard, "x_SourceId": "a b/%"}] * 2)
    kit.load_rows(bucket, "costs", [{"BilledCost": 1}, {"BilledCost": 2}])
    versions = [bucket.version(name) for name in ("costs", "loads")]
    assert kit.load_rows(bucket, "costs", [{"BilledCost": 1}, {"BilledCost": 2}]).unchanged
    assert [bucket.version(name) for name in ("costs", "loads")] == versions
    assert kit.load_rows(bucket, "costs", [{"BilledCost": 5}]).rows_replaced == 2
    kit.load_rows(bucket, "requests", [{}, {}, {"request_id": "r2"}])
    corrected = kit.load_rows(bucket, "requests", [{"output_tokens": 4}])
    assert (corrected.rows_stored, corrected.rows_replaced) == (1, 1)
    shutil.rmtree(bucket.location.root)
    again = Ledger.open(bucket.location.url)
    assert kit.rows_of(again, SUMS) == [
        ("a b/%", 2, Decimal("-24691357802468.000000000000000000000002")),
        ("aws", 1, 5),
    ]
    assert kit.rows_of(again, "SELECT request_id, output_tokens FROM requests ORDER BY 1") == [
        ("r1", 4),
        ("r2", None),
    ]
    with connect_readonly(again) as con:
        assert run_select(con, "SELECT count(*) FROM loads").rows == [(5,)]
    assert list(again.location.staging.glob("*")) == []


def test_loaders_at_once_lose_and_double_nothing(bucket: Ledger, kit: ModuleType) -> None:
    def load(number: int) -> None:
        rows = [{"request_id": f"r{n}"} for n in range(number * 5, number * 5 + 10)]
        kit.load_rows(bucket, "requests", rows)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(load, range(8)))
    assert kit.rows_of(bucket, "SELECT count(*), count(DISTINCT request_id) FROM requests") == [
        (45, 45)
    ]
    assert kit.rows_of(bucket, "SELECT count(*), sum(rows_stored) FROM loads") == [(8, 45)]


def test_old_objects_no_commit_names_are_swept_and_replaced_ones_are_not(
    bucket: Ledger, kit: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    import obstore

    kit.load_rows(bucket, "costs", [{"BilledCost": 1}])
    kit.load_rows(bucket, "costs", [{"BilledCost": 2}])
    store = bucket.location.object_store()
    stray = "costs/load-dead-00000000-0000-0000-0000-000000000000.parquet"
    obstore.put(store, stray, b"PAR1")
    obstore.put(store, "costs/mine.parquet", b"PAR1")
    kit.load_rows(bucket, "costs", [{"BilledCost": 3}])
    assert stray in _keys(bucket)
    monkeypatch.setattr(sweeping, "BUCKET_AGE", timedelta(0))
    before = _keys(bucket)
    assert sweeping.sweep(bucket) == (stray,)
    assert _keys(bucket) == before - {stray}


def _keys(ledger: Ledger) -> set[str]:
    import obstore

    store = ledger.location.object_store()
    return {str(item["path"]) for batch in obstore.list(store) for item in batch}


def test_copies_the_table_lost_are_forgotten_after_a_day(bucket: Ledger, kit: ModuleType) -> None:
    kit.load_rows(bucket, "costs", [{"BilledCost": 1}])
    (old,) = bucket.files("costs")
    os.utime(old.path, (0, 0))
    kit.load_rows(bucket, "costs", [{"BilledCost": 2}])
    (new,) = bucket.files("costs")
    Path(new.path).unlink()
    kit.rows_of(bucket, SUMS)
    assert not Path(old.path).exists()
    assert Path(new.path).exists()


def test_without_the_extra_the_message_names_it(
    bucket: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: object, **named: object) -> object:
        if name.startswith("obstore"):
            raise ImportError(name)
        return real(name, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match="extra `objects`") as caught:
        bucket.location.object_store()
    assert caught.value.hint == "install it: pip install 'finops-terminal[objects]'"


def test_credentials_are_not_in_what_a_ledger_prints(bucket: Ledger) -> None:
    assert str(bucket.location) == bucket.location.url
    assert "test'" not in repr(bucket)
    assert "AWS" not in repr(bucket)


def test_a_bucket_that_is_not_there_is_a_ledger_error(bucket: Ledger) -> None:
    assert parse_location("s3://finops/x/").url == "s3://finops/x"
    with pytest.raises(UsageError, match="names no bucket"):
        parse_location("s3://")
    with pytest.raises(LedgerError):
        Ledger.open("s3://no-such-bucket/x")
