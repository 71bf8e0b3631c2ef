-- One row per run, grain and day it was active on; a run that spans days has several. Beside its
-- last moment: the last outcome it logged.
select
    {key} as grain_key,
    {day} as day,
    source_id,
    workflow_run_id,
    max(timestamp) as last_at,
    max(timestamp) filter (where outcome is not null) as outcome_at,
    max_by(outcome, (timestamp, outcome)) filter (where outcome is not null) as outcome
from {attempts} as attempts
where {counted} and workflow_run_id is not null
group by all
