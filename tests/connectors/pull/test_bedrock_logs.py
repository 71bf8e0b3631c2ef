"""Bedrock's invocation logs on a real S3 server (moto), laid out as Bedrock delivers them."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import uuid4

import pytest

from connectors.conformance import Rig, suite
from connectors.sources.bedrock_logs import CONNECTOR, reduced
from finops.errors import SourceMissing
from finops.model.period import Period
from tests.connectors.pull.logs import kept, pulled
from tests.connectors.pull.servers import moto

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from connectors.contract import Connector

pytestmark = [pytest.mark.needs("moto", "obstore")]

SECRET = "PLANTED-SECRET"
TODAY = datetime.now(tz=UTC).replace(hour=12, minute=0, second=0, microsecond=0)
NO_KEYS = {
    "PLANTED_KEY": "AKIAPLANTEDBEDROCKKEY",
    "PLANTED_SECRET": "planted/bedrock/secret/nobody/may/see",
}


def record(identity: str, moment: datetime, **fields: object) -> dict[str, Any]:
    """20 tokens in, 300 read from a cache beside them, 80 out."""
    return {
        "schemaType": "ModelInvocationLog", "schemaVersion": "1.0", "timestamp": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "accountId": "123456789012", "identity": {"arn": "arn:aws:sts::1:assumed-role/app/user@example.com"},
        "region": "us-east-1", "requestId": identity, "operation": "Converse",
        "modelId": "anthropic.claude-sonnet-4-5-20250929-v1:0",
        "requestMetadata": {"team": "claims", "ticket": "T-1", "prompt": f"{SECRET} in a sentence"},
        "input": {
            "inputContentType": "application/json", "inputBodyJson": {"messages": [{"content": SECRET}]},
            "inputBodyS3Path": f"s3://elsewhere/{SECRET}", "inputTokenCount": 20, "cacheReadInputTokenCount": 300,
        },
        "output": {
            "outputBodyJson": {"content": [{"text": SECRET}], "usage": {"input_tokens": 20, "note": f"{SECRET} x"},
                               "metrics": {"latencyMs": 431}},
            "outputTokenCount": 80,
        },
        **fields,
    }  # fmt: skip


def ago(days: int, hour: int = 10) -> datetime:
    return TODAY.replace(hour=hour) - timedelta(days=days)


class LogRig(Rig):
    """A log of two days, with a body that was too large; then a late object and a new hour."""

    connector: ClassVar[Connector] = CONNECTOR
    secrets: ClassVar[Mapping[str, str]] = NO_KEYS
    now: ClassVar[datetime] = TODAY
    window: ClassVar[Period] = Period(ago(2).date(), TODAY.date() + timedelta(days=1))
    split: ClassVar[date] = ago(1).date()

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        import boto3

        self.bucket = f"b-{uuid4().hex[:12]}"
        self.client = boto3.client(
            "s3", endpoint_url=moto(), region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
        )  # fmt: skip
        self.client.create_bucket(Bucket=self.bucket)

    @property
    def address(self) -> str:
        return moto()

    def settings(self, address: str) -> dict[str, Any]:
        keys = {"access_key_id": "env:PLANTED_KEY", "secret_access_key": "env:PLANTED_SECRET"}
        said = {
            "url": f"s3://{self.bucket}/logs",
            "endpoint": address,
            "region": "us-east-1",
            **keys,
        }
        return said | {"since": ago(5).date()}

    def put(self, moment: datetime, name: str, *records: dict[str, Any], tail: bytes = b"") -> None:
        above = "logs/AWSLogs/123456789012/BedrockModelInvocationLogs/us-east-1"
        body = "".join(json.dumps(each) + "\n" for each in records).encode() + tail
        self.client.put_object(
            Bucket=self.bucket,
            Key=f"{above}/{moment:%Y/%m/%d/%H}/{name}",
            Body=gzip.compress(body, mtime=0),
        )

    def first(self) -> None:
        self.put(
            ago(2), "20261018T100000000Z_a.json.gz", record("a1", ago(2)), record("a2", ago(2, 11))
        )
        self.put(ago(2), "data/a1_input.json.gz", record("body", ago(2), messages=SECRET))
        self.put(ago(1), "20261019T100000000Z_b.json.gz", record("b1", ago(1)))
        # an invocation of just before midnight, in the object of the hour after
        midnight = ago(0, 0) - timedelta(seconds=1)
        self.put(ago(0, 0), "20261020T000000000Z_c.json.gz", record("c1", midnight))
        self.client.put_object(
            Bucket=self.bucket, Key="logs/amazon-bedrock-logs-permission-check", Body=b"x"
        )

    def later(self) -> None:
        self.put(ago(1), "20261019T100000000Z_late.json.gz", record("b2", ago(1, 10)))
        self.put(ago(0, 11), "20261020T110000000Z_d.json.gz", record("d1", ago(0, 11)))


TestBedrockLogs = suite(LogRig)


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LogRig:
    for name, value in NO_KEYS.items():
        monkeypatch.setenv(name, value)
    return LogRig(tmp_path)


def test_only_objects_that_are_new_are_read_and_bodies_never(rig: LogRig, tmp_path: Path) -> None:
    """Cached tokens stand beside the input."""
    rig.first()
    said = rig.settings(rig.address)
    assert pulled(tmp_path, CONNECTOR, said, rig.now).error is None
    columns = (
        "request_id",
        "uncached_input_tokens",
        "cache_read_tokens",
        "output_tokens",
        "latency_ms",
        "team",
    )
    told = [(name, 20, 300, 80, 431.0, "claims") for name in ("a1", "a2", "b1", "c1")]
    assert kept(tmp_path, *columns) == told
    assert pulled(tmp_path, CONNECTOR, said, rig.now).loads == ()
    rig.later()
    result = pulled(tmp_path, CONNECTOR, said, rig.now)
    assert [load.rows_in for _, load in result.loads] == [1, 1]
    assert [row[0] for row in kept(tmp_path, "request_id")] == ["a1", "a2", "b1", "b2", "c1", "d1"]


def test_nothing_anybody_said_passes(rig: LogRig, tmp_path: Path) -> None:
    events = [
        {"message": {"usage": {"cache_creation": {"ephemeral_5m_input_tokens": 7}}}},
        {"delta": SECRET},
    ]
    streamed = record(
        "s1",
        ago(1),
        output={"outputBodyJson": events, "outputTokenCount": 9},
        errorCode=f"{SECRET} x",
    )
    for each in (record("a1", ago(1)), streamed):
        assert SECRET in json.dumps(each)
        small = json.dumps(reduced(each, ("ticket", "prompt"))).replace(
            f"{SECRET} in a sentence", ""
        )
        assert SECRET not in small
        assert "user@example.com" not in small
    rig.put(ago(1), "x_a.json.gz", record("a1", ago(1)), streamed)
    pulled(tmp_path, CONNECTOR, rig.settings(rig.address), rig.now, allowed=("ticket",))
    assert SECRET not in str(kept(tmp_path, "requests"))
    assert kept(tmp_path, "attributes->>'ticket'", "cache_write_5m_tokens") == [
        ("T-1", None),
        ("T-1", 7),
    ]


def test_lines_that_are_no_records_are_said(rig: LogRig, tmp_path: Path) -> None:
    rig.put(ago(1), "x_a.json.gz", record("a1", ago(1)), tail=b'{"requestId": \n')
    result = pulled(tmp_path, CONNECTOR, rig.settings(rig.address), rig.now)
    (note,) = result.notes
    assert note.endswith("x_a.json.gz: 1 lines are no JSON and were left out")
    assert kept(tmp_path, "request_id") == [("a1",)]


def test_a_bucket_without_logs_is_said(rig: LogRig, tmp_path: Path) -> None:
    rig.client.put_object(Bucket=rig.bucket, Key="logs/other/file", Body=b"x")
    error = pulled(tmp_path, CONNECTOR, rig.settings(rig.address), rig.now).error
    assert isinstance(error, SourceMissing)
    assert "holds no folder BedrockModelInvocationLogs" in error.message
