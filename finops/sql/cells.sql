-- Additive measures of attempts by a grain: what a month's report sums instead of reading every
-- request again. Tokens and pricing keys stay; money is put on later, because a rate times a sum of
-- tokens is the sum of rate times tokens, to the digit. `{key}` is the hash of the grain,
-- `{cell_key}` that of a cell.
with counted as (
    select
        {grain},
        {key} as grain_key,
        fate,
        is_generation,
        context_from,
        minute_from,
        served_by,
        served_key,
        cast(count(*) filter (where is_generation) as bigint) as attempts,
        cast(count(*) filter (where is_generation and is_final) as bigint) as requests,
        cast(count(*) filter (where is_generation and is_final and status = 'ok') as bigint)
            as responses,
        cast(count(*) filter (where judged = 'met') as bigint) as good_responses,
        cast(count(*) filter (where judged = 'missed') as bigint) as slo_missed,
        cast(count(*) filter (where judged = 'unknown') as bigint) as slo_unknown,
        cast(
            count(*) filter (where is_generation and status in ('error', 'timeout', 'blocked'))
            as bigint
        ) as errors,
        cast(count(*) filter (where is_generation and not is_final) as bigint) as retries,
        cast(count(*) filter (where operation = 'retrieval') as bigint) as retrievals,
        cast(count(*) filter (where operation = 'embeddings' and is_final) as bigint)
            as embedding_calls,
        cast(count(*) filter (where operation = 'rerank' and is_final) as bigint) as rerank_calls,
        cast(coalesce(sum(cast(round(work_units * 1000000) as bigint)), 0) as bigint)
            as work_millionths,
        {tokens},
        cast(coalesce(sum(reasoning_tokens), 0) as bigint) as reasoning_tokens,
        cast(coalesce(sum(bytes_in), 0) + coalesce(sum(bytes_out), 0) as bigint) as bytes_moved,
        {served}
    from {attempts} as attempts
    where {counted}
    group by all
),

again as (
    select
        {resent_key} as cell_key,
        cast(sum(resent_cache_read_tokens) as bigint) as resent_cache_read_tokens,
        cast(sum(resent_uncached_tokens) as bigint) as resent_uncached_tokens
    from {resent} as resent
    group by {resent_key}
)

select
    c.*,
    coalesce(a.resent_cache_read_tokens, 0) as resent_cache_read_tokens,
    coalesce(a.resent_uncached_tokens, 0) as resent_uncached_tokens
from counted as c
left join again as a on c.is_generation and {cell_key} = a.cell_key
