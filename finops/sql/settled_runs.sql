-- Runs of a settled period that ended in it, by group. Runs that lie in the very same cells and came out
-- alike are one row of `{alike}`, counted `runs` times; `{lies_in}` says which cells. A run is in every
-- group its calls are in; of time it is only in the part it ended in. The last row counts every run once.
with asked as (
    select
        {columns}
        day,
        grain
    from {cells}
    where {counted}
),

pieces as (
    select
        {carried}
        l.likeness,
        max(a.day) as day
    from {lies_in} as l
    inner join asked as a on l.grain = a.grain
    group by all
),

keyed as (
    select
        {keys}
        likeness
    from pieces
)

select
    {names}
    false as is_total,
    cast(sum(a.runs) as bigint) as runs,
    cast(coalesce(sum(a.runs) filter (where a.outcome is not null), 0) as bigint) as runs_with_outcome,
    cast(coalesce(sum(a.runs) filter (where a.outcome in ({success})), 0) as bigint) as successful_runs
from keyed as k
inner join {alike} as a on k.likeness = a.likeness
group by all
union all
select
    {blanks}
    true as is_total,
    cast(coalesce(sum(a.runs), 0) as bigint) as runs,
    cast(coalesce(sum(a.runs) filter (where a.outcome is not null), 0) as bigint) as runs_with_outcome,
    cast(coalesce(sum(a.runs) filter (where a.outcome in ({success})), 0) as bigint) as successful_runs
from (
    select distinct likeness
    from keyed
) as every
inner join {alike} as a on every.likeness = a.likeness
