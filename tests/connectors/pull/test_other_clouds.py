"""Azure, Google and Oracle billing files, each on a server of its kind: Azurite, gcp-storage-emulator, moto's S3."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import uuid4

import pytest

from connectors.configured import Source, settings_of
from connectors.conformance import Rig, suite
from connectors.pulling import PullOptions, pull
from connectors.sources import azure_exports, gcs_exports, oci_reports
from finops.errors import InputError
from finops.ledger.store import Ledger
from finops.model.period import Period, parse_month
from tests.connectors.pull import servers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from connectors.contract import Connector
    from connectors.pulling import SourceResult

pytestmark = [pytest.mark.needs("obstore")]

NOW = datetime.now(tz=UTC)
FOCUS = (
    "BilledCost,EffectiveCost,ListCost,ContractedCost,BillingCurrency,BillingAccountId,BillingPeriodStart,"
    "BillingPeriodEnd,ChargePeriodStart,ChargePeriodEnd,ChargeCategory,ServiceName,ProviderName,Tags"
)
ACTUAL = (
    "BillingAccountId,BillingPeriodStartDate,BillingPeriodEndDate,Date,CostInBillingCurrency,BillingCurrency,"
    "ChargeType,PricingModel,MeterId,MeterName,MeterCategory,Quantity,UnitOfMeasure,BenefitId"
)


def focus(provider: str, lines: Sequence[tuple[str, int, str]]) -> bytes:
    """A FOCUS bill: (month, day, cost) for each line."""
    rows = []
    for month, day, cost in lines:
        period, start = parse_month(month), date.fromisoformat(f"{month}-{day:02}")
        money = ",".join([cost] * 4)
        rows.append(
            f"{money},USD,42,{period.start}T00:00:00Z,{period.end}T00:00:00Z,{start}T00:00:00Z,"
            f"{start + timedelta(days=1)}T00:00:00Z,Usage,Service,{provider},"
        )
    return gzip.compress("\n".join([FOCUS, *rows, ""]).encode(), mtime=0)


class _MonthlyRig(Rig):
    secrets: ClassVar[Mapping[str, str]] = {}
    now: ClassVar[datetime] = NOW
    window: ClassVar[Period] = Period(date(2026, 5, 1), date(2026, 7, 1))
    split: ClassVar[date] = date(2026, 6, 1)

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.bucket = f"b-{uuid4().hex[:12]}"

    def put(self, key: str, body: bytes) -> None:
        raise NotImplementedError


class AzureRig(_MonthlyRig):
    """A FOCUS export that keeps every run."""

    connector: ClassVar[Connector] = azure_exports.CONNECTOR
    secrets: ClassVar[Mapping[str, str]] = {"PLANTED_AZURE_KEY": servers.AZURE_KEY}

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        servers.put_blob(self.bucket, None)

    @property
    def address(self) -> str:
        return servers.azurite().removesuffix(f"/{servers.AZURE_ACCOUNT}")

    def settings(self, address: str) -> dict[str, Any]:
        return {
            "url": f"az://{self.bucket}/exports",
            "endpoint": f"{address}/{servers.AZURE_ACCOUNT}",
            "account": servers.AZURE_ACCOUNT,
            "access_key": "env:PLANTED_AZURE_KEY",
        }

    def put(self, key: str, body: bytes) -> None:
        servers.put_blob(f"{self.bucket}/exports/{key}", body)

    def deliver(
        self, month: str, run: int, *bills: bytes, kind: str = "FocusCost", manifest: bool = True
    ) -> None:
        """One run of a month, its manifest last."""
        period = parse_month(month)
        last = period.end - timedelta(days=1)
        folder = f"{kind}/{period.start:%Y%m%d}-{last:%Y%m%d}/{run:012}"
        blobs = []
        for number, body in enumerate(bills):
            name = f"{folder}/part_{number}_0001.csv.gz"
            self.put(name, body)
            blobs.append({"blobName": f"exports/{name}", "byteCount": len(body)})
        said = {
            "blobCount": len(blobs),
            "blobs": blobs,
            "exportConfig": {"exportName": kind, "type": kind, "dataVersion": "1.0"},
            "runInfo": {
                "startDate": f"{period.start}T00:00:00",
                "endDate": f"{last}T00:00:00",
                "submittedTime": f"2026-08-{run:02}T06:00:00.1234567Z",
            },
        }
        if manifest:
            self.put(f"{folder}/manifest.json", json.dumps(said).encode())

    def first(self) -> None:
        self.deliver("2026-05", 1, focus("Microsoft", [("2026-05", 1, "1.5"), ("2026-05", 2, "2")]))
        self.deliver("2026-06", 1, focus("Microsoft", [("2026-06", 1, "3")]))

    def later(self) -> None:
        self.deliver(
            "2026-06", 2, focus("Microsoft", [("2026-06", 1, "3.25"), ("2026-06", 4, "1")])
        )
        self.deliver("2026-07", 2, focus("Microsoft", [("2026-07", 1, "9")]))


class CloudStorageRig(_MonthlyRig):
    """FOCUS data exported to a folder for each month."""

    connector: ClassVar[Connector] = gcs_exports.CONNECTOR

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        servers.gcs_put(self.bucket, "", b"")

    @property
    def address(self) -> str:
        return servers.cloud_storage_as_xml()

    def settings(self, address: str) -> dict[str, Any]:
        return {"url": f"gs://{self.bucket}/bills", "endpoint": address, "settle_minutes": 0}

    def put(self, key: str, body: bytes) -> None:
        servers.gcs_put(self.bucket, f"bills/{key}", body)

    def first(self) -> None:
        self.put("2026-05/000.csv.gz", focus("Google", [("2026-05", 1, "1"), ("2026-05", 2, "2")]))
        self.put("2026-05/001.csv.gz", focus("Google", [("2026-05", 1, "1")]))
        self.put("2026-06/000.csv.gz", focus("Google", [("2026-06", 1, "1")]))

    def later(self) -> None:
        self.put("2026-06/000.csv.gz", focus("Google", [("2026-06", 1, "1.75")]))
        self.put("2026-07/000.csv.gz", focus("Google", [("2026-07", 1, "4")]))


class OracleRig(_MonthlyRig):
    """FOCUS reports by day; charges of a month arrive until a week after it."""

    connector: ClassVar[Connector] = oci_reports.CONNECTOR
    secrets: ClassVar[Mapping[str, str]] = {
        "PLANTED_ID": "planted-oci-id",
        "PLANTED_OCI": "planted-oci-secret",
    }

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        import boto3

        keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
        self.client = boto3.client(
            "s3", endpoint_url=servers.moto(), region_name="us-east-1", **keys
        )
        self.client.create_bucket(Bucket=self.bucket)

    @property
    def address(self) -> str:
        return servers.moto()

    def settings(self, address: str) -> dict[str, Any]:
        return {
            "url": f"s3://{self.bucket}/FOCUS Reports",
            "endpoint": address,
            "region": "us-east-1",
            "access_key_id": "env:PLANTED_ID",
            "secret_access_key": "env:PLANTED_OCI",
        }

    def put(self, key: str, body: bytes) -> None:
        self.client.put_object(Bucket=self.bucket, Key=f"FOCUS Reports/{key}", Body=body)

    def first(self) -> None:
        self.put("2026/05/02/1.csv.gz", focus("Oracle", [("2026-05", 1, "1"), ("2026-05", 2, "2")]))
        self.put(
            "2026/06/02/1.csv.gz", focus("Oracle", [("2026-05", 31, "0.5"), ("2026-06", 1, "1")])
        )

    def later(self) -> None:
        self.put(
            "2026/06/05/1.csv.gz", focus("Oracle", [("2026-05", 31, "7"), ("2026-06", 4, "1")])
        )
        self.put(
            "2026/07/01/1.csv.gz", focus("Oracle", [("2026-06", 30, "1"), ("2026-07", 1, "3")])
        )


if servers.azurite_program() is not None:
    TestAzure = suite(AzureRig)
TestCloudStorage = suite(CloudStorageRig)
TestOracle = suite(OracleRig)


def pulled(rig: Rig, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Ledger, SourceResult]:
    """The rig's data in a ledger."""
    for name, value in rig.secrets.items():
        monkeypatch.setenv(name, value)
    ledger = Ledger.open(str(folder / "ledger"), create=True)
    said = {**rig.settings(rig.address), "attempts": 2, "retry_wait_s": 0}
    source = Source("cloud", rig.connector, settings_of("cloud", rig.connector, said))
    (result,) = pull(ledger, [source], PullOptions(NOW))
    return ledger, result


def billed(ledger: Ledger) -> list[tuple[Any, ...]]:
    with ledger.connect(["costs"]) as con:
        return con.execute(
            "select x_BillingMonth, count(*), sum(BilledCost), sum(EffectiveCost) from costs group by 1 order by 1"
        ).fetchall()


def test_azure_needs_azurite() -> None:
    assert servers.azurite().startswith("http://127.0.0.1:")


def azure(*rows: tuple[str, str, str, str]) -> bytes:
    """An actual or amortized export of June: (cost, charge type, pricing model, meter) for each row."""
    lines = [
        f"7,2026-06-01,2026-06-30,2026-06-05,{cost},EUR,{kind},{model},m1,{meter},Compute,1,1 Hour,/b/1"
        for cost, kind, model, meter in rows
    ]
    return gzip.compress("\n".join([ACTUAL, *lines, ""]).encode(), mtime=0)


def test_actual_and_amortized_are_read_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = AzureRig(tmp_path / "rig")
    bought = ("300", "Purchase", "Reservation", "D4")
    plain = ("10", "Usage", "OnDemand", "D2")
    rig.deliver(
        "2026-06", 1, azure(bought, plain, ("0", "Usage", "Reservation", "D4")), kind="ActualCost"
    )
    ledger, result = pulled(rig, tmp_path, monkeypatch)
    assert isinstance(result.error, InputError)
    assert "belongs to a commitment" in result.error.problems[0].why
    rig.deliver(
        "2026-06", 1, azure(plain, ("100", "Usage", "Reservation", "D4")), kind="AmortizedCost"
    )
    ledger, result = pulled(rig, tmp_path, monkeypatch)
    assert result.error is None
    assert billed(ledger) == [("2026-06", 3, Decimal(310), Decimal(110))]


def test_a_month_only_one_of_the_pair_has_delivered_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = AzureRig(tmp_path / "rig")
    plain = azure(("10", "Usage", "OnDemand", "D2"))
    rig.deliver("2026-06", 1, plain, kind="ActualCost")
    rig.deliver("2026-05", 1, plain, kind="AmortizedCost")
    _, result = pulled(rig, tmp_path, monkeypatch)
    assert result.loads == ()
    assert [note.partition(": ")[2] for note in result.notes] == [
        "only AmortizedCost has delivered it; left for next time",
        "only ActualCost has delivered it; left for next time",
    ]


def test_a_run_without_all_its_files_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = AzureRig(tmp_path / "rig")
    rig.first()
    rig.deliver("2026-06", 2, focus("Microsoft", [("2026-06", 1, "99")]), manifest=False)
    ledger, result = pulled(rig, tmp_path, monkeypatch)
    assert result.error is None
    assert billed(ledger) == [
        ("2026-05", 2, Decimal("3.5"), Decimal("3.5")),
        ("2026-06", 1, Decimal(3), Decimal(3)),
    ]


def test_oracle_charges_that_arrive_after_the_month_are_counted_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = OracleRig(tmp_path / "rig")
    rig.first()
    rig.later()
    ledger, result = pulled(rig, tmp_path, monkeypatch)
    assert result.error is None
    assert billed(ledger) == [
        ("2026-05", 4, Decimal("10.5"), Decimal("10.5")),
        ("2026-06", 3, Decimal(3), Decimal(3)),
        ("2026-07", 1, Decimal(3), Decimal(3)),
    ]


def test_a_month_still_being_exported_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = CloudStorageRig(tmp_path / "rig")
    rig.first()
    rig.put("notes.csv.gz", focus("Google", [("2026-05", 1, "1")]))
    usual = rig.settings(rig.address)
    monkeypatch.setattr(rig, "settings", lambda _address: {**usual, "settle_minutes": 30})
    ledger, result = pulled(rig, tmp_path, monkeypatch)
    assert billed(ledger) == []
    assert sorted(result.notes) == [
        "2026-05 is still being written and was left for next time",
        "2026-06 is still being written and was left for next time",
        "notes.csv.gz has no month in its name and was not read",
    ]
