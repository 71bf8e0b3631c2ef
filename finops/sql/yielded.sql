-- Rows that give way to a row of a source that is believed more, and which row that is.
select
    p.source_id,
    p.request_id,
    p.attempt,
    p.day,
    p.other_source as believed_source,
    p.other_request_id as believed_id,
    p.other_attempt as believed_attempt,
    p.other_day as believed_day,
    r.timestamp,
    g.rank
from read_parquet([{pairs}]) as p
inner join {requests} as r
    on
        p.source_id = r.source_id
        and p.request_id = r.request_id
        and p.attempt = r.attempt
        and p.day = r.day
inner join giving_way as g
    on
        strftime(r.day, '%Y-%m') = g.month
        and r.provider is not distinct from g.provider
        and (g.any_project or r.project = g.project)
        and p.source_id = g.source_id
where list_contains(g.yields_to, p.other_source)
