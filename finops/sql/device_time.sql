-- Device time: what every sample of an accelerator says was busy, held or idle, no moment twice.
-- In parts: 28ths of a device-millisecond, so that a seventh and a quarter of a device are whole numbers.
-- What a sample says is device_samples.sql, how an interval was spent device_spent.sql.
-- Rows of one device, slice and timestamp are one; an interval ends where the next sample of the device
-- begins. What no slice of a partitioned device covers is idle and nobody's. The day is that of the start.
with sampled as (
    {sampled}
),

beside as (
    select
        *,
        lag(timestamp) over neighbours as previous_at,
        lead(timestamp) over neighbours as next_at
    from sampled
    window neighbours as (partition by device_uuid, slice order by timestamp)
),

seen as (
    select * exclude (previous_at)
    from beside
    where previous_at is distinct from timestamp and next_at is distinct from timestamp
    union all by name
    select
        device_uuid,
        slice,
        timestamp,
        day,
        max(ms) as ms,
        max(pool) as pool,
        max(node) as node,
        max(device_model) as device_model,
        max(job) as job,
        max(work) as work,
        max(active) as active,
        max(next_at) filter (where next_at > timestamp) as next_at
    from beside
    where previous_at = timestamp or next_at = timestamp
    group by device_uuid, slice, timestamp, day
),

partitioned as (
    select distinct device_uuid
    from seen
    where slice <> ''
),

whole as (
    select
        s.*,
        28 as weight
    from seen as s
    where s.device_uuid not in (select p.device_uuid from partitioned as p)
),

moments as (
    select
        device_uuid,
        timestamp,
        bool_or(slice <> '') as is_sliced,
        max(ms) as longest,
        max(node) as node,
        max(pool) as pool,
        max(day) as day
    from seen
    where device_uuid in (select p.device_uuid from partitioned as p)
    group by device_uuid, timestamp
),

ordered as (
    select
        *,
        lead(timestamp) over (partition by device_uuid order by timestamp) as next_any,
        min(case when not is_sliced then timestamp end) over (
            partition by device_uuid
            order by timestamp
            rows between 1 following and unbounded following
        ) as next_whole
    from moments
),

sliced as (
    select
        s.* exclude (next_at),
        case
            when s.slice = '' then o.next_any
            else least(coalesce(s.next_at, o.next_whole), coalesce(o.next_whole, s.next_at))
        end as next_at,
        case
            when s.slice = '' then 28
            else
                coalesce(try_cast(nullif(regexp_extract(s.slice, '([0-9]+)g[.]', 1), '') as integer), 1)
                * case
                    when s.device_model like '%A30%' or s.device_model like '%RTX PRO 6000%' then 7
                    else 4
                end
        end as weight
    from seen as s
    inner join ordered as o on s.device_uuid = o.device_uuid and s.timestamp = o.timestamp
    where s.slice <> '' or not o.is_sliced
),

spent as (
    {spent}
),

-- Slices may be sampled at different moments, so what they leave of the device is what is left in each
-- stretch between two ends of an interval, and belongs to the last moment the device was sampled at.
intervals as (
    select
        device_uuid,
        timestamp,
        epoch_us(timestamp) as starts,
        epoch_us(timestamp) + lasted * 1000 as ends,
        weight
    from spent
    where device_uuid in (select p.device_uuid from partitioned as p)
    union all
    select
        device_uuid,
        timestamp,
        epoch_us(timestamp) as starts,
        case
            when next_any is null then epoch_us(timestamp) + longest * 1000
            else
                epoch_us(timestamp)
                + least(longest, (epoch_us(next_any) - epoch_us(timestamp)) // 1000) * 1000
        end as ends,
        0 as weight
    from ordered
),

stretches as (
    select
        device_uuid,
        edge,
        max(max(timestamp)) over past as moment,
        sum(sum(running)) over past as running,
        sum(sum(weight)) over past as weight,
        lead(edge) over (partition by device_uuid order by edge) as until
    from (
        select device_uuid, timestamp, starts as edge, 1 as running, weight from intervals
        union all
        select device_uuid, null as timestamp, ends as edge, -1 as running, -weight as weight
        from intervals
    ) as ends_of_intervals
    group by device_uuid, edge
    window past as (partition by device_uuid order by edge)
),

unsliced as (
    select
        m.day,
        date_trunc('hour', m.timestamp) as hour,
        m.pool,
        m.node,
        m.device_uuid,
        sum((s.until - s.edge) * (28 - s.weight)) // 1000 as parts
    from stretches as s
    inner join moments as m on s.device_uuid = m.device_uuid and s.moment = m.timestamp
    where s.running > 0 and s.weight < 28
    group by m.day, date_trunc('hour', m.timestamp), m.pool, m.node, m.device_uuid
)

select
    day, hour, pool, node, device_uuid, job, work, is_held, parts, busy, unmeasured
from spent
union all
select
    day, hour, pool, node, device_uuid,
    cast(null as varchar) as job,
    cast(null as varchar) as work,
    false as is_held,
    cast(parts as bigint) as parts,
    0 as busy,
    0 as unmeasured
from unsliced
where parts > 0
