"""Planted prompts, e-mail addresses and API keys, in every format there is: none is in the ledger's bytes.

Every registered format needs an entry here. Prompts stand where content can: bodies, error messages, columns
nobody declared. Addresses and keys stand also where names may: tags, labels, users, descriptions. After the
load a report is asked for, so that roll-ups are looked at too: files as they are, Parquet value by value.
"""

from __future__ import annotations

import gzip
import json
import shutil
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from typer.testing import CliRunner

from connectors.arrow import HINTS
from connectors.checking import PLAIN
from finops.cli.app import app
from finops.ledger.engine import open_engine, query
from finops.ledger.schema import literal
from finops.model.private import mask
from finops.model.schema import Kind
from finops.model.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable

PROMPT = "PLANTED-SECRET prompt about a merger"
EMAIL = "planted.person@example.com"
KEY = "sk-planted0123456789abcdef"
SECRETS = ("PLANTED-SECRET", EMAIL, KEY)
BOTH = f"{EMAIL} {KEY}"
DATA = Path(__file__).parent / "requests" / "data"


class Planted(NamedTuple):
    """A table, a file name, what is in it, and further options of `finops load`."""

    table: str
    name: str
    content: Callable[[Path], None]
    options: tuple[str, ...] = ()


def _text(text: str) -> Callable[[Path], None]:
    return lambda path: (path.write_text(text, encoding="utf-8"), None)[1]


def _csv(**cells: str) -> Callable[[Path], None]:
    quoted = ['"' + value.replace('"', '""') + '"' for value in cells.values()]
    return _text(",".join(cells) + "\n" + ",".join(quoted) + "\n")


def _recorded(name: str) -> Callable[[Path], None]:
    """A recorded shape, with an address and a key wherever it holds a prompt or an address."""

    def copy(target: Path) -> None:
        source = DATA / name
        files = [source] if source.is_file() else [f for f in source.rglob("*") if f.is_file()]
        for file in files:
            place = target if source.is_file() else target / file.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            raw = file.read_bytes()
            plain = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
            text = plain.decode().replace("user@example.com", EMAIL)
            text = text.replace("PLANTED-SECRET", f"{PROMPT} {BOTH}")
            planted = text.encode()
            place.write_bytes(gzip.compress(planted) if plain is not raw else planted)

    return copy


TAGS = json.dumps({"owner": EMAIL, "token": KEY, "team": "search"})

FOCUS = {
    "BilledCost": "1", "EffectiveCost": "1", "ListCost": "1", "ContractedCost": "1",
    "BillingCurrency": "USD", "BillingPeriodStart": "2026-10-01T00:00:00Z",
    "BillingPeriodEnd": "2026-11-01T00:00:00Z", "ChargePeriodStart": "2026-10-02T00:00:00Z",
    "ChargePeriodEnd": "2026-10-03T00:00:00Z", "ChargeCategory": "Usage", "ProviderName": "Acme",
    "BillingAccountId": "1", "ServiceName": "Box", "ChargeDescription": f"for {BOTH}",
    "ResourceName": EMAIL, "Tags": TAGS, "x_Note": BOTH, "prompt": PROMPT,
}  # fmt: skip

CUR2 = {
    "bill_payer_account_id": "111122223333",
    "bill_billing_period_start_date": "2026-10-01T00:00:00.000Z",
    "bill_billing_period_end_date": "2026-11-01T00:00:00.000Z",
    "line_item_usage_start_date": "2026-10-02T00:00:00.000Z",
    "line_item_usage_end_date": "2026-10-02T01:00:00.000Z",
    "line_item_line_item_type": "Usage", "line_item_unblended_cost": "1",
    "line_item_currency_code": "USD", "line_item_product_code": "AmazonEC2",
    "line_item_usage_type": "BoxUsage", "line_item_operation": "RunInstances",
    "line_item_usage_amount": "1", "pricing_unit": "Hrs",
    "line_item_line_item_description": f"for {BOTH}", "line_item_usage_account_name": EMAIL,
    "line_item_resource_id": f"bucket/{KEY}", "resource_tags": TAGS, "prompt": PROMPT,
}  # fmt: skip

CUR = {
    "identity/LineItemId": "1", "bill/PayerAccountId": "111122223333",
    "bill/BillingPeriodStartDate": "2026-10-01T00:00:00Z",
    "bill/BillingPeriodEndDate": "2026-11-01T00:00:00Z", "bill/InvoicingEntity": "AWS",
    "lineItem/UsageStartDate": "2026-10-02T00:00:00Z",
    "lineItem/UsageEndDate": "2026-10-02T01:00:00Z", "lineItem/LineItemType": "Usage",
    "lineItem/UnblendedCost": "1", "lineItem/CurrencyCode": "USD",
    "lineItem/ProductCode": "AmazonEC2", "lineItem/UsageType": "BoxUsage",
    "lineItem/UsageAmount": "1", "pricing/unit": "Hrs",
    "lineItem/LineItemDescription": f"for {BOTH}", "resourceTags/user:owner": EMAIL,
    "resourceTags/user:token": KEY, "lineItem/ResourceId": f"bucket/{KEY}", "prompt": PROMPT,
}  # fmt: skip

AZURE = {
    "BillingAccountId": "BA", "BillingAccountName": EMAIL, "BillingPeriodStartDate": "9/1/2026",
    "BillingPeriodEndDate": "9/30/2026", "SubscriptionId": "sub", "Date": "9/2/2026",
    "ProductName": f"for {BOTH}", "MeterId": "m1", "MeterCategory": "Virtual Machines",
    "MeterName": "D2s v5", "Quantity": "1", "UnitPrice": "1", "PayGPrice": "1",
    "CostInBillingCurrency": "1", "BillingCurrency": "EUR", "UnitOfMeasure": "1 Hour",
    "ResourceId": f"/r/{KEY}", "ChargeType": "Usage", "PricingModel": "OnDemand",
    "Frequency": "UsageBased", "BenefitId": "", "Tags": f'"owner": "{EMAIL}","token": "{KEY}"',
    "prompt": PROMPT,
}  # fmt: skip

GCP = {
    "billing_account_id": "01A-B", "service": {"id": "S", "description": "Vertex AI"},
    "sku": {"id": "K", "description": f"Input for {BOTH}"},
    "usage_start_time": "2026-10-01T20:00:00Z", "usage_end_time": "2026-10-01T21:00:00Z",
    "project": {"id": "p-1", "name": EMAIL},
    "labels": [{"key": "owner", "value": EMAIL}, {"key": "token", "value": KEY}],
    "location": {"location": "us", "region": "us-central1"},
    "resource": {"name": KEY, "global_name": f"//g/{KEY}"}, "cost": "1.5", "cost_at_list": "2",
    "currency": "USD", "invoice": {"month": "202610"}, "cost_type": "regular", "credits": [],
    "usage": {"amount": "1", "unit": "count", "amount_in_pricing_units": "1", "pricing_unit": "k"},
    "prompt": PROMPT,
}  # fmt: skip

OCI = {
    "lineItem/referenceNo": "r1", "lineItem/tenantId": "ten",
    "lineItem/intervalUsageStart": "2026-10-13T10:00Z",
    "lineItem/intervalUsageEnd": "2026-10-13T11:00Z", "product/service": "COMPUTE",
    "product/compartmentName": EMAIL, "product/region": "us-phoenix-1",
    "product/resourceId": f"ocid1.{KEY}", "usage/billedQuantity": "2", "cost/productSku": "B1",
    "product/Description": f"for {BOTH}", "cost/unitPrice": "0.025", "cost/myCost": "0.05",
    "cost/currencyCode": "USD", "cost/billingUnitReadable": "OCPU hour",
    "lineItem/isCorrection": "false", "lineItem/backreferenceNo": "", "tags/ops.owner": EMAIL,
    "tags/ops.token": KEY, "prompt": PROMPT,
}  # fmt: skip

REQUEST = {
    "timestamp": "2026-10-01T00:00:00Z", "request_id": "r1", "call_id": "r1", "operation": "chat",
    "status": "ok", "provider": "openai", "request_model": "gpt-4o", "uncached_input_tokens": "5",
    "team": EMAIL, "tenant": f"for {BOTH}", "api_key_id": KEY, "prompt": PROMPT, "completion": PROMPT,
    "attributes": json.dumps({"prompt": PROMPT, "user": EMAIL}),
}  # fmt: skip

SMI = """\
timestamp, index, uuid, name, utilization.gpu [%], memory.used [MiB], memory.total [MiB], power.draw [W], prompt
2026/10/01 12:00:00.000, 0, GPU-a, H100 {both}, 97 %, 1 MiB, 9 MiB, 5 W, {prompt}
2026/10/01 12:00:15.000, 0, GPU-a, H100 {both}, 97 %, 1 MiB, 9 MiB, 5 W, {prompt}
"""

DCGM = {
    "timestamp": "2026-10-01T00:00:00Z", "gpu": "0", "UUID": "GPU-a", "modelName": f"H100 {BOTH}",
    "Hostname": EMAIL, "DCGM_FI_DEV_GPU_UTIL": "97", "DCGM_FI_DEV_POWER_USAGE": "5",
    "exported_namespace": EMAIL, "exported_pod": f"pod {KEY}", "prompt": PROMPT,
}  # fmt: skip

SACCT = (
    "JobIDRaw|JobID|JobName|User|Account|State|ExitCode|Submit|Start|End|AllocTRES|NodeList|Comment\n"
    f"7|7|train for {BOTH}|{EMAIL}|{EMAIL}|COMPLETED|0:0|2026-10-01T10:00:00|2026-10-01T10:01:00|"
    f"2026-10-01T10:05:00|gres/gpu=2|n1|{PROMPT}\n"
)

SAMPLE = {
    "timestamp": "2026-10-01T00:00:00Z", "interval_s": "30", "device_uuid": "GPU-a",
    "namespace": EMAIL, "pod": f"pod {KEY}", "prompt": PROMPT,
}  # fmt: skip

JOB = {
    "job_id": "7", "name": f"train for {BOTH}", "user": EMAIL, "team": EMAIL, "state": "completed",
    "gpu_count": "2", "submitted_at": "2026-10-01T10:00:00Z",
    "started_at": "2026-10-01T10:01:00Z", "ended_at": "2026-10-01T10:05:00Z", "prompt": PROMPT,
}  # fmt: skip

CHANGE = {
    "change_id": "c1", "changed_at": "2026-10-01T00:00:00Z", "kind": "config", "subject": "rag",
    "changed_from": KEY, "changed_to": "v2", "approved_by": EMAIL, "note": f"asked by {BOTH}",
    "prompt": PROMPT,
}  # fmt: skip

USED = {
    "timestamp": "2026-10-01T00:00:00Z", "ends_at": "2026-10-01T01:00:00Z", "requests": "3",
    "provider": "openai", "request_model": "gpt-4o", "uncached_input_tokens": "5",
    "api_key_id": KEY, "team": EMAIL, "project": f"for {BOTH}", "prompt": PROMPT,
}  # fmt: skip

MAPS = ("--map", "timestamp=when", "--map", "team=who", "--map", "uncached_input_tokens=tokens")

FORMATS = {
    "focus": Planted("costs", "focus.csv", _csv(**FOCUS)),
    "aws-cur2": Planted("costs", "cur2.csv", _csv(**CUR2)),
    "aws-cur": Planted("costs", "cur.csv", _csv(**CUR)),
    "azure-cost": Planted("costs", "azure.csv", _csv(**AZURE)),
    "gcp-detailed": Planted("costs", "gcp.jsonl", _text(json.dumps(GCP) + "\n")),
    "oci-cost": Planted("costs", "oci.csv", _csv(**OCI)),
    "requests": Planted("requests", "own.csv", _csv(**REQUEST)),
    "openai-responses": Planted("requests", "o.jsonl", _recorded("openai.jsonl")),
    "anthropic-messages": Planted("requests", "a.jsonl", _recorded("anthropic.jsonl")),
    "litellm-spend": Planted("requests", "s.jsonl", _recorded("litellm_spend.jsonl")),
    "litellm-payload": Planted("requests", "p.jsonl", _recorded("litellm_payload.jsonl")),
    "langfuse": Planted("requests", "l.jsonl", _recorded("langfuse.jsonl")),
    "bedrock-invocations": Planted("requests", "b.json.gz", _recorded("bedrock.json.gz")),
    "azure-apim": Planted("requests", "z.csv", _recorded("azure_apim.csv")),
    "claude-code": Planted("requests", "claude", _recorded("claude")),
    "codex": Planted("requests", "codex", _recorded("codex")),
    "otlp-traces": Planted("requests", "otlp", _recorded("otlp")),
    "mapped-requests": Planted(
        "requests",
        "any.csv",
        _csv(when="2026-10-01T00:00:00Z", who=f"for {BOTH}", tokens="5", text=PROMPT),
        (
            *MAPS,
            "--set",
            "operation=chat",
            "--set",
            "status=ok",
            "--format-hint",
            "mapped-requests",
        ),
    ),
    "gpu-samples": Planted("gpu", "samples.csv", _csv(**SAMPLE)),
    "dcgm": Planted("gpu", "dcgm.csv", _csv(**DCGM), ("--set", "interval_s=30")),
    "nvidia-smi": Planted("gpu", "smi.csv", _text(SMI.format(both=BOTH, prompt=PROMPT))),
    "jobs": Planted("jobs", "jobs.csv", _csv(**JOB)),
    "sacct": Planted("jobs", "sacct.txt", _text(SACCT)),
    "changes": Planted("changes", "changes.csv", _csv(**CHANGE)),
    "usage": Planted("usage", "usage.csv", _csv(**USED)),
}


OWN = {
    "costs": ("focus", FOCUS), "requests": ("requests", REQUEST), "usage": ("usage", USED),
    "gpu_samples": ("gpu-samples", SAMPLE), "jobs": ("jobs", JOB), "changes": ("changes", CHANGE),
}  # fmt: skip
"""The format of each table's own columns, which every connector's rows come through, and a row of it."""

ROLLED_UP = ("focus", "requests", "litellm-spend", "otlp-traces", "claude-code")
"""Formats after whose load a report is asked for; roll-ups are made of the ledger, not of the file."""


def test_every_format_there_is_has_something_planted() -> None:
    assert set(FORMATS) == {entry.name for entry in entry_points(group="finops.formats")}


def planted_in(folder: Path) -> list[str]:
    """Files that hold a secret, as bytes or, of Parquet, in any value."""
    found = []
    con = open_engine()
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        text = path.read_bytes()
        if path.suffix == ".parquet":
            rows = query(con, f"select * from read_parquet({literal(str(path))})")
            text += "\n".join(map(str, rows)).encode()
        found += [f"{secret} in {path.name}" for secret in SECRETS if secret.encode() in text]
    con.close()
    return found


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_nothing_planted_is_in_the_ledger(name: str, tmp_path: Path) -> None:
    planted = FORMATS[name]
    source, ledger = tmp_path / "in" / planted.name, tmp_path / "ledger"
    source.parent.mkdir()
    planted.content(source)
    given = _all_text(source)
    assert all(secret in given for secret in SECRETS), "nothing is planted here"
    command = ["load", planted.table, str(source), "--ledger", str(ledger), *planted.options]
    loaded = CliRunner().invoke(app, command)
    assert loaded.exit_code == 0, loaded.output
    if name in ROLLED_UP:
        asked = CliRunner().invoke(app, ["unit", "--all", "--ledger", str(ledger), "-f", "json"])
        assert asked.exit_code == 0, asked.output
        assert not any(secret in asked.output for secret in SECRETS)
    assert planted_in(ledger) == []
    assert not any(secret in loaded.output for secret in (EMAIL, KEY))


@pytest.mark.parametrize("table", sorted(OWN))
def test_no_column_of_any_table_takes_an_address_or_a_key(table: str, tmp_path: Path) -> None:
    """Each text column there is, filled: what a connector delivers is stored by the same rules."""
    hint, row = OWN[table]
    assert set(OWN) == {*TABLES} - {"loads"}
    assert HINTS.items() <= {name: own for name, (own, _) in OWN.items()}.items()
    text = {c.name for c in TABLES[table].columns if c.kind is Kind.TEXT and not c.values} - PLAIN
    dated = {"x_BillingMonth", "month", "change_id", "job_id", "BillingCurrency", "PricingCurrency"}
    filled = {**row, **dict.fromkeys(sorted(text - dated), f"by {BOTH}")}
    source, ledger = tmp_path / "own.csv", tmp_path / "ledger"
    _csv(**{name: value for name, value in filled.items() if not name.startswith("x_")})(source)
    name = {"gpu_samples": "gpu"}.get(table, table)
    command = ["load", name, str(source), "--ledger", str(ledger), "--format-hint", hint]
    loaded = CliRunner().invoke(app, command)
    assert loaded.exit_code == 0, loaded.output
    assert planted_in(ledger) == []


def _all_text(source: Path) -> str:
    files = [source] if source.is_file() else [f for f in source.rglob("*") if f.is_file()]
    raw = [file.read_bytes() for file in files]
    return "".join(
        (gzip.decompress(each) if each[:2] == b"\x1f\x8b" else each).decode() for each in raw
    )


def test_what_is_wrong_is_told_without_addresses_and_keys(tmp_path: Path) -> None:
    source = tmp_path / "own.csv"
    _csv(**{**REQUEST, "uncached_input_tokens": BOTH})(source)
    result = CliRunner().invoke(
        app, ["load", "requests", str(source), "--ledger", str(tmp_path / "l")]
    )
    assert result.exit_code == 5
    assert "person-" in result.output
    assert not any(secret in result.output for secret in SECRETS)
    shutil.rmtree(tmp_path / "l", ignore_errors=True)


def test_an_owner_still_groups_by_the_tag_that_named_one(tmp_path: Path) -> None:
    source, ledger = tmp_path / "focus.csv", str(tmp_path / "l")
    _csv(**FOCUS)(source)
    CliRunner().invoke(app, ["load", "costs", str(source), "--ledger", ledger])
    asked = CliRunner().invoke(
        app, ["costs", "--by", "tag:owner", "--all", "--ledger", ledger, "-f", "json"]
    )
    assert [row["tag:owner"] for row in json.loads(asked.stdout)["rows"]] == [mask(EMAIL)]
    assert mask(EMAIL).startswith("person-")


@pytest.mark.parametrize(
    "text",
    [
        "task-1234567890abcdef1234",
        "a@b",
        "svc@p.iam.gserviceaccount.com",
        "claude@20250929",
        "disk-x",
    ],
)
def test_what_only_looks_like_one_is_kept(text: str) -> None:
    assert mask(text) == text
