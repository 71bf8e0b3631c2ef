-- What decides the cost of every run: tokens and drivers by run, grain and price. Nearly as many rows
-- as there are requests, so it is made when asked for and not kept.
select
    {key} as grain_key,
    day,
    source_id,
    workflow_run_id,
    context_from,
    minute_from,
    served_by,
    served_key,
    max(timestamp) as last_at,
    cast(count(*) filter (where is_generation and is_final) as bigint) as requests,
    cast(count(*) filter (where operation = 'retrieval') as bigint) as retrievals,
    {tokens},
    cast(count(*) as bigint) as served_rows,
    cast(coalesce(sum(bytes_in), 0) + coalesce(sum(bytes_out), 0) as bigint) as bytes_moved
from {attempts} as attempts
where {counted} and workflow_run_id is not null
group by all
