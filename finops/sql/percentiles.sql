-- Nearest-rank percentiles of responses' latency and time to first token, from histograms: the first
-- bucket at which that share of the responses is reached.
with grains as (
    select distinct
        {columns}
        grain_key
    from {grains}
    where {counted}
),

buckets as (
    select
        {carried}
        l.day,
        l.measure,
        l.bucket,
        l.responses
    from {latency} as l
    inner join grains as g on l.grain_key = g.grain_key
    where l.day >= {start} and l.day < {stop}
),

counted as (
    select
        {keys}
        measure,
        bucket,
        sum(responses) as responses
    from buckets
    group by all
),

cumulated as (
    select
        *,
        sum(responses) over (partition by {names} measure order by bucket) as reached,
        sum(responses) over (partition by {names} measure) as everything
    from counted
)

select
    {names}
    measure,
    min(bucket) filter (where reached >= ceil(0.50 * everything)) as p50,
    min(bucket) filter (where reached >= ceil(0.95 * everything)) as p95,
    min(bucket) filter (where reached >= ceil(0.99 * everything)) as p99
from cumulated
group by {names} measure
