-- Attempts that two sources of one scope both logged: within an hour of each other and with an id in
-- common. One row per attempt and other source, in both directions; of several, the earliest.
with placed as (
    select
        s.scope,
        r.source_id,
        r.request_id,
        r.attempt,
        r.day,
        r.timestamp,
        r.call_id,
        r.trace_id,
        r.span_id,
        {response_id} as response_id
    from {requests} as r
    inner join {scopes} as s
        on
            strftime(r.day, '%Y-%m') = s.month
            and r.provider is not distinct from s.provider
            and (s.any_project or r.project = s.project)
),

named as (
    select scope, source_id, request_id, attempt, day, timestamp, 'id ' || request_id as name
    from placed
    union all
    select scope, source_id, request_id, attempt, day, timestamp, 'id ' || response_id as name
    from placed
    where response_id is not null
    union all
    select scope, source_id, request_id, attempt, day, timestamp, 'span ' || trace_id || ' ' || span_id as name
    from placed
    where trace_id is not null and span_id is not null
    union all
    select scope, source_id, request_id, attempt, day, timestamp, 'call ' || cast(attempt as varchar) || ' ' || call_id as name
    from placed
)

select
    a.scope,
    a.source_id,
    a.request_id,
    a.attempt,
    a.day,
    b.source_id as other_source,
    min_by(b.request_id, (b.timestamp, b.request_id, b.attempt)) as other_request_id,
    min_by(b.attempt, (b.timestamp, b.request_id, b.attempt)) as other_attempt,
    min_by(b.day, (b.timestamp, b.request_id, b.attempt)) as other_day
from named as a
inner join named as b on a.scope = b.scope and a.name = b.name and a.source_id <> b.source_id
where
    a.timestamp <= b.timestamp + interval 1 hour
    and b.timestamp <= a.timestamp + interval 1 hour
group by a.scope, a.source_id, a.request_id, a.attempt, a.day, b.source_id
