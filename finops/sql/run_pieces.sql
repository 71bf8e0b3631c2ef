-- What each row of a run's tokens costs, in the groups of a question: attempts of the period that pass its
-- filter. A price is looked up once for each grain; every run then only multiplies.
with cut as (
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
)

select
    {carried}
    r.source_id as run_source,
    r.workflow_run_id,
    r.day,
    r.last_at,
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
    + r.retrievals * cast('{per_retrieval}' as decimal(38, 24)) as cost
from {runs} as r
inner join grains as g
    on
        r.grain_key = g.grain_key
        and r.context_from = g.context_from
        and r.minute_from = g.minute_from
        and r.served_by is not distinct from g.served_by
        and r.served_key is not distinct from g.served_key
where r.day >= {start} and r.day < {stop}
