"""Accelerators by the metrics of their exporters, as DCGM readings: what the `dcgm` format reads.

NVIDIA's dcgm-exporter is passed through, label by label. AMD's device-metrics-exporter says the same in other
words and units: activity in percent, memory in megabytes, energy in microjoules. Of a partitioned AMD device
only partition 0 reports activity and power, so the others are left out: they are the same device.

Who holds a device is in `exported_pod` when Prometheus wrote the exporter's own pod into `pod` (the chart's
default), and in `pod` when it did not. Where no series of a window has an exported label, `pod` is believed
unless its container is an exporter's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["AMD", "FAMILIES", "NVIDIA", "Family", "Metric", "owners_hidden"]

_MIB_PER_MB = 1e6 / (1024 * 1024)


class Metric(NamedTuple):
    """A metric of an exporter: the DCGM field it becomes, and what one of it is in that field's unit."""

    name: str
    field: str
    scale: float = 1.0


class Family(NamedTuple):
    """An exporter: what we read of it, and its labels as DCGM names them."""

    name: str
    presence: tuple[str, ...]
    """Metrics by which its devices are counted; not every installation exports all of them."""
    metrics: tuple[Metric, ...]
    labels: Mapping[str, str]
    """Its label, and DCGM's; labels of other names are kept as they are."""


_DCGM = (
    "DCGM_FI_DEV_GPU_UTIL",
    "DCGM_FI_PROF_GR_ENGINE_ACTIVE",
    "DCGM_FI_PROF_SM_ACTIVE",
    "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE",
    "DCGM_FI_PROF_DRAM_ACTIVE",
    "DCGM_FI_DEV_FB_USED",
    "DCGM_FI_DEV_FB_FREE",
    "DCGM_FI_DEV_FB_RESERVED",
    "DCGM_FI_DEV_POWER_USAGE",
    "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION",
    "DCGM_FI_DEV_SM_CLOCK",
    "DCGM_FI_DEV_POWER_VIOLATION",
    "DCGM_FI_DEV_THERMAL_VIOLATION",
)

NVIDIA = Family(
    "dcgm-exporter",
    ("DCGM_FI_DEV_GPU_UTIL", "DCGM_FI_PROF_GR_ENGINE_ACTIVE", "DCGM_FI_DEV_FB_USED"),
    tuple(Metric(name, name) for name in _DCGM),
    {"gpu": "gpu", "uuid": "UUID", "Hostname": "hostname"},
)

AMD = Family(
    "AMD device-metrics-exporter",
    ("gpu_gfx_activity", "gpu_used_vram"),
    (
        Metric("gpu_gfx_activity", "DCGM_FI_DEV_GPU_UTIL"),
        Metric("gpu_umc_activity", "DCGM_FI_PROF_DRAM_ACTIVE", 0.01),
        Metric("gpu_used_vram", "DCGM_FI_DEV_FB_USED", _MIB_PER_MB),
        Metric("gpu_free_vram", "DCGM_FI_DEV_FB_FREE", _MIB_PER_MB),
        Metric("gpu_power_usage", "DCGM_FI_DEV_POWER_USAGE"),
        Metric("gpu_package_power", "DCGM_FI_DEV_POWER_USAGE"),
        Metric("gpu_energy_consumed", "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", 0.001),
    ),
    {"serial_number": "UUID", "card_model": "modelName"},
)

FAMILIES = (NVIDIA, AMD)


def owners_hidden(series: Iterable[Mapping[str, str]]) -> bool:
    """Whether `pod` and its like are the exporter's own in these label sets."""
    exporters = False
    for labels in series:
        if labels.get("exported_pod") or labels.get("exported_namespace"):
            return True
        exporters = exporters or "exporter" in labels.get("container", "")
    return exporters
