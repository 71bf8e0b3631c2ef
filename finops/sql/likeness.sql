-- Runs that ended in the period by the cells they lie in and how they came out: many runs are alike, and
-- what is asked of a period cannot tell them apart. `{runs}` holds every day of every run, and days after
-- the period, to see which runs went on; `{cells}` are of the period's days alone.
with each_run as (
    select
        r.source_id,
        r.workflow_run_id,
        lower(max_by(r.outcome, (r.outcome_at, r.outcome)) filter (where r.outcome is not null))
            as outcome,
        list(c.grain) filter (where c.grain is not null) as grains
    from {runs} as r
    left join {cells} as c on r.grain_key = c.grain_key
    group by r.source_id, r.workflow_run_id
    having max(r.day) >= {start} and max(r.day) < {stop}
)

select
    row_number() over () as likeness,
    *
from (
    select
        list_sort(grains) as grains,
        outcome,
        cast(count(*) as bigint) as runs
    from each_run
    where grains is not null
    group by all
) as alike
