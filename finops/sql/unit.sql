-- Cells, summed by group, price and fate, times their rates: the cost of each group and what it is
-- made of. Amounts are DECIMAL(38,24): a count times a rate is exact, and so is every sum.
with summed as (
    select
        {keys}
        {prices},
        fate,
        is_generation,
        w.rate as workflow_rate,
        k.id as capacity_id,
        cast(sum(served_rows) as bigint) as served_rows,
        {measures}
    from {cells} as c
    left join workflow_rates as w on c.workflow is not distinct from w.of_workflow
    left join capacity_rates as k
        on
            c.served_by = k.of_pool
            and c.served_key is not distinct from k.of_key
            and c.day >= k.from_day
            and c.day < k.until_day
    where {days} and {counted}
    group by all
),

priced as (
    select
        s.*,
        {metered} as metered,
        {listed} as listed,
        {unpriced}
        + case when s.served_by is not null and s.capacity_id is null then {tokens} else 0 end
            as unpriced,
        {cache_writes} as cache_writes,
        {cost_shares}
        + s.requests * cast('{per_request}' as decimal(38, 24))
        + s.requests * coalesce(s.workflow_rate, 0)
        + s.requests * coalesce(k.seat, 0)
        + ({tokens}) * cast('{per_token}' as decimal(38, 24))
        + s.bytes_moved * cast('{per_byte}' as decimal(38, 24)) as shares,
        s.retrievals * cast('{per_retrieval}' as decimal(38, 24)) as retrieved,
        r.uncached_input_billed + r.uncached_input_list as input_rate,
        r.cache_read_billed + r.cache_read_list as cached_rate,
        s.output_tokens * (r.output_billed + r.output_list) as written,
        {equivalent} as equivalent,
        {capacity_busy} as capacity_busy,
        {capacity_idle} as capacity_idle,
        {capacity_unused} as capacity_unused,
        {capacity_less} as capacity_less,
        {capacity_more} as capacity_more,
        s.fate = 'ok' as is_ok,
        s.fate = 'ok' and s.is_generation as is_answer
    from summed as s
    inner join unit_rates as r on {same_price}
    left join capacity_rates as k on s.capacity_id = k.id
),

spent as (
    select
        *,
        metered + shares + retrieved + capacity_busy + capacity_idle + capacity_unused as everything
    from priced
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
    sum(capacity_busy) filter (where is_ok) as gpu_busy,
    sum(capacity_idle) filter (where is_ok) as gpu_idle,
    sum(capacity_unused) filter (where is_ok) as commitment_unused,
    sum(shares) filter (where is_ok) as shared,
    sum(everything) filter (where fate = 'failed') as failed,
    sum(everything) filter (where fate = 'retried') as retried,
    sum(everything) filter (where fate = 'slo_miss') as slo_miss,
    sum(everything) filter (where fate = 'cancelled') as cancelled,
    sum(listed) as list_cost,
    cast(sum(unpriced) as bigint) as unpriced_tokens,
    sum(equivalent) as list_equivalent,
    sum(capacity_busy + capacity_idle + capacity_unused) as capacity_cost,
    sum(capacity_less) as capacity_less,
    sum(capacity_more) as capacity_more
from spent
{grouping}
