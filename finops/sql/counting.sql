-- Requests as they count: without what gives way to another log, completed by what that said of the
-- same attempt. A row takes from the earliest row of each source, sources in the order of their rank.
with nearest as (
    select
        *,
        row_number() over (
            partition by believed_source, believed_id, believed_attempt, believed_day, source_id
            order by timestamp, request_id, attempt
        ) as turn
    from yielded
),

first_of_each as (
    select
        *,
        row_number() over (
            partition by believed_source, believed_id, believed_attempt, believed_day
            order by rank, source_id
        ) as place
    from nearest
    where turn = 1
),

completing as (
    select
        f.believed_source,
        f.believed_id,
        f.believed_attempt,
        f.believed_day,
        f.place,
        {carried}
    from first_of_each as f
    inner join {requests} as s
        on
            f.source_id = s.source_id
            and f.request_id = s.request_id
            and f.attempt = s.attempt
            and f.day = s.day
)

select
    {columns}
from {requests} as r
{joins}
where
    not exists (
        select 1
        from giving_way as g
        where
            g.is_whole
            and g.source_id = r.source_id
            and strftime(r.day, '%Y-%m') = g.month
            and r.provider is not distinct from g.provider
            and (g.any_project or r.project = g.project)
    )
    and not exists (
        select 1
        from yielded as y
        where
            y.source_id = r.source_id
            and y.request_id = r.request_id
            and y.attempt = r.attempt
            and y.day = r.day
    )
