-- A month of a company, made row by row from numbers: the same numbers, the same rows.
-- name: requests
with numbers as (
    select
        i,
        i // 7 as run,
        i % 50 = 49 as is_retry,
        i % 50 = 48 as is_retried,
        cast(hash(i) % 100000 as bigint) as h1,
        cast(hash(i + 7919) % 100000 as bigint) as h2,
        cast(hash(i + 104729) % 100000 as bigint) as h3
    from range({from_row}, {to_row}) as t(i)
),

mixed as (
    select *, (run * 7919) % 100 as pick from numbers
),

placed as (
    select
        *,
        case
            when pick < 25 then 'gpt-4o-2024-08-06'
            when pick < 45 then 'claude-sonnet-4-5-20250929'
            when pick < 55 then 'gpt-4.1'
            else 'house-llm-70b'
        end as model,
        case
            when pick < 45 then null
            when pick < 55 then 'units'
            when pick < 80 then 'serving-eu'
            else 'serving-us'
        end as pool
    from mixed
)

select
    timestamptz '{month}-01' + to_microseconds(cast(i * {step} as bigint)) as timestamp,
    '{month}-' || lpad(cast(i as varchar), 9, '0') as request_id,
    '{month}-' || lpad(cast(case when is_retry then i - 1 else i end as varchar), 9, '0') as call_id,
    '{month}-run-' || lpad(cast(run as varchar), 8, '0') as workflow_run_id,
    'chat' as operation,
    case
        when model like 'gpt%' then 'openai'
        when model like 'claude%' then 'anthropic'
        else 'vllm'
    end as provider,
    model as request_model,
    model as response_model,
    'workflow-' || lpad(cast(run % 12 as varchar), 2, '0') as workflow,
    'agent-' || cast(i % 5 as varchar) as agent,
    'feature-' || cast(run % 24 as varchar) as feature,
    'team-' || cast(run % 6 as varchar) as team,
    case when run % 10 = 0 then 'staging' else 'production' end as environment,
    case when run % 3 = 0 then 'eu-west-1' else 'us-east-1' end as region,
    case when is_retry then 2 else 1 end as attempt,
    case when is_retried then 'error' when i % 331 = 0 then 'timeout' else 'ok' end as status,
    100 + h1 % 6000 as uncached_input_tokens,
    case when h2 % 3 = 0 then 0 else h2 % 9000 end as cache_read_tokens,
    case when is_retried then 0 else 20 + h3 % 900 end as output_tokens,
    cast(300 + h1 % 4000 + h3 % 900 as double) as latency_ms,
    case when not is_retried then cast(60 + h1 % 240 as double) end as ttft_ms,
    cast(h2 % 50 as double) as queue_ms,
    pool,
    case when pool like 'serving%' then pool || '-' || cast(run % 4 as varchar) end as deployment,
    'gateway' as source_id,
    cast(timestamptz '{month}-01' + to_microseconds(cast(i * {step} as bigint)) as date) as day
from placed
-- name: gpu_samples
with devices as (
    select
        d,
        d // 8 as node,
        case
            when d < {gpus} * 16 // 100 then 'serving-eu'
            when d < {gpus} * 32 // 100 then 'serving-us'
            when d < {gpus} * 90 // 100 then 'training'
            else 'lab'
        end as pool
    from range({gpus}) as t(d)
),

minutes as (
    select m, m // 1440 as day from range({from_day} * 1440, {to_day} * 1440) as t(m)
),

seen as (
    select
        *,
        cast(hash(d * 131071 + m) % 100 as bigint) as h,
        cast(hash(node * 8191 + m // 2880) % 10 as bigint) as shift
    from minutes cross join devices
)

select
    timestamptz '{month}-01' + to_minutes(m) as timestamp,
    60.0 as interval_s,
    'main' as cluster,
    'node-' || lpad(cast(node as varchar), 4, '0') as node,
    'GPU-' || lpad(cast(d as varchar), 6, '0') as device_uuid,
    'NVIDIA H100 80GB HBM3' as device_model,
    pool,
    case when pool like 'serving%' then pool || '-' || cast(d % 4 as varchar) end as workload,
    case when pool = 'training' and shift > 0
        then 'job-' || cast(node // 4 as varchar) || '-' || cast(m // 2880 as varchar) end as job_id,
    case when pool like 'serving%' then h / 100.0 when pool = 'training' and shift > 0
        then 0.7 + (h % 30) / 100.0 else 0.0 end as gr_engine_active,
    cast(250 + 4 * h as double) as power_w,
    'dcgm' as source_id,
    cast(timestamptz '{month}-01' + to_minutes(m) as date) as day
from seen
-- name: capacity
select
    cast('2.5' as decimal(38, 24)) * 8 * 24 as amount,
    'Nodes ' || case
        when n * 8 < {gpus} * 16 // 100 then 'serving-eu'
        when n * 8 < {gpus} * 32 // 100 then 'serving-us'
        when n * 8 < {gpus} * 90 // 100 then 'training'
        else 'lab'
    end as service,
    'node-' || lpad(cast(n as varchar), 4, '0') as resource,
    24 as hours,
    t.day
from range({gpus} // 8) as nodes(n) cross join range({days}) as t(day)
