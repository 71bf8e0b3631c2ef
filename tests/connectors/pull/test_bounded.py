"""Pulls of four times as much need no more memory, and a pull of what is there already reads next to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.bucket import Bucket, Shelf
from connectors.conformance import contents
from connectors.conformance.contents import versions
from finops.ledger.store import Ledger
from tests.connectors.pull.forking import Puller, configuration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.needs("obstore")

OLD = tuple(f"2025/{month:02}/{day:02}" for month in range(1, 13) for day in range(1, 28))
MONTH = tuple(f"2026/10/{day:02}" for day in range(1, 9))
HEADER = (
    b"BilledCost,EffectiveCost,ListCost,ContractedCost,BillingCurrency,BillingAccountId,BillingPeriodStart,"
    b"BillingPeriodEnd,ChargePeriodStart,ChargePeriodEnd,ChargeCategory,ServiceName,ProviderName,ResourceId\n"
)
LINE = (
    b"1.25,1.25,1.25,1.25,USD,42,2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,2026-10-%02dT%02d:00:00Z,"
    b"2026-10-%02dT%02d:30:00Z,Usage,Compute,OCI,resource-%06d\n"
)
ROWS = b"".join(LINE % (n % 27 + 1, n % 24, n % 27 + 1, n % 24, n) for n in range(5_000))


@pytest.fixture(scope="module")
def puller() -> Iterator[Puller]:
    made = Puller({"KEY": "none"})
    yield made
    made.end()


def config(bucket: Bucket, folder: Path) -> Path:
    """A finops.toml that names `bucket`."""
    said = {"url": "s3://bucket", "endpoint": bucket.address, "region": "x", "since": "2026-10-01"}
    keys = {"access_key_id": "env:KEY", "secret_access_key": "env:KEY"}
    oci = {"connector": "oci-reports", **said, **keys}
    return configuration(folder.with_suffix(".toml"), {"oci": oci})


def peak(puller: Puller, ledger: Path, *shelves: Shelf, memory: str | None = None) -> int:
    """The most memory, in bytes, that a pull from a bucket of `shelves` held."""
    with Bucket(*shelves) as bucket:
        ended = puller.pull(ledger, config(bucket, ledger), memory=memory)
    assert ended.status == 0
    return ended.peak


def test_four_times_the_objects_need_no_more_memory(puller: Puller, tmp_path: Path) -> None:
    """Held together, 60,000 entries of the listing would take 40 MB."""
    new = Shelf("FOCUS Reports", MONTH[:1], 1, HEADER, ROWS[: ROWS.index(b"\n") + 1], 1)
    few, many = (
        peak(puller, tmp_path / f"{count}", Shelf("FOCUS Reports", OLD, count), new)
        for count in (20_000, 80_000)
    )
    assert many - few < 10e6, f"{few:,} bytes for 20,000 objects, {many:,} for 80,000"


def test_a_month_four_times_as_large_needs_no_more_memory(puller: Puller, tmp_path: Path) -> None:
    """DuckDB is given 150 MB, so that 116 MB of bill and what is made of them do not fit."""
    small = Shelf("FOCUS Reports", MONTH, len(MONTH), HEADER, ROWS, 5)
    less, more = (
        peak(puller, tmp_path / f"{copies}", small._replace(copies=copies), memory="150MB")
        for copies in (5, 20)
    )
    grown = 3 * small.size * small.many
    assert more - less < grown / 2, f"{less:,} and {more:,} bytes, {grown:,} bytes of bill apart"


def test_pulling_again_reads_the_listing_and_changes_nothing(
    puller: Puller, tmp_path: Path
) -> None:
    with Bucket(Shelf("FOCUS Reports", MONTH, len(MONTH), HEADER, ROWS, 1)) as bucket:
        folder = tmp_path / "ledger"
        settings = config(bucket, folder)
        first = puller.pull(folder, settings)
        read = bucket.sent
        ledger = Ledger.open(str(folder))
        before, at = contents(ledger), versions(ledger)
        again = puller.pull(folder, settings)
        more = bucket.sent - read
    assert (first.status, again.status) == (0, 0)
    assert before["costs"].rows == len(MONTH) * 5_000
    assert read > len(MONTH) * len(ROWS)
    assert more < 5_000
    assert (contents(ledger), versions(ledger)) == (before, at)
