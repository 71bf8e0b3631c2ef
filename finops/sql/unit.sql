-- Cells, summed by group, price and fate, times their rates: the cost of each group and what it is
-- made of. Amounts are DECIMAL(38,24): a count times a rate is exact, and so is every sum.
with summed as (
    select
        {keys}
        {prices},
        fate,
        is_generation,
        w.rate as workflow_rate,
        {measures}
    from {cells} as c
    left join workflow_rates as w on c.workflow is not distinct from w.of_workflow
    where {days} and {counted}
    group by all
),

priced as (
    select
        s.*,
        {metered} as metered,
        {listed} as listed,
        {unpriced} as unpriced,
        {cache_writes} as cache_writes,
        {cost_shares}
        + s.requests * cast('{per_request}' as decimal(38, 24))
        + s.requests * coalesce(s.workflow_rate, 0)
        + ({tokens}) * cast('{per_token}' as decimal(38, 24))
        + s.bytes_moved * cast('{per_byte}' as decimal(38, 24)) as shares,
        s.retrievals * cast('{per_retrieval}' as decimal(38, 24)) as retrieved,
        r.uncached_input_billed + r.uncached_input_list as input_rate,
        r.cache_read_billed + r.cache_read_list as cached_rate,
        s.output_tokens * (r.output_billed + r.output_list) as written,
        s.fate = 'ok' as is_ok,
        s.fate = 'ok' and s.is_generation as is_answer
    from summed as s
    inner join unit_rates as r on {same_price}
)

select
    {names}
    {sums},
    sum(
        (uncached_input_tokens - resent_uncached_tokens) * input_rate + cache_writes
    ) filter (where is_answer) as tokens_input,
    sum((cache_read_tokens - resent_cache_read_tokens) * cached_rate)
        filter (where is_answer) as tokens_cached,
    sum(written) filter (where is_answer) as tokens_output,
    sum(resent_uncached_tokens * input_rate + resent_cache_read_tokens * cached_rate)
        filter (where is_answer) as context_growth,
    sum(retrieved + case when is_generation then 0 else metered end)
        filter (where is_ok) as retrieval,
    sum(shares) filter (where is_ok) as shared,
    sum(metered + shares + retrieved) filter (where fate = 'failed') as failed,
    sum(metered + shares + retrieved) filter (where fate = 'retried') as retried,
    sum(metered + shares + retrieved) filter (where fate = 'slo_miss') as slo_miss,
    sum(metered + shares + retrieved) filter (where fate = 'cancelled') as cancelled,
    sum(listed) as list_cost,
    sum(unpriced) as unpriced_tokens
from priced
{grouping}
