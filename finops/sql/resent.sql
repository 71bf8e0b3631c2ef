-- Input that the call before it, same run and agent, had sent already: the growth of a run's context.
-- What is sent again is taken to be what the cache read, then what it did not. The call before is
-- looked for on the same UTC day and the one before. One row per call that sent anything again, with the
-- keys of the cells it is in.
with links as (
    select
        {carried},
        {counted} as counted,
        workflow_run_id,
        source_id,
        coalesce(agent, '') as agent_key,
        day,
        timestamp,
        request_id,
        attempt,
        input_tokens,
        coalesce(cache_read_tokens, 0) as cache_read_tokens,
        coalesce(uncached_input_tokens, 0) as uncached_input_tokens
    from {attempts} as attempts
    where is_generation and is_final and workflow_run_id is not null
),

chained as (
    select
        *,
        lag(input_tokens) over run as previous_input,
        lag(day) over run as previous_day
    from links
    window run as (
        partition by workflow_run_id, source_id, agent_key
        order by timestamp, request_id, attempt
    )
),

resent as (
    select
        *,
        least(previous_input, cache_read_tokens) as from_cache,
        least(previous_input, input_tokens) as resent_tokens
    from chained
    where
        counted
        and previous_day >= cast(day - interval 1 day as date)
        and least(previous_input, input_tokens) > 0
)

select
    {keys},
    from_cache as resent_cache_read_tokens,
    least(resent_tokens - from_cache, uncached_input_tokens) as resent_uncached_tokens
from resent
