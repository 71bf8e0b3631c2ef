"""AWS exports on a real S3 server (moto): manifests decide, months are replaced, half a delivery is none."""

from __future__ import annotations

import gzip
import json
import shutil
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import uuid4

import pytest

from connectors.configured import Source, settings_of
from connectors.conformance import Rig, suite
from connectors.pulling import PullOptions, pull
from connectors.sources.aws_exports import CONNECTOR
from finops.ledger.store import Ledger
from finops.model.period import Period
from tests.connectors.pull.servers import moto

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from connectors.contract import Connector

pytestmark = [pytest.mark.needs("moto", "obstore")]

HEADER = (
    "BilledCost,EffectiveCost,ListCost,ContractedCost,BillingCurrency,BillingAccountId,BillingPeriodStart,"
    "BillingPeriodEnd,ChargePeriodStart,ChargePeriodEnd,ChargeCategory,ServiceName,ProviderName,Tags"
)


def bill(month: str, days: Sequence[int], cost: str = "1.25") -> bytes:
    """A gzipped FOCUS bill with a line for each of `days`."""
    start = date.fromisoformat(f"{month}-01")
    end = date(start.year + start.month // 12, start.month % 12 + 1, 1)
    lines = [
        f"{cost},{cost},{cost},{cost},USD,42,{start}T00:00:00Z,{end}T00:00:00Z,{month}-{day:02}T00:00:00Z,"
        f"{month}-{day + 1:02}T00:00:00Z,Usage,Amazon Bedrock,AWS,"
        for day in days
    ]
    return gzip.compress("\n".join([HEADER, *lines, ""]).encode(), mtime=0)


class ExportRig(Rig):
    """An export called `focus`, create-new, in a bucket of its own."""

    connector: ClassVar[Connector] = CONNECTOR
    secrets: ClassVar[Mapping[str, str]] = {
        "PLANTED_KEY": "AKIAPLANTEDACCESSKEY",
        "PLANTED_SECRET": "planted/secret+of=aws/that-nobody-may-see",
    }
    now: ClassVar[datetime] = datetime.now(tz=UTC)
    window: ClassVar[Period] = Period(date(2026, 5, 1), date(2026, 7, 1))
    split: ClassVar[date] = date(2026, 6, 1)

    def __init__(self, folder: Any) -> None:  # noqa: ANN401  (a path)
        super().__init__(folder)
        import boto3

        self.bucket = f"b-{uuid4().hex[:12]}"
        self.client = boto3.client(
            "s3",
            endpoint_url=moto(),
            region_name="us-east-1",
            aws_access_key_id="x",
            aws_secret_access_key="x",
        )
        self.client.create_bucket(Bucket=self.bucket)

    @property
    def address(self) -> str:
        return moto()

    def settings(self, address: str) -> dict[str, Any]:
        return {
            "url": f"s3://{self.bucket}/exports",
            "endpoint": address,
            "region": "us-east-1",
            "access_key_id": "env:PLANTED_KEY",
            "secret_access_key": "env:PLANTED_SECRET",
        }

    def put(self, key: str, body: bytes) -> None:
        self.client.put_object(Bucket=self.bucket, Key=key, Body=body)

    def deliver(self, month: str, run: str, *bills: bytes, manifest: bool = True) -> None:
        """One run of a month: its files, then its manifest, in the run's folder and above it."""
        keys = []
        for number, body in enumerate(bills, start=1):
            keys.append(f"exports/focus/data/BILLING_PERIOD={month}/{run}/focus-{number:05}.csv.gz")
            self.put(keys[-1], body)
        said = {
            "dataFiles": [f"s3://{self.bucket}/{key}" for key in keys],
            "executionId": run,
        }
        above = f"exports/focus/metadata/BILLING_PERIOD={month}"
        for folder in (f"{above}/{run}", above) if manifest else ():
            self.put(f"{folder}/focus-Manifest.json", json.dumps(said).encode())

    def first(self) -> None:
        self.deliver("2026-05", "20260702T000000Z-a", bill("2026-05", [1, 2]), bill("2026-05", [3]))
        self.deliver("2026-06", "20260702T000000Z-b", bill("2026-06", [1, 2]), bill("2026-06", [9]))

    def later(self) -> None:
        self.deliver("2026-06", "20260715T000000Z-c", bill("2026-06", [1, 2, 3], "2.5"))
        self.deliver("2026-07", "20260715T000000Z-d", bill("2026-07", [1]))


TestExport = suite(ExportRig)


def billed(ledger: Ledger) -> dict[str, Decimal]:
    with ledger.connect(["costs"]) as con:
        found = con.execute("select x_BillingMonth, sum(BilledCost) from costs group by 1")
        return dict(found.fetchall())


def pulled(ledger: Ledger, **said: Any) -> tuple[str, ...]:  # noqa: ANN401  (settings, by name)
    """Pull without a fault; the notes."""
    settings = settings_of("aws", CONNECTOR, said)
    (result,) = pull(
        ledger, [Source("aws", CONNECTOR, settings)], PullOptions(datetime.now(tz=UTC))
    )
    assert result.error is None, result.error
    return result.notes


def test_a_restated_month_replaces_the_one_before(tmp_path: Path, shared_data: Path) -> None:
    export = shared_data / "aws-focus-s3"
    copy = tmp_path / "bucket"
    shutil.copytree(export / "fixture" / "demo", copy)
    ledger = Ledger.open(str(tmp_path / "ledger"), create=True)
    pulled(ledger, url=f"file://{copy}")
    assert billed(ledger) == {"2026-05": Decimal("32.7663"), "2026-06": Decimal("32.7663")}
    shutil.copytree(export / "restated" / "demo", copy, dirs_exist_ok=True)
    pulled(ledger, url=f"file://{copy}")
    assert billed(ledger) == {"2026-05": Decimal("32.7663"), "2026-06": Decimal("58.1679")}


def test_half_a_delivery_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rig = ExportRig(tmp_path / "rig")
    for name, value in rig.secrets.items():
        monkeypatch.setenv(name, value)
    rig.deliver("2026-05", "20260601T000000Z-a", bill("2026-05", [1]))
    rig.deliver("2026-05", "20260602T000000Z-b", bill("2026-05", [1, 2]), manifest=False)
    rig.deliver("2026-06", "20260702T000000Z-c", bill("2026-06", [1]), bill("2026-06", [2]))
    lost = "exports/focus/data/BILLING_PERIOD=2026-06/20260702T000000Z-c/focus-00002.csv.gz"
    rig.client.delete_object(Bucket=rig.bucket, Key=lost)
    ledger = Ledger.open(str(tmp_path / "ledger"), create=True)
    notes = pulled(ledger, **rig.settings(rig.address))
    assert billed(ledger) == {"2026-05": Decimal("1.25")}
    name = lost.removeprefix("exports/")
    (note,) = notes
    assert note == f"focus 2026-06 is not complete and was left for next time: {name} is not there"
