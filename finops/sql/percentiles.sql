-- Nearest-rank percentiles of responses' latency and time to first token, from histograms, by group and
-- of everything: the first bucket at which that share of the responses is reached. `mark` is a bucket and
-- its measure in one number; groups are numbers, too, while millions of rows are summed, and get their
-- names back at the end.
with asked as (
    select distinct
        {keys}
        {grain} as grain
    from {cells} as cells
    where {counted}
),

groups as (
    select
        {names}
        cast(row_number() over (order by {names} asked) as integer) as number
    from (select distinct {names} true as asked from asked) as found
),

numbered as (
    select
        a.grain,
        g.number
    from asked as a
    inner join groups as g on {same}
),

counted as (
    select
        n.number,
        l.mark,
        sum(l.responses) as responses
    from {latency} as l
    inner join numbered as n on l.grain = n.grain
    group by n.number, l.mark
),

every as (
    select * from counted
    union all
    select
        0 as number,
        mark,
        sum(responses) as responses
    from counted
    group by mark
),

told as (
    select
        number,
        {is_latency} as is_latency,
        mark,
        responses
    from every
),

whole as (
    select
        number,
        is_latency,
        sum(responses) as everything
    from told
    group by number, is_latency
),

cumulated as (
    select
        number,
        is_latency,
        mark,
        sum(responses) over (partition by number, is_latency order by mark) as reached
    from told
),

ranked as (
    select
        c.number,
        c.is_latency,
        min(c.mark) filter (where c.reached >= ceil(0.50 * w.everything)) as p50,
        min(c.mark) filter (where c.reached >= ceil(0.95 * w.everything)) as p95,
        min(c.mark) filter (where c.reached >= ceil(0.99 * w.everything)) as p99
    from cumulated as c
    inner join whole as w on c.number = w.number and c.is_latency = w.is_latency
    group by c.number, c.is_latency
)

select
    {names}
    r.number = 0 as is_total,
    r.is_latency,
    r.p50,
    r.p95,
    r.p99
from ranked as r
left join groups as g on r.number = g.number
