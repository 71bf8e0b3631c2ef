-- Device time of devices sampled evenly: the same as device_time.sql, and no sample is put in order. A row for each
-- device, holder, hour and stretch of 60 intervals; `told` has a bit for each interval of the stretch.
-- A device is even where device_uneven.sql does not name it: no interval of its reaches into another.
with sampled as (
    {sampled}
),

beside as (
    select
        *,
        28 as weight,
        cast(null as timestamptz) as next_at,
        epoch_us(timestamp) as begins,
        nullif(ms * 1000, 0) as step
    from sampled
)

select
    device_uuid,
    day,
    hour,
    pool,
    node,
    job,
    work,
    is_held,
    begins // step // 60 as stretch,
    cast(sum(parts) as bigint) as parts,
    cast(sum(busy) as bigint) as busy,
    cast(sum(unmeasured) as bigint) as unmeasured,
    count(*) as samples,
    bit_or(cast(1 as bigint) << cast(abs(begins // step % 60) as bigint)) as told,
    min(begins % step) as first_phase,
    max(begins % step) as last_phase,
    min(ms) as shortest,
    max(ms) as longest,
    max(begins + step) as ends,
    max(slice) as slice
from ({spent}) as spent
group by all
