"""A month closed in a bucket, on a real S3 server: kept there, read back whole, and guarded."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from finops.analysis.closing import Decision, close_month
from finops.analysis.completeness import completeness
from finops.analysis.economics import Question, unit_economics
from finops.config import Config
from finops.errors import CommitConflict, LedgerError, UsageError
from finops.ledger.snapshots import all_closes, damage
from finops.ledger.store import Ledger
from finops.model.period import parse_month

if TYPE_CHECKING:
    from types import ModuleType

    from finops.ledger.snapshots import Closed

obstore = pytest.importorskip("obstore")

pytestmark = pytest.mark.needs("moto", "obstore")


def test_a_month_closed_in_a_bucket_answers_as_before(bucket: Ledger, kit: ModuleType) -> None:
    kit.load_rows(bucket, "costs", [{"BilledCost": 5, "EffectiveCost": 5, "InvoiceId": "A"}])
    kit.load_rows(bucket, "requests", [{}, {"request_id": "r2", "output_tokens": 4}])
    october, november = parse_month("2026-10"), parse_month("2026-11")
    before = unit_economics(bucket, Config(), Question(october, ("day",)))
    closed = _close(bucket)
    assert closed.name == "2026-10/1"
    kit.load_rows(bucket, "costs", [{"BilledCost": 7, "EffectiveCost": 7, "InvoiceId": "A"}])
    kit.load_rows(bucket, "requests", [{"request_id": "r2", "output_tokens": 9}])
    shutil.rmtree(bucket.location.root)
    again = Ledger.open(bucket.location.url)
    assert unit_economics(again, Config(), Question(october, ("day",))) == before
    carried = unit_economics(again, Config(), Question(november)).reconciliation
    assert carried.excluded == {"prior_period": Decimal(2)}
    assert damage(again.location, closed) == ()
    store = again.location.object_store()
    kept = f"_closed/2026-10/1/costs/{closed.of('costs')[0].file.key}"
    obstore.put(store, kept, b"something else")
    shutil.rmtree(again.location.root)
    with pytest.raises(LedgerError, match="changed after they were closed"):
        unit_economics(again, Config(), Question(october))
    obstore.delete(store, kept)
    assert damage(again.location, closed) == (kept.removeprefix("_closed/2026-10/1/"),)


def test_one_of_two_who_close_a_month_of_a_bucket_wins(bucket: Ledger, kit: ModuleType) -> None:
    kit.load_rows(bucket, "costs", [{}])
    with ThreadPoolExecutor(2) as threads:
        futures = [threads.submit(_close, bucket) for _ in range(2)]
    errors = [future.exception() for future in futures]
    assert sum(error is None for error in errors) == 1
    assert all(isinstance(error, CommitConflict | UsageError | None) for error in errors)
    assert [each.name for each in all_closes(bucket.location)] == ["2026-10/1"]


def _close(ledger: Ledger) -> Closed:
    now = datetime(2027, 1, 1, tzinfo=UTC)
    found = completeness(ledger, Config(), parse_month("2026-10"), now.date())
    return close_month(ledger, Config(), found, Decision("ann@host", now, "a test"))
