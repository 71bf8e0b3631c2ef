-- Runs by what they cost, of the calls a filter lets through. A price is looked up once for each cell of
-- the roll-up; a run's pieces only multiply.
with asked as (
    select grain
    from settled_cells
    where {counted}
),

rated as (
    select g.*
    from settled_rates as g
    inner join asked as a on g.grain = a.grain
),

runs as (
    select
        r.source_id,
        r.workflow_run_id,
        min(r.first_at) as first_at,
        max(r.last_at) as last_at,
        max_by(r.outcome, (r.outcome_at, r.outcome)) filter (where r.outcome is not null) as outcome,
        {counts},
        sum({cost}) as cost,
        cast(sum({unpriced}) as bigint) as unpriced_tokens
    from run_tokens as r
    inner join rated as g
        on
            r.grain_key = g.grain_key
            and r.context_from = g.context_from
            and r.minute_from = g.minute_from
            and r.served_by is not distinct from g.served_by
            and r.served_key is not distinct from g.served_key
    where r.day >= {start} and r.day < {stop} and {workflows}
    group by r.source_id, r.workflow_run_id
)

select
    *,
    cast(count(*) over () as bigint) as everything
from runs
order by {order}, source_id, workflow_run_id
limit {limit} offset {offset}
