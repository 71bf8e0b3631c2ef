-- Runs by what they cost, of the calls a filter lets through. A price is looked up once for each cell of
-- the roll-up; a run's pieces only multiply. Runs are put in order by one number, and only those listed are
-- read in full.
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

listed as (
    select
        r.source_id,
        r.workflow_run_id,
        {rank} as rank,
        cast(count(*) over () as bigint) as everything
    from run_tokens as r
    inner join rated as g on {same}
    where r.day >= {start} and r.day < {stop} and {workflows}
    group by r.source_id, r.workflow_run_id
    order by rank {direction}, r.source_id, r.workflow_run_id
    limit {limit} offset {offset}
)

select
    r.source_id,
    r.workflow_run_id,
    min(r.first_at) as first_at,
    max(r.last_at) as last_at,
    max_by(r.outcome, (r.outcome_at, r.outcome)) filter (where r.outcome is not null) as outcome,
    {counts},
    sum({cost}) as cost,
    cast(sum({unpriced}) as bigint) as unpriced_tokens,
    any_value(l.everything) as everything
from run_tokens as r
inner join listed as l
    on r.source_id = l.source_id and r.workflow_run_id = l.workflow_run_id
inner join rated as g on {same}
where r.day >= {start} and r.day < {stop} and {workflows}
group by r.source_id, r.workflow_run_id
order by any_value(l.rank) {direction}, r.source_id, r.workflow_run_id
