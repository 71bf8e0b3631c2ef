-- What there is to say of the runs that are listed, of the calls a filter lets through. Several lists can be
-- asked at once: each has a key then, and says whether a run's calls of all workflows count or of one.
with listed as ({listed})

select
    {list_key}
    r.source_id,
    r.workflow_run_id,
    min(r.first_at) as first_at,
    max(r.last_at) as last_at,
    max(r.outcome_at) filter (where r.outcome is not null) as outcome_at,
    max_by(r.outcome, (r.outcome_at, r.outcome)) filter (where r.outcome is not null) as outcome,
    {counts},
    sum({cost}) as cost,
    cast(sum({unpriced}) as bigint) as unpriced_tokens,
    any_value(l.place) as place,
    any_value(l.everything) as everything
from run_tokens as r
inner join listed as l
    on r.source_id = l.source_id and r.workflow_run_id = l.workflow_run_id
        {listed_of}
inner join {rated} as g on {same}
where r.day >= {start} and r.day < {stop} and {workflows}
group by {list_key} r.source_id, r.workflow_run_id
order by place
