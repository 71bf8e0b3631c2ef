-- What one token of each kind, one request, attempt, byte and retrieval costs in all, for everything that
-- can tell the price of a run's pieces apart: metered, shared and capacity's rates together.
select
    c.grain,
    p.*,
    {rates},
    cast('{per_request}' as decimal(38, 24)) + coalesce(w.rate, 0) + coalesce(k.seat, 0)
        as request_rate,
    {row_rate} as row_rate,
    {unpriced}
from (
    select distinct
        grain_key,
        context_from,
        minute_from,
        served_by,
        served_key
    from {cells}
    where {days}
) as p
inner join settled_cells as c on p.grain_key = c.grain_key
inner join unit_rates as r on {same_price}
left join capacity_rates as k
    on
        p.served_by = k.of_pool
        and p.served_key is not distinct from k.of_key
        and c.day >= k.from_day
        and c.day < k.until_day
left join workflow_rates as w on c.workflow is not distinct from w.of_workflow
