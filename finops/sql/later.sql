-- For calls of several attempts: the last one, as seen from the day of each attempt. A later attempt
-- counts for its own UTC day and the day before, so that a day's numbers depend on the files of that
-- day and its neighbours and on nothing else.
select
    source_id,
    call_id,
    anchor,
    max(attempt) as last_attempt,
    max_by(status, (attempt, timestamp, request_id)) as last_status
from (
    select source_id, call_id, attempt, timestamp, request_id, status, day as anchor
    from {requests}
    where attempt > 1
    union all
    select
        source_id,
        call_id,
        attempt,
        timestamp,
        request_id,
        status,
        cast(day - interval 1 day as date) as anchor
    from {requests}
    where attempt > 1
) as seen
group by source_id, call_id, anchor
