-- How an interval of a device (`weight` of its 28 parts, cut off at `next_at`) was spent: busy, held or idle.
select
    *,
    to_timestamp(floor(epoch(timestamp) / 3600) * 3600) as hour,
    cast(lasted * weight as bigint) as parts,
    cast(
        case
            when not is_held then 0
            when active is null then lasted * weight
            else cast(floor(lasted * active + 0.5) as bigint) * weight
        end as bigint
    ) as busy,
    cast(case when is_held and active is null then lasted * weight else 0 end as bigint)
        as unmeasured
from (
    select
        *,
        job is not null or work is not null or coalesce(active, 0) > 0 as is_held,
        case
            when next_at is null then ms
            else least(ms, (epoch_us(next_at) - epoch_us(timestamp)) // 1000)
        end as lasted
    from {intervals}
) as cut
