"""Believable files of any size, the same for the same size: request logs and a FOCUS bill."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["BILL_TYPES", "REQUEST_TYPES", "focus_csv", "requests_jsonl", "requests_select"]

DAYS = 31

REQUEST_TYPES = {
    "timestamp": "TIMESTAMP WITH TIME ZONE",
    "request_id": "VARCHAR",
    "call_id": "VARCHAR",
    "trace_id": "VARCHAR",
    "workflow_run_id": "VARCHAR",
    "operation": "VARCHAR",
    "provider": "VARCHAR",
    "request_model": "VARCHAR",
    "response_model": "VARCHAR",
    "workflow": "VARCHAR",
    "agent": "VARCHAR",
    "feature": "VARCHAR",
    "team": "VARCHAR",
    "environment": "VARCHAR",
    "service_tier": "VARCHAR",
    "region": "VARCHAR",
    "attempt": "BIGINT",
    "status": "VARCHAR",
    "error_type": "VARCHAR",
    "uncached_input_tokens": "BIGINT",
    "cache_read_tokens": "BIGINT",
    "cache_write_5m_tokens": "BIGINT",
    "output_tokens": "BIGINT",
    "reasoning_tokens": "BIGINT",
    "latency_ms": "DOUBLE",
    "ttft_ms": "DOUBLE",
}
"""Columns of the request log and the type each has in the ledger."""

_REQUESTS = """
with numbers as (
    select
        i,
        i % 50 = 49 as is_retry,
        i % 50 = 48 as is_retried,
        (i // 7) as run,
        hash(i) as h1,
        hash(i + {rows}) as h2,
        hash(i + 2 * {rows}) as h3
    from range({rows}) as t(i)
),

mixed as (
    select *, (run * 7919) % 100 as pick from numbers
),

chosen as (
    select
        *,
        case
            when pick < 30 then 'gpt-4o-2024-08-06'
            when pick < 55 then 'claude-sonnet-4-5-20250929'
            when pick < 75 then 'gpt-5'
            when pick < 85 then 'gpt-4.1-mini'
            when pick < 93 then 'deepseek-chat'
            when pick < 99 then 'gemini-2.5-pro'
            else 'house-llm-7b'
        end as model
    from mixed
)

select
    strftime(
        timestamp '2026-10-01' + to_microseconds(cast(i * {step} as bigint)), '%Y-%m-%dT%H:%M:%S.%gZ'
    ) as timestamp,
    'req-' || lpad(cast(i as varchar), 12, '0') as request_id,
    'call-' || lpad(cast(case when is_retry then i - 1 else i end as varchar), 12, '0') as call_id,
    format('{{:032x}}', hash(run)) as trace_id,
    'run-' || lpad(cast(run as varchar), 9, '0') as workflow_run_id,
    'chat' as operation,
    case
        when model like 'gpt%' then 'openai'
        when model like 'claude%' then 'anthropic'
        when model like 'deepseek%' then 'deepseek'
        when model like 'gemini%' then 'gcp.gemini'
        else 'vllm'
    end as provider,
    regexp_replace(model, '-20[0-9-]+$', '') as request_model,
    model as response_model,
    'workflow-' || lpad(cast(run % 12 as varchar), 2, '0') as workflow,
    'agent-' || cast(i % 5 as varchar) as agent,
    'feature-' || cast(run % 24 as varchar) as feature,
    'team-' || cast(run % 6 as varchar) as team,
    case when run % 10 = 0 then 'staging' else 'production' end as environment,
    'standard' as service_tier,
    case when run % 3 = 0 then 'eu-west-1' else 'us-east-1' end as region,
    case when is_retry then 2 else 1 end as attempt,
    case when is_retried then 'error' when i % 331 = 0 then 'timeout' else 'ok' end as status,
    case when is_retried then 'overloaded' end as error_type,
    100 + h1 % 6000 + case when i % 997 = 0 then 210000 else 0 end as uncached_input_tokens,
    case when h2 % 3 = 0 then 0 else h2 % 9000 end as cache_read_tokens,
    case when model like 'claude%' then h3 % 1500 else 0 end as cache_write_5m_tokens,
    case when is_retried then 0 else 20 + h3 % 900 end as output_tokens,
    case when model = 'gpt-5' and not is_retried then (20 + h3 % 900) // 3 else 0 end as reasoning_tokens,
    round(200 + exp(4 + (h2 % 10000) / 2500.0), 1) as latency_ms,
    case when not is_retried then round(50 + exp(3 + (h1 % 10000) / 3300.0), 1) end as ttft_ms
from chosen
"""

BILL_TYPES = {
    "AvailabilityZone": "VARCHAR",
    "BilledCost": "DECIMAL(38,24)",
    "BillingAccountId": "VARCHAR",
    "BillingAccountName": "VARCHAR",
    "BillingCurrency": "VARCHAR",
    "BillingPeriodEnd": "TIMESTAMP WITH TIME ZONE",
    "BillingPeriodStart": "TIMESTAMP WITH TIME ZONE",
    "ChargeCategory": "VARCHAR",
    "ChargeClass": "VARCHAR",
    "ChargeDescription": "VARCHAR",
    "ChargeFrequency": "VARCHAR",
    "ChargePeriodEnd": "TIMESTAMP WITH TIME ZONE",
    "ChargePeriodStart": "TIMESTAMP WITH TIME ZONE",
    "ConsumedQuantity": "DECIMAL(38,24)",
    "ConsumedUnit": "VARCHAR",
    "ContractedCost": "DECIMAL(38,24)",
    "ContractedUnitPrice": "DECIMAL(38,24)",
    "EffectiveCost": "DECIMAL(38,24)",
    "InvoiceIssuerName": "VARCHAR",
    "ListCost": "DECIMAL(38,24)",
    "ListUnitPrice": "DECIMAL(38,24)",
    "PricingCategory": "VARCHAR",
    "PricingQuantity": "DECIMAL(38,24)",
    "PricingUnit": "VARCHAR",
    "ProviderName": "VARCHAR",
    "PublisherName": "VARCHAR",
    "RegionId": "VARCHAR",
    "RegionName": "VARCHAR",
    "ResourceId": "VARCHAR",
    "ResourceName": "VARCHAR",
    "ResourceType": "VARCHAR",
    "ServiceCategory": "VARCHAR",
    "ServiceName": "VARCHAR",
    "SkuId": "VARCHAR",
    "SkuPriceId": "VARCHAR",
    "SubAccountId": "VARCHAR",
    "SubAccountName": "VARCHAR",
    "Tags": "VARCHAR",
}
"""Columns of the bill and the type each has in the ledger."""

_BILL = """
with numbers as (
    select
        i,
        make_date(2026, cast(8 + 3 * i // {rows} as int), 1) as month,
        cast(hash(i) % 1000000000 as decimal(38, 0)) as h,
        i % 40 as service
    from range({rows}) as t(i)
),

charged as (
    select
        *,
        month + to_hours(cast(3 * 28 * 24 * i // {rows} % (28 * 24) as int)) as starts,
        cast(h / 1000 as decimal(38, 3)) as quantity,
        cast('0.0' || lpad(cast(hash(i + 1) % 1000000000 as varchar), 9, '0') as decimal(38, 10)) as price
    from numbers
),

priced as (
    select
        *,
        cast(quantity as varchar) as quantity_text,
        cast(price as varchar) as price_text,
        cast(quantity as decimal(18, 3)) * cast(price as decimal(18, 10)) as amount
    from charged
)

select
    'us-east-1' || chr(cast(97 + service % 3 as int)) as "AvailabilityZone",
    amount as "BilledCost",
    '100000000000' as "BillingAccountId",
    'Example' as "BillingAccountName",
    'USD' as "BillingCurrency",
    strftime(month + interval 1 month, '%Y-%m-%dT%H:%M:%SZ') as "BillingPeriodEnd",
    strftime(month, '%Y-%m-%dT%H:%M:%SZ') as "BillingPeriodStart",
    'Usage' as "ChargeCategory",
    null as "ChargeClass",
    'Instance hours of type ' || cast(service as varchar) || ', on demand, Linux' as "ChargeDescription",
    'Usage-Based' as "ChargeFrequency",
    strftime(starts + interval 1 hour, '%Y-%m-%dT%H:%M:%SZ') as "ChargePeriodEnd",
    strftime(starts, '%Y-%m-%dT%H:%M:%SZ') as "ChargePeriodStart",
    quantity_text as "ConsumedQuantity",
    'Hours' as "ConsumedUnit",
    amount as "ContractedCost",
    price_text as "ContractedUnitPrice",
    amount as "EffectiveCost",
    'Amazon Web Services' as "InvoiceIssuerName",
    amount as "ListCost",
    price_text as "ListUnitPrice",
    'Standard' as "PricingCategory",
    quantity_text as "PricingQuantity",
    'Hours' as "PricingUnit",
    'AWS' as "ProviderName",
    'AWS' as "PublisherName",
    'us-east-1' as "RegionId",
    'US East (N. Virginia)' as "RegionName",
    'arn:aws:ec2:us-east-1:100000000000:instance/i-' || format('{{:016x}}', hash(i % 20000)) as "ResourceId",
    'node-' || cast(i % 20000 as varchar) as "ResourceName",
    'Instance' as "ResourceType",
    (['Compute', 'Storage', 'Networking', 'AI and Machine Learning'])[cast(1 + service % 4 as int)]
        as "ServiceCategory",
    'Service ' || cast(service as varchar) as "ServiceName",
    'SKU' || lpad(cast(service * 37 as varchar), 8, '0') as "SkuId",
    'SKU' || lpad(cast(service * 37 as varchar), 8, '0') || '.ONDEMAND' as "SkuPriceId",
    '20000000' || cast(i % 12 as varchar) as "SubAccountId",
    'team-' || cast(i % 12 as varchar) as "SubAccountName",
    '{{"team": "team-' || cast(i % 12 as varchar) || '", "env": "production", "cost_center": "CC'
        || cast(i % 90 as varchar) || '"}}' as "Tags"
from priced
"""


def requests_select(rows: int) -> str:
    """SELECT of `rows` requests of one month in order of time, timestamps as text."""
    return _REQUESTS.format(rows=rows, step=DAYS * 86_400_000_000 / rows)


def requests_jsonl(path: Path, rows: int) -> None:
    """Write `rows` requests of one month to `path`, one JSON object a line, in order of time."""
    _copy(requests_select(rows), path, "format json")


def focus_csv(path: Path, rows: int) -> None:
    """Write `rows` charges of three months to `path` in order of time, a FOCUS 1.0 bill as CSV."""
    _copy(_BILL.format(rows=rows), path, "format csv, header")


def _copy(select: str, path: Path, options: str) -> None:
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'").fetchall()
        con.execute(f"copy ({select}) to '{path}' ({options})").fetchall()
