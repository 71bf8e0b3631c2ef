-- Latency histograms by grain: how many responses fell into each logarithmic bucket. Bucket b holds
-- values v with base^(b-1) < v <= base^b; bucket -32768 holds zero
-- and those at the ends hold what no clock measures.
with answered as (
    select
        {key} as grain_key,
        {day} as day,
        latency_ms,
        ttft_ms
    from {attempts} as attempts
    where {counted} and is_generation and is_final and status = 'ok'
)

select
    grain_key,
    day,
    measure,
    case
        when value > 0 then cast(greatest(-32767, least(32767, ceil(ln(value) / ln({base})))) as smallint)
        else cast(-32768 as smallint)
    end as bucket,
    cast(count(*) as bigint) as responses
from (
    select grain_key, day, 'latency_ms' as measure, latency_ms as value
    from answered
    where latency_ms is not null
    union all
    select grain_key, day, 'ttft_ms' as measure, ttft_ms as value
    from answered
    where ttft_ms is not null
) as timings
group by all
