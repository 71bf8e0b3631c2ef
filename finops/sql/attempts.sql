-- One row per attempt, with what the other attempts of its call tell:
--   is_final     it ended its call
--   call_status  how the call ended
--   judged       how a response did against its objective: met, missed, unknown; null without one
--   served_by    the capacity pool that paid for it; served_key tells apart inside the pool
--   fate         what became of the call's cost, first match: cancelled, failed, retried, slo_miss, ok
-- `{later}` holds the last attempt of every call that has several.
with called as (
    select
        r.*,
        coalesce(l.last_attempt, r.attempt) <= r.attempt as is_final,
        case
            when coalesce(l.last_attempt, r.attempt) > r.attempt then l.last_status
            else r.status
        end as call_status,
        r.operation in ({generation}) as is_generation
    from {requests} as r
    left join {later} as l
        on
            r.source_id = l.source_id
            and r.call_id = l.call_id
            and r.day = l.anchor
),

answered as (
    select
        *,
        case when is_generation and is_final and status = 'ok' then {judged} end as judged,
        {served_by} as served_by
    from called
)

select
    *,
    {served_key} as served_key,
    case
        when call_status = 'cancelled' then 'cancelled'
        when call_status <> 'ok' then 'failed'
        when not is_final then 'retried'
        when judged = 'missed' then 'slo_miss'
        else 'ok'
    end as fate,
    {input} as input_tokens,
    {context_from} as context_from,
    {minute_from} as minute_from
from answered
