-- Runs of the calls a filter lets through (`settled_rated`), and the number they are put in order by. A
-- price is looked up once for each cell of the roll-up; a run's pieces only multiply.
select
    r.source_id,
    r.workflow_run_id,
    {rank} as rank
from run_tokens as r
inner join settled_rated as g on {same}
where r.day >= {start} and r.day < {stop} and {workflows}
group by r.source_id, r.workflow_run_id
