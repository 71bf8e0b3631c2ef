-- One row per run, grain and day it was active on; a run that spans days has several.
select
    {key} as grain_key,
    {day} as day,
    source_id,
    workflow_run_id,
    min(timestamp) as first_at,
    max(timestamp) as last_at
from {attempts} as attempts
where {counted} and workflow_run_id is not null
group by all
