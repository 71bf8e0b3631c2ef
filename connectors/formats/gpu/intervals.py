"""From readings at instants to rows over intervals: the rule every telemetry reader shares.

A reading stands for the time until the device's next one. Where readings are missing, the time is
clamped to three usual intervals, so that a day without telemetry is never called idle; the usual
interval is the median of the delivery. The last reading of a device gets the usual interval. Energy and
throttling come from counters, as the difference to the next reading; they are NULL where the counter
restarted or the interval was clamped, because the difference then belongs to another span of time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.formats.cells import literal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CLAMP", "with_intervals"]

CLAMP = 3
"""Longest interval one reading stands for, in usual intervals."""

NO_INTERVAL = "one reading only, so its interval is unknown: add --set interval_s=SECONDS"

_SQL = f"""
with spaced as (
  select *,
    nullif(epoch(lead(read_at) over device) - epoch(read_at), 0) as gap_s,
    lead(energy_counter_j) over device - energy_counter_j as energy_delta,
    lead(throttle_counter_s) over device - throttle_counter_s as throttle_delta
  from ({{readings}})
  window device as (partition by device_uuid, mig_profile, read_at is null order by read_at)
), usual as (
  select quantile_disc(gap_s, 0.5) as usual_s from spaced
), timed as (
  select spaced.*,
    case when gap_s is null then usual_s else least(gap_s, {CLAMP} * usual_s) end as interval_s,
    coalesce(gap_s <= {CLAMP} * usual_s, false) as whole
  from spaced, usual
)
select * exclude (gap_s, energy_delta, throttle_delta, energy_counter_j, throttle_counter_s, whole,
    read_at, interval_s, share, _problem, _problem_column, _problem_value),
  read_at as timestamp,
  {{interval}} as interval_s,
  case when whole and energy_delta >= 0 then energy_delta / share end as energy_j,
  case when whole and throttle_delta >= 0 then least(throttle_delta, interval_s) end as throttle_s,
  coalesce(_problem, {{missing}}) as _problem,
  coalesce(_problem_column, case when {{missing}} is not null then 'interval_s' end) as _problem_column,
  _problem_value
from timed
"""


def with_intervals(readings: str, settings: Mapping[str, str]) -> str:
    """The SELECT over intervals for a SELECT of readings.

    `readings` yields `read_at` (TIMESTAMPTZ), `device_uuid`, `mig_profile`, `energy_counter_j`,
    `throttle_counter_s`, `share` (in how many rows a device-wide counter is repeated) and the
    `_problem` columns, beside any ledger columns. `--set interval_s` replaces the derived length.
    """
    given = settings.get("interval_s")
    if given is None:
        interval = "interval_s"
        missing = (
            f"case when _problem is null and interval_s is null then {literal(NO_INTERVAL)} end"
        )
    else:
        interval, missing = literal(given), "null"
    return _SQL.format(readings=readings, interval=interval, missing=missing)
