-- What a sample of an accelerator says: when, for how long (ms), in which pool, whose work, how active.
select
    device_uuid,
    coalesce(mig_profile, '') as slice,
    timestamp,
    day,
    cast(floor(least(interval_s, 86400) * 1000 + 0.5) as bigint) as ms,
    {pool} as pool,
    node,
    device_model,
    job_id as job,
    coalesce(
        workload,
        case when pod is not null then coalesce(namespace || '/', '') || pod end
    ) as work,
    coalesce(gr_engine_active, gpu_util, sm_active) as active
from {samples} as samples
