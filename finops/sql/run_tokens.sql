-- What decides the cost of every run: tokens and drivers by run, grain and price, with its span and last
-- outcome. Nearly as many rows as there are requests, so it is made when runs are asked about only.
select
    {key} as grain_key,
    day,
    workflow,
    source_id,
    workflow_run_id,
    context_from,
    minute_from,
    served_by,
    served_key,
    min(timestamp) as first_at,
    max(timestamp) as last_at,
    max(timestamp) filter (where outcome is not null) as outcome_at,
    max_by(outcome, (timestamp, outcome)) filter (where outcome is not null) as outcome,
    cast(count(*) filter (where is_generation) as bigint) as attempts,
    cast(
        count(*) filter (where is_generation and is_final and status <> 'ok') as bigint
    ) as failures,
    cast(count(*) filter (where is_generation and is_final) as bigint) as requests,
    cast(count(*) filter (where operation = 'retrieval') as bigint) as retrievals,
    {tokens},
    cast(count(*) as bigint) as served_rows,
    cast(coalesce(sum(bytes_in), 0) + coalesce(sum(bytes_out), 0) as bigint) as bytes_moved
from {attempts} as attempts
where {counted} and workflow_run_id is not null
group by all
