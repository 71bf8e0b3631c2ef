"""NVIDIA DCGM readings as CSV: one row per device and instant, one column per `DCGM_FI_…` field.

What the reader knows: GPU_UTIL is a percentage while the PROF fields are ratios; memory is in MiB, and
its total is used + free + reserved; energy is a counter of millijoules since boot and the violation
counters are nanoseconds. Unsupported fields hold a value near 2^63. One device can appear as several
series (job mapping and virtual GPUs copy it): they are one device, told apart by UUID, MIG instance and
time, and the largest reading of a field is the device's. Power and energy are the whole device's even on
a MIG instance, so they are divided by the instances seen at that time.

The owner is `exported_pod`, `exported_namespace` and `exported_container` where the file has such
columns: Prometheus then wrote the exporter's own pod into `pod`. A device with no owner is idle and
unowned. Times without a zone are UTC unless `--set timezone=…` says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.formats.cells import (
    column_finder,
    instant,
    is_wrong,
    number,
    problem,
    quoted,
    text,
    zone,
)
from connectors.formats.contract import Format, Shape
from connectors.formats.gpu.intervals import with_intervals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.formats.contract import Delivery, Head

__all__ = ["FORMAT"]

TIMES = ("timestamp", "time", "ts")
LABELS = {
    "cluster": ("cluster",),
    "node": ("hostname", "node", "instance"),
    "device_uuid": ("uuid",),
    "device_model": ("modelname", "model_name"),
    "pool": ("pool",),
    "namespace": ("exported_namespace", "namespace", "pod_namespace"),
    "pod": ("exported_pod", "pod", "pod_name"),
    "workload": ("workload", "label_app_kubernetes_io_name", "label_app"),
    "job_id": ("hpc_job", "job_id"),
}
"""Where each label is found, best first; names are compared without case."""

MIB = 1024 * 1024
FIELDS = {
    "gpu_util": ("dcgm_fi_dev_gpu_util", 0.01),
    "gr_engine_active": ("dcgm_fi_prof_gr_engine_active", 1),
    "sm_active": ("dcgm_fi_prof_sm_active", 1),
    "tensor_active": ("dcgm_fi_prof_pipe_tensor_active", 1),
    "dram_active": ("dcgm_fi_prof_dram_active", 1),
    "fb_used": ("dcgm_fi_dev_fb_used", MIB),
    "fb_free": ("dcgm_fi_dev_fb_free", MIB),
    "fb_reserved": ("dcgm_fi_dev_fb_reserved", MIB),
    "power_w": ("dcgm_fi_dev_power_usage", 1),
    "energy_counter_j": ("dcgm_fi_dev_total_energy_consumption", 0.001),
    "sm_clock_mhz": ("dcgm_fi_dev_sm_clock", 1),
    "power_violation_s": ("dcgm_fi_dev_power_violation", 1e-9),
    "thermal_violation_s": ("dcgm_fi_dev_thermal_violation", 1e-9),
}
"""What each reading is called, and what one of it is in the ledger's unit."""

_DEVICES = """
select _file, _row, read_at, device_uuid, mig_profile, cluster, node, device_model, pool,
  {owners},
  {device_fields},
  {instance_fields},
  cast(fb_used_ as bigint) as memory_used_bytes,
  cast(fb_used_ + fb_free_ + coalesce(fb_reserved_, 0) as bigint) as memory_total_bytes,
  power_w_ / share as power_w,
  energy_counter_j_ as energy_counter_j,
  greatest(power_violation_s_, thermal_violation_s_) as throttle_counter_s,
  share, _problem, _problem_column, _problem_value
from (
  select *, case when mig_profile is null then 1
    else count(distinct mig_profile) over (partition by device_uuid, read_at) end as share
  from (
    select *, {largest}, {one_owner},
      row_number() over (series order by _file, _row) as copy
    from ({cells})
    window series as (partition by device_uuid, mig_profile, read_at, _problem is null),
      owned as (series order by pod nulls last, job_id nulls last, _file, _row)
    qualify copy = 1 or _problem is not null
  )
)
"""


def _recognises(head: Head) -> int:
    names = column_finder(head.columns)
    return 95 if "uuid" in names and any(n.startswith("dcgm_fi_") for n in names) else 0


def _label(names: Mapping[str, str], wanted: tuple[str, ...]) -> str:
    for name in wanted:
        if name in names:
            return text(quoted(names[name]))
    return "cast(null as varchar)"


def _cells(delivery: Delivery, names: Mapping[str, str]) -> str:
    """The SELECT of one row per line of the file, typed, with what is wrong in it."""
    time = next((names[name] for name in TIMES if name in names), None)
    at = (
        "cast(null as timestamptz)"
        if time is None
        else instant(quoted(time), zone(delivery.settings))
    )
    labels = [f"{_label(names, wanted)} as {column}" for column, wanted in LABELS.items()]
    fields = [
        f"{number(quoted(names[field]))} * {scale} as {reading}"
        if field in names
        else f"cast(null as double) as {reading}"
        for reading, (field, scale) in FIELDS.items()
    ]
    slot, profile = _label(names, ("gpu_i_id",)), _label(names, ("gpu_i_profile",))
    mig = f"{slot} || coalesce('/' || {profile}, '') as mig_profile"
    columns = ", ".join([f"{at} as read_at", mig, *labels, *fields])
    checks = [("time", time, f"{at} is null", "not a time")] + [
        (field, names[field], is_wrong(quoted(names[field])), "not a number")
        for field, _ in FIELDS.values()
        if field in names
    ]
    return f"select _file, _row, {columns}, {problem(checks)} from {delivery.scan()}"


def _select(delivery: Delivery) -> str:
    names = column_finder(delivery.columns)
    owners = ("namespace", "pod", "workload", "job_id")
    ratios = ("gpu_util", "gr_engine_active", "sm_active", "tensor_active", "dram_active")
    readings = _DEVICES.format(
        cells=_cells(delivery, names),
        largest=", ".join(f"max({field}) over series as {field}_" for field in FIELDS),
        one_owner=", ".join(f"first_value({owner}) over owned as {owner}_" for owner in owners),
        owners=", ".join(f"{owner}_ as {owner}" for owner in owners),
        instance_fields=", ".join(f"{ratio}_ as {ratio}" for ratio in ratios),
        device_fields="sm_clock_mhz_ as sm_clock_mhz",
    )
    return with_intervals(readings, delivery.settings)


FORMAT = Format(
    name="dcgm",
    table="gpu_samples",
    about="DCGM readings, one row per device and time; zone-less times are UTC unless --set timezone",
    shapes=(Shape.CSV,),
    recognises=_recognises,
    select=_select,
)
