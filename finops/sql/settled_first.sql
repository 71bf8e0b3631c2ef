-- The first runs by a number that is summed up already, of each workflow: where they stand, and of how many.
-- A bound is found first, so that only what can be among them is put in order.
with bounds as (
    select
        workflow,
        cast(count(*) as bigint) as everything,
        max({rank}, {most}) as highest
    from {sums}
    group by workflow
)

select
    s.workflow,
    s.source_id,
    s.workflow_run_id,
    b.everything,
    row_number() over (
        partition by s.workflow
        order by s.{rank} desc, s.source_id, s.workflow_run_id
    ) as place
from {sums} as s
inner join bounds as b on s.workflow is not distinct from b.workflow
where s.{rank} >= list_min(b.highest)
qualify place <= {most}
