-- Device time where no device is partitioned and none is told of twice: the same as device_time.sql in one pass.
-- Where `is_odd` holds of any row that is not so, and device_time.sql is to be asked.
with sampled as (
    {sampled}
),

beside as (
    select
        *,
        28 as weight,
        lead(timestamp) over (partition by device_uuid order by timestamp) as next_at
    from sampled
)

select
    day,
    hour,
    pool,
    node,
    job,
    work,
    is_held,
    parts,
    busy,
    unmeasured,
    slice <> '' or coalesce(next_at = timestamp, false) as is_odd
from ({spent}) as spent
