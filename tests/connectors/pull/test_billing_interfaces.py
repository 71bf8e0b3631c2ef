"""BigQuery from recorded answers, Cost Explorer from moto, and the signatures and tokens that let us in."""

from __future__ import annotations

import base64
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs

import httpx
import pytest

from connectors.aws_signing import Keys, signed
from connectors.configured import Source, settings_of
from connectors.conformance import Asked, FakeSource, Rig, suite
from connectors.http import Request
from connectors.pulling import PullOptions, pull
from connectors.sources import aws_cost_explorer, gcp_bigquery
from finops.ledger.store import Ledger
from finops.model.period import Period
from tests.connectors.pull.servers import moto

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from connectors.contract import Connector
    from connectors.pulling import SourceResult

NOW = datetime(2026, 7, 5, 12, tzinfo=UTC)
SCHEMA = [
    ("BilledCost", "NUMERIC"),
    ("EffectiveCost", "NUMERIC"),
    ("BillingCurrency", "STRING"),
    ("BillingAccountId", "STRING"),
    ("BillingPeriodStart", "TIMESTAMP"),
    ("BillingPeriodEnd", "TIMESTAMP"),
    ("ChargePeriodStart", "TIMESTAMP"),
    ("ChargePeriodEnd", "TIMESTAMP"),
    ("ChargeCategory", "STRING"),
    ("ProviderName", "STRING"),
    ("ServiceName", "STRING"),
]


def micros(moment: datetime) -> str:
    return str(int(moment.timestamp()) * 1_000_000)


class BigQueryRig(Rig):
    """A FOCUS export, answered two rows at a time, the first answer of a query not ready yet."""

    connector: ClassVar[Connector] = gcp_bigquery.CONNECTOR
    secrets: ClassVar[Mapping[str, str]] = {"PLANTED_TOKEN": "ya29.planted-token-of-google"}
    now: ClassVar[datetime] = NOW
    window: ClassVar[Period] = Period(date(2026, 5, 1), date(2026, 7, 1))
    split: ClassVar[date] = date(2026, 6, 1)

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.changed = NOW - timedelta(days=1)
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.schema: list[dict[str, Any]] = [{"name": name, "type": kind} for name, kind in SCHEMA]
        self.fake = FakeSource(self.answer)
        self.fake.start()

    def stop(self) -> None:
        self.fake.stop()

    @property
    def address(self) -> str:
        return self.fake.address

    def settings(self, address: str) -> dict[str, Any]:
        return {
            "base_url": f"{address}/bigquery/v2",
            "table": "demo.billing.gcp_billing_export_focus",
            "access_token": "env:PLANTED_TOKEN",
        }

    def answer(self, asked: Asked) -> tuple[int, Any]:
        if asked.path.endswith("/tables/gcp_billing_export_focus"):
            changed = str(int(self.changed.timestamp() * 1000))
            return 200, {"lastModifiedTime": changed, "schema": {"fields": self.schema}}
        if asked.method == "POST":
            month = asked.body["queryParameters"][0]["parameterValue"]["value"][:7]
            reference = {"jobId": f"job-{month}", "location": "EU"}
            return 200, {"jobReference": reference, "jobComplete": False}
        month = asked.path.rpartition("/")[2].removeprefix("job-")
        assert asked.params["location"] == ["EU"]
        at = int(asked.params.get("pageToken", ["0"])[0])
        found = self.rows.get(month, [])
        page: dict[str, Any] = {
            "jobReference": {"jobId": f"job-{month}", "location": "EU"},
            "jobComplete": True,
            "schema": {"fields": self.schema},
            "rows": found[at : at + 2],
        }
        if at + 2 < len(found):
            page["pageToken"] = str(at + 2)
        return 200, page

    def charge(self, month: str, day: int, cost: str) -> None:
        start = datetime.fromisoformat(f"{month}-01T00:00:00+00:00")
        end = (start + timedelta(days=32)).replace(day=1)
        at = start.replace(day=day)
        cells = [cost, cost, "EUR", "0101", micros(start), micros(end), micros(at)]
        cells += [micros(at + timedelta(days=1)), "Usage", "Google Cloud", "Vertex AI"]
        self.rows.setdefault(month, []).append({"f": [{"v": cell} for cell in cells]})

    def first(self) -> None:
        for day in (1, 2, 3, 4, 5):
            self.charge("2026-05", day, "1.123456789012345678")
            self.charge("2026-06", day, "2")

    def later(self) -> None:
        self.charge("2026-06", 30, "7.5")
        self.charge("2026-07", 1, "1")
        self.changed += timedelta(hours=2)


class CostExplorerRig(Rig):
    """Two services by usage type, and tax apart; a page for each day."""

    connector: ClassVar[Connector] = aws_cost_explorer.CONNECTOR
    secrets: ClassVar[Mapping[str, str]] = {
        "PLANTED_ID": "AKIAPLANTEDFORTHECOST",
        "PLANTED_SECRET": "planted+secret/of=the/explorer",
    }
    now: ClassVar[datetime] = NOW
    window: ClassVar[Period] = Period(date(2026, 5, 1), date(2026, 7, 1))
    split: ClassVar[date] = date(2026, 6, 1)

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.costs: dict[tuple[date, str, str], str] = {}
        self.fake = FakeSource(self.answer)
        self.fake.start()

    def stop(self) -> None:
        self.fake.stop()

    @property
    def address(self) -> str:
        return self.fake.address

    def settings(self, address: str) -> dict[str, Any]:
        return {
            "endpoint": address,
            "access_key_id": "env:PLANTED_ID",
            "secret_access_key": "env:PLANTED_SECRET",
        }

    def answer(self, asked: Asked) -> tuple[int, Any]:
        assert asked.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIAPLANTED")
        body = json.loads(asked.body) if isinstance(asked.body, bytes) else asked.body
        start, end = (date.fromisoformat(body["TimePeriod"][name]) for name in ("Start", "End"))
        taxes = body["GroupBy"][1]["Key"] == "RECORD_TYPE"
        days = sorted({day for day, _, _ in self.costs if start <= day < end})
        at = int(body.get("NextPageToken", 0))
        found = []
        for day in days[at : at + 1]:
            groups = [
                {"Keys": [service, split], "Metrics": metrics(cost)}
                for (there, service, split), cost in sorted(self.costs.items())
                if there == day and (split == "Tax") == taxes
            ]
            period = {"Start": f"{day}", "End": f"{day + timedelta(days=1)}"}
            found.append({"TimePeriod": period, "Groups": groups, "Estimated": False})
        following = {"NextPageToken": str(at + 1)} if at + 1 < len(days) else {}
        return 200, {"ResultsByTime": found, **following}

    def first(self) -> None:
        for month in (5, 6):
            for day in (1, 15):
                self.costs[date(2026, month, day), "Amazon Bedrock", "USE1-Nova-input-tokens"] = (
                    "1.25"
                )
            self.costs[date(2026, month, 1), "Tax", "Tax"] = "0.19"

    def later(self) -> None:
        self.costs[date(2026, 7, 3), "Amazon Bedrock", "USE1-Nova-output-tokens"] = "3"
        self.costs[date(2026, 7, 1), "Amazon Bedrock", "USE1-Nova-output-tokens"] = "2"


def metrics(cost: str) -> dict[str, Any]:
    money = {"Amount": cost, "Unit": "USD"}
    return {
        "UnblendedCost": money,
        "AmortizedCost": money,
        "UsageQuantity": {"Amount": "1000", "Unit": "1K tokens"},
    }


TestBigQuery = suite(BigQueryRig)
TestCostExplorer = suite(CostExplorerRig)


def pulled(
    folder: Path,
    connector: Connector,
    now: datetime = NOW,
    **settings: Any,  # noqa: ANN401  (passed on)
) -> tuple[Ledger, SourceResult]:
    ledger = Ledger.open(str(folder / "ledger"), create=True)
    said = {**settings, "attempts": 2, "retry_wait_s": 0}
    source = Source("cloud", connector, settings_of("cloud", connector, said))
    (result,) = pull(ledger, [source], PullOptions(now))
    return ledger, result


def test_recorded_months_of_bigquery_keep_all_their_digits(
    tmp_path: Path, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = BigQueryRig(tmp_path / "rig")
    for name, value in rig.secrets.items():
        monkeypatch.setenv(name, value)
    for month in ("2026-05", "2026-06"):
        said = json.loads((shared_data / "gcp-focus-bq" / "fixture" / f"{month}.json").read_text())
        rig.schema, rig.rows[month] = said["schema"]["fields"], said["rows"]
    ledger, result = pulled(tmp_path, rig.connector, **rig.settings(rig.address))
    rig.stop()
    assert result.error is None
    with ledger.connect() as con:
        rows = con.execute(
            "select x_BillingMonth, BilledCost, ConsumedQuantity, ChargePeriodStart, Tags from costs"
            " where x_BillingMonth = '2026-05' order by BilledCost"
        ).fetchall()
        total = con.execute("select count(*), sum(BilledCost) from costs").fetchall()
    assert total[0][0] == 5
    assert rows[0] == (
        "2026-05",
        Decimal("1.123456789012345678"),
        Decimal("1.000000000000000001"),
        datetime(2026, 4, 30, 23, 30, 0, 123456, tzinfo=UTC),
        '{"env":"prod","team":"platform"}',
    )


def test_nothing_is_asked_of_bigquery_while_the_table_is_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = BigQueryRig(tmp_path / "rig")
    rig.first()
    for name, value in rig.secrets.items():
        monkeypatch.setenv(name, value)
    pulled(tmp_path, rig.connector, **rig.settings(rig.address))
    rig.fake.asked.clear()
    later = NOW + timedelta(days=1)
    pulled(tmp_path, rig.connector, later, since=date(2026, 5, 1), **rig.settings(rig.address))
    rig.stop()
    july = [
        each.body["queryParameters"][0]["parameterValue"]["value"]
        for each in rig.fake.asked
        if each.method == "POST"
    ]
    assert july == ["2026-07-01 00:00:00+00"], "a month that had no rows is asked for again"


@pytest.mark.needs("cryptography")
def test_a_service_account_signs_for_a_token(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    rig = BigQueryRig(tmp_path / "rig")
    rig.first()
    given: list[str] = []

    def answer(asked: Asked) -> tuple[int, Any]:
        if asked.path != "/token":
            assert asked.headers["authorization"] == "Bearer fresh-token-of-google"
            return rig.answer(asked)
        given.append(parse_qs(asked.body.decode())["assertion"][0])
        return 200, {"access_token": "fresh-token-of-google", "expires_in": 3600}

    rig.fake.answer = answer
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    account = {
        "client_email": "finops@demo",
        "private_key": pem.decode(),
        "token_uri": f"{rig.address}/token",
    }
    (tmp_path / "key.json").write_text(json.dumps(account))
    said = {**rig.settings(rig.address), "service_account_key": f"file:{tmp_path / 'key.json'}"}
    del said["access_token"]
    _, result = pulled(tmp_path, rig.connector, **said)
    rig.stop()
    assert result.error is None
    (assertion,) = given
    text, _, signature = assertion.rpartition(".")
    private.public_key().verify(
        base64.urlsafe_b64decode(signature + "=="),
        text.encode(),
        padding.PKCS1v15(),
        hashes.SHA256(),
    )
    claims = json.loads(base64.urlsafe_b64decode(text.partition(".")[2] + "=="))
    assert (claims["iss"], claims["aud"]) == ("finops@demo", f"{rig.address}/token")
    assert claims["scope"] == "https://www.googleapis.com/auth/bigquery.readonly"


@pytest.mark.needs("botocore")
def test_a_signature_is_the_one_that_amazons_own_library_makes() -> None:
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    keys = Keys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "token/of+it=")
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "A.B"}
    for url in ("https://ce.us-east-1.amazonaws.com/", "https://x.example.com/a%20b/c?z=1&a=%2F2"):
        theirs = AWSRequest("POST", url, headers=dict(headers), data=b'{"a": 1}')
        SigV4Auth(Credentials(*keys), "ce", "us-east-1").add_auth(theirs)
        moment = datetime.strptime(theirs.context["timestamp"], "%Y%m%dT%H%M%SZ").replace(
            tzinfo=UTC
        )
        ours = signed(
            Request("POST", url, dict(headers), b'{"a": 1}'), keys, "ce", "us-east-1", moment
        )
        assert ours["Authorization"] == theirs.headers["Authorization"]
    assert "wJalr" not in repr(keys)


@pytest.mark.needs("moto")
def test_cost_explorer_on_a_real_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    group = {
        "Keys": ["Amazon Bedrock", "USE1-Claude3.5Sonnet-input-tokens"],
        "Metrics": metrics("12.0000000321"),
    }
    tax = {
        "Keys": ["Tax", "Tax"],
        "Metrics": {**metrics("2.28"), "UsageQuantity": {"Amount": "0", "Unit": "N/A"}},
    }
    day = {"Start": "2026-07-01", "End": "2026-07-02"}
    results = [
        {"ResultsByTime": [{"TimePeriod": day, "Groups": [found], "Estimated": True}]}
        for found in (group, tax)
    ]
    seed = httpx.post(
        f"{moto()}/moto-api/static/ce/cost-and-usage-results", json={"results": results}
    )
    assert seed.status_code == 201
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAFORMOTO")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-for-moto")
    ledger, result = pulled(
        tmp_path, aws_cost_explorer.CONNECTOR, endpoint=moto(), since=date(2026, 7, 1), account="42"
    )
    assert result.error is None
    with ledger.connect() as con:
        rows = con.execute(
            "select ServiceName, BilledCost, ConsumedQuantity, ConsumedUnit, ChargeCategory, x_Model,"
            " x_TokenType, x_Scope from costs order by BilledCost desc"
        ).fetchall()
    assert rows == [
        (
            *("Amazon Bedrock", Decimal("12.0000000321"), Decimal(1000), "1K tokens", "Usage"),
            *("Claude3.5Sonnet", "uncached_input", "AWS/42"),
        ),
        ("Tax", Decimal("2.28"), None, None, "Tax", None, None, "AWS/42"),
    ]
