-- One row per run, grain and day it was active on; a run that spans days has several. Beside its
-- span: the last outcome it logged, and what decides its cost.
select
    {key} as grain_key,
    {day} as day,
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
    cast(count(*) filter (where is_generation and is_final) as bigint) as requests,
    cast(count(*) filter (where operation = 'retrieval') as bigint) as retrievals,
    {tokens},
    cast(count(*) as bigint) as served_rows,
    cast(coalesce(sum(bytes_in), 0) + coalesce(sum(bytes_out), 0) as bigint) as bytes_moved
from {attempts} as attempts
where {counted} and workflow_run_id is not null
group by all
