"""What the driver says of each accelerator at an instant.

Utilization is the driver's: the share of its last sampling period in which a kernel was resident. From Hopper on
the GPM counters also tell how busy the engine, the SMs, the tensor pipe and the memory were, over the time
between two readings. A device cut into MIG slices has no utilization of its own: each slice is read instead, its
memory and GPM counters are its own, power and energy are the device's, divided by its slices.

A field the device does not support is missing, never zero. A slice is written `id/profile`, as DCGM's labels are.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.errors import SourceError, SourceMissing, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Gpus", "Reading"]

_MILLI = 1000
_GPM = {
    "gr_engine_active": "NVML_GPM_METRIC_GRAPHICS_UTIL",
    "sm_active": "NVML_GPM_METRIC_SM_UTIL",
    "tensor_active": "NVML_GPM_METRIC_ANY_TENSOR_UTIL",
    "dram_active": "NVML_GPM_METRIC_DRAM_BW_UTIL",
}
"""Ratios of the ledger, and the counters that give them in percent."""


class Reading(NamedTuple):
    """One device, or one slice of one, at an instant. None: the device does not say."""

    device_uuid: str
    device_model: str
    mig_profile: str | None
    gpu_util: float | None
    memory_used_bytes: int | None
    memory_total_bytes: int | None
    power_w: float | None
    energy_j: float | None
    """Counted since the driver was loaded."""
    sm_clock_mhz: float | None
    throttled_s: float | None
    """Time held back by power or heat, counted likewise."""
    active: dict[str, float]
    """GPM ratios since the reading before, where the device has them."""
    pids: tuple[int, ...]
    """Processes that compute on it."""


class Gpus:
    """The accelerators of this machine; a context manager. SourceMissing where there is no driver."""

    def __init__(self) -> None:
        try:
            import pynvml
        except ImportError as error:
            raise UsageError(
                "reading local GPUs needs the extra `nvidia`",
                hint="install it: pip install 'finops-terminal[nvidia]'",
            ) from error
        self._nvml: Any = pynvml
        self._before: dict[str, Any] = {}
        try:
            pynvml.nvmlInit()
        except pynvml.NVMLError as error:
            raise SourceMissing(
                f"this machine's NVIDIA driver does not answer: {error}",
                hint="libnvidia-ml.so.1 comes with the driver; `nvidia-smi` must work here first",
            ) from error

    def __enter__(self) -> Gpus:  # noqa: PYI034  (nobody derives from it)
        return self

    def __exit__(self, *_: object) -> None:
        for sample in self._before.values():
            self._ask(self._nvml.nvmlGpmSampleFree, sample)
        self._ask(self._nvml.nvmlShutdown)

    def read(self) -> list[Reading]:
        """Every device, a device in slices as its slices; SourceError when the driver stops answering."""
        try:
            count = self._nvml.nvmlDeviceGetCount()
            handles = [self._nvml.nvmlDeviceGetHandleByIndex(place) for place in range(count)]
            return [reading for handle in handles for reading in self._device(handle)]
        except self._nvml.NVMLError as error:
            raise SourceError(
                f"the NVIDIA driver stopped answering: {error}", hint="`nvidia-smi` may say more"
            ) from error

    def _device(self, handle: Any) -> Iterator[Reading]:  # noqa: ANN401  (the library's handle)
        uuid, model = self._nvml.nvmlDeviceGetUUID(handle), self._nvml.nvmlDeviceGetName(handle)
        slices = list(self._slices(handle))
        power, energy = self._power(handle)
        shared = Reading(
            uuid, model, None, self._utilization(handle), *self._memory(handle), power, energy,
            self._number(self._nvml.nvmlDeviceGetClockInfo, handle, self._nvml.NVML_CLOCK_SM),
            self._throttled(handle), {}, (),
        )  # fmt: skip
        if not slices:
            active = self._active(
                uuid, handle, lambda sample: self._nvml.nvmlGpmSampleGet(handle, sample)
            )
            yield shared._replace(active=active, pids=self._pids(handle))
            return
        share = len(slices)
        for instance, profile, mig in slices:
            name = f"{instance}/{profile}"
            used, total = self._memory(mig)

            def sampled(sample: Any, instance: int = instance) -> Any:  # noqa: ANN401
                return self._nvml.nvmlGpmMigSampleGet(handle, instance, sample)

            yield shared._replace(
                mig_profile=name,
                gpu_util=None,
                memory_used_bytes=used,
                memory_total_bytes=total,
                power_w=None if power is None else power / share,
                energy_j=None if energy is None else energy / share,
                active=self._active(f"{uuid}/{name}", handle, sampled),
                pids=self._pids(mig),
            )

    def _slices(self, handle: Any) -> Iterator[tuple[int, str, Any]]:  # noqa: ANN401
        """GPU instance, profile and handle of each slice; none where the device is whole."""
        mode = self._ask(self._nvml.nvmlDeviceGetMigMode, handle)
        if mode is None or not mode[0]:
            return
        for place in range(self._nvml.nvmlDeviceGetMaxMigDeviceCount(handle)):
            mig = self._ask(self._nvml.nvmlDeviceGetMigDeviceHandleByIndex, handle, place)
            if mig is None:
                continue
            said = self._nvml.nvmlDeviceGetAttributes(mig)
            memory = round(said.memorySizeMB / 1024)
            profile = f"{said.gpuInstanceSliceCount}g.{memory}gb"
            yield self._nvml.nvmlDeviceGetGpuInstanceId(mig), profile, mig

    def _utilization(self, handle: Any) -> float | None:  # noqa: ANN401
        found = self._ask(self._nvml.nvmlDeviceGetUtilizationRates, handle)
        return None if found is None else found.gpu / 100

    def _memory(self, handle: Any) -> tuple[int | None, int | None]:  # noqa: ANN401
        found = self._ask(self._nvml.nvmlDeviceGetMemoryInfo, handle)
        return (None, None) if found is None else (found.used, found.total)

    def _power(self, handle: Any) -> tuple[float | None, float | None]:  # noqa: ANN401
        watts = self._number(self._nvml.nvmlDeviceGetPowerUsage, handle)
        joules = self._number(self._nvml.nvmlDeviceGetTotalEnergyConsumption, handle)
        return (
            None if watts is None else watts / _MILLI,
            None if joules is None else joules / _MILLI,
        )

    def _throttled(self, handle: Any) -> float | None:  # noqa: ANN401
        policies = (self._nvml.NVML_PERF_POLICY_POWER, self._nvml.NVML_PERF_POLICY_THERMAL)
        found = [
            self._ask(self._nvml.nvmlDeviceGetViolationStatus, handle, one) for one in policies
        ]
        known = [one.violationTime / 1e9 for one in found if one is not None]
        return max(known, default=None)

    def _active(
        self,
        name: str,
        handle: Any,  # noqa: ANN401
        sampled: Callable[[Any], Any],
    ) -> dict[str, float]:
        """GPM ratios since the reading before; none at first, and where the device has no such counters."""
        nvml = self._nvml
        support = self._ask(nvml.nvmlGpmQueryDeviceSupport, handle)
        if support is None or not support.isSupportedDevice:
            return {}
        now, before = self._ask(nvml.nvmlGpmSampleAlloc), self._before.pop(name, None)
        if now is None or self._ask(sampled, now) is None:
            return {}
        self._before[name] = now
        if before is None:
            return {}
        asked = nvml.c_nvmlGpmMetricsGet_t()
        asked.version, asked.numMetrics = nvml.NVML_GPM_METRICS_GET_VERSION, len(_GPM)
        asked.sample1, asked.sample2 = before, now
        for place, metric in enumerate(_GPM.values()):
            asked.metrics[place].metricId = getattr(nvml, metric)
        found = self._ask(nvml.nvmlGpmMetricsGet, asked)
        self._ask(nvml.nvmlGpmSampleFree, before)
        if found is None:
            return {}
        values = {column: found.metrics[place] for place, column in enumerate(_GPM)}
        return {
            column: min(one.value / 100, 1.0)
            for column, one in values.items()
            if one.nvmlReturn == nvml.NVML_SUCCESS
        }

    def _pids(self, handle: Any) -> tuple[int, ...]:  # noqa: ANN401
        found = self._ask(self._nvml.nvmlDeviceGetComputeRunningProcesses, handle)
        return tuple(sorted(one.pid for one in found or ()))

    def _number(self, ask: Callable[..., Any], *arguments: object) -> float | None:
        found = self._ask(ask, *arguments)
        return None if found is None else float(found)

    def _ask(self, ask: Callable[..., Any], *arguments: object) -> Any:  # noqa: ANN401
        """The library's answer; None where the device or the driver does not support the question."""
        nvml = self._nvml
        unknown = {
            nvml.NVML_ERROR_NOT_SUPPORTED,
            nvml.NVML_ERROR_NOT_FOUND,
            nvml.NVML_ERROR_NO_PERMISSION,
            nvml.NVML_ERROR_FUNCTION_NOT_FOUND,
            nvml.NVML_ERROR_INVALID_ARGUMENT,
        }
        try:
            found = ask(*arguments)
        except nvml.NVMLError as error:
            if error.value in unknown:
                return None
            raise
        return ctypes.c_int(0) if found is None else found
