-- What runs that ended in the period cost, by group: nearest-rank percentiles of exact amounts. A run's
-- cost in a group is that of its attempts there, inside the period. A price is looked up once for each
-- grain; every run then only multiplies.
with ended as (
    select
        source_id,
        workflow_run_id
    from {ends}
    group by source_id, workflow_run_id
    having max(day) >= {start} and max(day) < {stop}
),

cut as (
    select distinct
        {columns}
        grain_key,
        workflow,
        served_key,
        {prices}
    from {grains}
    where day >= {start} and day < {stop} and {counted}
),

grains as (
    select
        {cut}
        c.grain_key,
        c.context_from,
        c.minute_from,
        c.served_by,
        c.served_key,
        {rates},
        {capacity_rates},
        w.rate as workflow_rate
    from cut as c
    inner join unit_rates as r on {same_price}
    left join capacity_rates as k
        on
            c.served_by = k.of_pool
            and c.served_key is not distinct from k.of_key
            and c.day >= k.from_day
            and c.day < k.until_day
    left join workflow_rates as w on c.workflow is not distinct from w.of_workflow
),

pieces as (
    select
        {carried}
        r.source_id as run_source,
        r.workflow_run_id,
        max(r.day) as day,
        date_trunc('hour', max(r.last_at)) as hour,
        sum(
            {metered}
            + {capacity}
            + r.requests
            * (
                cast('{per_request}' as decimal(38, 24))
                + coalesce(g.workflow_rate, 0)
                + coalesce(g.seat, 0)
            )
            + ({token_count}) * cast('{per_token}' as decimal(38, 24))
            + r.bytes_moved * cast('{per_byte}' as decimal(38, 24))
            + r.retrievals * cast('{per_retrieval}' as decimal(38, 24))
        ) as cost
    from {runs} as r
    inner join grains as g
        on
            r.grain_key = g.grain_key
            and r.context_from = g.context_from
            and r.minute_from = g.minute_from
            and r.served_by is not distinct from g.served_by
            and r.served_key is not distinct from g.served_key
    inner join ended as e on r.source_id = e.source_id and r.workflow_run_id = e.workflow_run_id
    where r.day >= {start} and r.day < {stop}
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
