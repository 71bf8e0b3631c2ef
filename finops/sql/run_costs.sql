-- What runs that ended in the period cost, by group: nearest-rank percentiles of exact amounts. A run's
-- cost in a group is that of its attempts there, inside the period (`run_pieces`).
with ended as (
    select
        source_id,
        workflow_run_id
    from {ends}
    group by source_id, workflow_run_id
    having max(day) >= {start} and max(day) < {stop}
),

pieces as (
    select
        {timeless}
        p.run_source,
        p.workflow_run_id,
        max(p.day) as day,
        date_trunc('hour', max(p.last_at)) as hour,
        sum(p.cost) as cost
    from ({pieces}) as p
    inner join ended as e
        on p.run_source = e.source_id and p.workflow_run_id = e.workflow_run_id
    group by all
),

keyed as (
    select
        {keys}
        run_source,
        workflow_run_id,
        sum(cost) as cost
    from pieces
    group by all
),

ranked as (
    select
        {names}
        cost,
        row_number() over ({partition} order by cost) as place,
        count(*) over ({partition}) as runs
    from keyed
)

select
    {names}
    min(cost) filter (where place >= ceil(0.50 * runs)) as p50,
    min(cost) filter (where place >= ceil(0.95 * runs)) as p95
from ranked
{grouping}
