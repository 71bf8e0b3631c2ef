-- What every run cost in each workflow its calls are in, and when it was last active there.
select
    r.workflow,
    r.source_id,
    r.workflow_run_id,
    sum({cost}) as cost,
    max(r.last_at) as last_at
from run_tokens as r
inner join settled_rates as g on {same}
where r.day >= {start} and r.day < {stop}
group by r.workflow, r.source_id, r.workflow_run_id
