-- What `finops unit --by workflow,model` answers, as one statement somebody would write by hand over the
-- requests (a view of the ledger's files) and the rate cards: the fate of every attempt, context sent again, money by component,
-- distinct runs and nearest-rank quantiles.
with later as (
    select call_id, max(attempt) as last_attempt, max_by(status, attempt) as last_status
    from requests
    where attempt > 1
    group by call_id
),

attempts as (
    select
        r.*,
        coalesce(r.response_model, r.request_model) as model,
        coalesce(l.last_attempt, r.attempt) <= r.attempt as is_final,
        coalesce(l.last_status, r.status) as call_status,
        coalesce(uncached_input_tokens, 0) + coalesce(cache_read_tokens, 0)
        + coalesce(cache_write_5m_tokens, 0) + coalesce(cache_write_30m_tokens, 0)
        + coalesce(cache_write_1h_tokens, 0) + coalesce(cache_write_12h_tokens, 0)
        + coalesce(cache_write_unknown_tokens, 0) as input_tokens
    from requests as r
    left join later as l on r.call_id = l.call_id
),

chained as (
    select
        *,
        case
            when is_final and workflow_run_id is not null
                then lag(input_tokens) over (
                    partition by workflow_run_id, agent, is_final
                    order by timestamp, request_id
                )
        end as previous_input,
        case
            when call_status = 'cancelled' then 'cancelled'
            when call_status <> 'ok' then 'failed'
            when not is_final then 'retried'
            else 'ok'
        end as fate
    from attempts
),

priced as (
    select
        a.*,
        coalesce(a.uncached_input_tokens, 0) * c.uncached_input_rate
        + coalesce(a.cache_write_5m_tokens, 0) * c.cache_write_5m_rate
        + coalesce(a.cache_write_30m_tokens, 0) * c.cache_write_30m_rate
        + coalesce(a.cache_write_1h_tokens, 0) * c.cache_write_1h_rate
        + coalesce(a.cache_write_12h_tokens, 0) * c.cache_write_12h_rate
        + coalesce(a.cache_write_unknown_tokens, 0) * c.cache_write_unknown_rate as input_cost,
        coalesce(a.cache_read_tokens, 0) * c.cache_read_rate as cached_cost,
        coalesce(a.output_tokens, 0) * c.output_rate as output_cost,
        least(previous_input, coalesce(cache_read_tokens, 0)) * c.cache_read_rate
        + least(
            least(previous_input, input_tokens)
            - least(previous_input, coalesce(cache_read_tokens, 0)),
            coalesce(uncached_input_tokens, 0)
        ) * c.uncached_input_rate as growth_cost
    from chained as a
    left join rate_cards as c
        on
            a.provider is not distinct from c.provider
            and a.model is not distinct from c.model
            and a.service_tier is not distinct from c.service_tier
            and a.batch is not distinct from c.batch
            and a.speed is not distinct from c.speed
            and a.inference_geo is not distinct from c.inference_geo
            and (c.valid_from is null or c.valid_from <= a.timestamp)
            and (c.valid_to is null or a.timestamp < c.valid_to)
            and c.minute_from <= extract(hour from a.timestamp) * 60 + extract(minute from a.timestamp)
            and c.minute_to > extract(hour from a.timestamp) * 60 + extract(minute from a.timestamp)
            and c.context_from <= a.input_tokens
            and (c.context_to is null or a.input_tokens < c.context_to)
)

select
    workflow,
    model,
    count(*) as attempts,
    count(*) filter (where is_final) as requests,
    count(*) filter (where is_final and status = 'ok') as responses,
    count(distinct workflow_run_id) as runs,
    sum(uncached_input_tokens) as uncached_input_tokens,
    sum(cache_read_tokens) as cache_read_tokens,
    sum(cache_write_5m_tokens) as cache_write_5m_tokens,
    sum(cache_write_30m_tokens) as cache_write_30m_tokens,
    sum(cache_write_1h_tokens) as cache_write_1h_tokens,
    sum(cache_write_12h_tokens) as cache_write_12h_tokens,
    sum(cache_write_unknown_tokens) as cache_write_unknown_tokens,
    sum(output_tokens) as output_tokens,
    sum(input_cost + cached_cost + output_cost) as cost,
    sum(input_cost) filter (where fate = 'ok') as tokens_input,
    sum(cached_cost) filter (where fate = 'ok') as tokens_cached,
    sum(output_cost) filter (where fate = 'ok') as tokens_output,
    sum(growth_cost) filter (where fate = 'ok') as context_growth,
    sum(input_cost + cached_cost + output_cost) filter (where fate = 'failed') as failed,
    sum(input_cost + cached_cost + output_cost) filter (where fate = 'retried') as retried,
    sum(input_cost + cached_cost + output_cost) filter (where fate = 'cancelled') as cancelled,
    quantile_disc(latency_ms, [0.5, 0.95, 0.99]) filter (where is_final and status = 'ok')
        as latency_ms,
    quantile_disc(ttft_ms, [0.5, 0.95, 0.99]) filter (where is_final and status = 'ok') as ttft_ms,
    count(*) filter (where status in ('error', 'timeout', 'blocked')) / count(*) as error_rate,
    count(*) filter (where not is_final) / count(*) as retry_rate,
    sum(cache_read_tokens) / nullif(sum(input_tokens), 0) as cache_hit_rate
from priced
group by workflow, model
