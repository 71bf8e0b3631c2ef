-- Devices that may have been told of a moment twice: those whose samples (device_even.sql) are of several lengths or
-- phases, tell of one moment twice, cover a slice, or are followed (`{after}`) before the last of them ends.
with stretches as (
    select
        device_uuid,
        sum(samples) = bit_count(bit_or(told)) as is_once,
        min(first_phase) as first_phase,
        max(last_phase) as last_phase,
        min(shortest) as shortest,
        max(longest) as longest,
        max(ends) as ends,
        max(slice) as slice
    from {even}
    group by device_uuid, stretch
),

devices as (
    select
        device_uuid,
        coalesce(bool_and(is_once), false)
        and min(first_phase) = max(last_phase)
        and min(shortest) = max(longest)
        and max(slice) = '' as is_even,
        max(ends) as ends
    from stretches
    group by device_uuid
)

select device_uuid
from devices
where not coalesce(is_even, false)
union
select d.device_uuid
from devices as d
inner join ({after}) as a on d.device_uuid = a.device_uuid
where epoch_us(a.timestamp) < d.ends
