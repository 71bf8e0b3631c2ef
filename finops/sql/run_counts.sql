-- Runs that ended in the period, by group. A run is in every group its calls are in; of time it is
-- only in the part it ended in. `{ends}` holds every day of every run, and days after the period, to
-- see which runs went on and how they came out. The last row counts every run once.
with ended as (
    select
        source_id,
        workflow_run_id,
        lower(max_by(outcome, (outcome_at, outcome)) filter (where outcome is not null)) as outcome
    from {ends}
    group by source_id, workflow_run_id
    having max(day) >= {start} and max(day) < {stop}
),

grains as (
    select distinct
        {columns}
        grain_key
    from {grains}
    where {counted}
),

pieces as (
    select
        {carried}
        r.source_id as run_source,
        r.workflow_run_id,
        e.outcome,
        max(r.day) as day,
        date_trunc('hour', max(r.last_at)) as hour
    from {runs} as r
    inner join grains as g on r.grain_key = g.grain_key
    inner join ended as e on r.source_id = e.source_id and r.workflow_run_id = e.workflow_run_id
    where r.day >= {start} and r.day < {stop}
    group by all
),

keyed as (
    select
        {keys}
        run_source,
        workflow_run_id,
        outcome
    from pieces
)

select
    {names}
    false as is_total,
    cast(count(*) as bigint) as runs,
    cast(count(outcome) as bigint) as runs_with_outcome,
    cast(count(*) filter (where outcome in ({success})) as bigint) as successful_runs
from keyed
group by all
union all
select
    {blanks}
    true as is_total,
    cast(count(*) as bigint) as runs,
    cast(count(outcome) as bigint) as runs_with_outcome,
    cast(count(*) filter (where outcome in ({success})) as bigint) as successful_runs
from (
    select distinct run_source, workflow_run_id, outcome
    from keyed
) as every_run
