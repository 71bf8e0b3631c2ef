"""Google Cloud's detailed export in three shapes, and Oracle's report before FOCUS."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

USAGE = {
    "billing_account_id": "01A-B",
    "service": {"id": "S1", "description": "Vertex AI"},
    "sku": {"id": "K1", "description": "Gemini 2.5 Pro Input Tokens"},
    "usage_start_time": "2026-09-30T20:00:00Z",
    "usage_end_time": "2026-09-30T21:00:00Z",
    "project": {"id": "p-1", "name": "Prod"},
    "labels": [{"key": "team", "value": "search"}, {"key": "Env", "value": "prod"}],
    "location": {"location": "us", "region": "us-central1"},
    "resource": {"name": "r", "global_name": "//g/r"},
    "cost": "1.5",
    "cost_at_list": "2",
    "currency": "USD",
    "usage": {
        "amount": "1000",
        "unit": "count",
        "amount_in_pricing_units": "1",
        "pricing_unit": "k",
    },
    "credits": [
        {"name": "c", "amount": "-2.4"},
        {"name": "d", "amount": "-0.100000000000000000000001"},
    ],
    "invoice": {"month": "202610"},
    "cost_type": "regular",
}
TAX = {
    **USAGE,
    "sku": {"id": "T", "description": "Tax"},
    "cost": "0.25",
    "credits": [],
    "labels": [],
    "cost_type": "tax",
}


def as_jsonl(folder: Path) -> Path:
    path = folder / "gcp.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in (USAGE, TAX)))
    return path


def as_parquet(folder: Path) -> Path:
    path = folder / "gcp.parquet"
    with duckdb.connect() as con:
        con.execute(f"copy (from read_json('{as_jsonl(folder)}')) to '{path}'").fetchall()
    return path


def as_csv(folder: Path) -> Path:
    path = folder / "gcp.csv"
    with duckdb.connect() as con:
        con.execute(
            f'copy (select billing_account_id, service.description as "service.description",'
            " sku.id as sku_id, sku.description as sku_description, usage_start_time, usage_end_time,"
            " project.id as project_id, project.name as project_name, to_json(labels) as labels,"
            " location.region as location_region, resource.global_name as resource_global_name, cost,"
            " cost_at_list, currency, usage.amount as usage_amount, to_json(credits) as credits,"
            f" invoice.month as invoice_month, cost_type from read_json('{as_jsonl(folder)}')) to '{path}'"
        ).fetchall()
    return path


@pytest.mark.parametrize("written", [as_jsonl, as_parquet, as_csv])
def test_a_google_bill_reads_the_same_in_every_shape(
    written: Callable[[Path], Path],
    tmp_path: Path,
    load: Callable[..., Any],
    ask: Callable[..., Any],
) -> None:
    folder = tmp_path / "gcp"
    folder.mkdir()
    (result,) = load("costs", written(folder))
    assert result.format == "gcp-detailed"
    assert ask(
        "select BilledCost, EffectiveCost, ContractedCost, ListCost, Tags, x_Model, x_TokenType, ChargeCategory,"
        " x_BillingMonth, strftime(ChargePeriodStart, '%Y-%m'), ServiceName, SubAccountName, RegionId,"
        " ConsumedQuantity, x_Scope from costs order by ChargeCategory desc"
    ) == [
        (
            Decimal("-1.000000000000000000000001"),
            Decimal("-1.000000000000000000000001"),
            Decimal("1.5"),
            Decimal(2),
            '{"team":"search","Env":"prod"}',
            "Gemini 2.5 Pro",
            "uncached_input",
            "Usage",
            "2026-10",
            "2026-09",
            "Vertex AI",
            "Prod",
            "us-central1",
            Decimal(1000),
            "Google Cloud/01A-B",
        ),
        (
            Decimal("0.25"),
            Decimal("0.25"),
            Decimal("0.25"),
            Decimal(2),
            None,
            None,
            None,
            "Tax",
            "2026-10",
            "2026-09",
            "Vertex AI",
            "Prod",
            "us-central1",
            Decimal(1000),
            "Google Cloud/01A-B",
        ),
    ]


ORACLE = """\
lineItem/referenceNo,lineItem/tenantId,lineItem/intervalUsageStart,lineItem/intervalUsageEnd,product/service,\
product/compartmentName,product/region,product/resourceId,usage/billedQuantity,cost/productSku,\
product/Description,cost/unitPrice,cost/myCost,cost/currencyCode,cost/billingUnitReadable,lineItem/isCorrection,\
lineItem/backreferenceNo,tags/ops.team
r1,ten,2026-10-13T10:00Z,2026-10-13T11:00Z,COMPUTE,prod,us-phoenix-1,ocid1,2,B1,OCPU,0.025,0.05,USD,OCPU hour,false,,search
r2,ten,2026-10-13T10:00Z,2026-10-13T11:00Z,COMPUTE,prod,us-phoenix-1,ocid1,-2,B1,OCPU,0.025,-0.05,USD,OCPU hour,true,r1,
"""


def test_an_oracle_report(
    write: Callable[..., Path], load: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    (result,) = load("costs", write("oci.csv", ORACLE))
    assert result.format == "oci-cost"
    assert ask(
        "select BilledCost, ChargeClass, ChargePeriodStart::varchar, x_BillingMonth, Tags, x_Extra, x_Scope"
        " from costs order by 1 desc"
    ) == [
        (
            Decimal("0.05"),
            None,
            "2026-10-13 10:00:00+00",
            "2026-10",
            '{"ops.team":"search"}',
            '{"reference":"r1"}',
            "Oracle/ten",
        ),
        (
            Decimal("-0.05"),
            "Correction",
            "2026-10-13 10:00:00+00",
            "2026-10",
            None,
            '{"reference":"r2","corrects":"r1"}',
            "Oracle/ten",
        ),
    ]
