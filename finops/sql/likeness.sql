-- Runs that ended in the period by the cells they lie in and how they came out: many runs are alike, and
-- what is asked of a period cannot tell them apart. `{ends}` holds every day of every run, and days after.
with ended as (
    select
        source_id,
        workflow_run_id,
        lower(max_by(outcome, (outcome_at, outcome)) filter (where outcome is not null)) as outcome
    from {ends}
    group by source_id, workflow_run_id
    having max(day) >= {start} and max(day) < {stop}
),

lying as (
    select
        r.source_id,
        r.workflow_run_id,
        list_sort(list(distinct c.grain)) as grains
    from {runs} as r
    inner join {cells} as c on r.grain_key = c.grain_key
    where r.day >= {start} and r.day < {stop}
    group by r.source_id, r.workflow_run_id
)

select
    row_number() over () as likeness,
    *
from (
    select
        l.grains,
        e.outcome,
        cast(count(*) as bigint) as runs
    from lying as l
    inner join ended as e on l.source_id = e.source_id and l.workflow_run_id = e.workflow_run_id
    group by all
) as alike
