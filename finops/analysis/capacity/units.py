"""What a billed unit of an accelerated instance holds: its time, its accelerators, their part of the price.

Accelerators per instance are those of the providers' instance pages: AWS p3, p4, p5, p6, g4dn, g5, g6,
g6e (docs.aws.amazon.com/ec2, accelerated computing), Google a2, a3, a4, g2 (cloud.google.com/compute/docs/
gpus), Azure NC, ND and NV series (learn.microsoft.com/azure/virtual-machines/sizes/gpu-accelerated), read
2026-08. Shares of the price: AWS split cost allocation weighs a GPU 9, a vCPU 0.9, a GiB 0.1; OpenCost's
default prices are 0.95 a GPU, 0.031611 a vCPU, 0.004237 a GiB an hour (opencost, pkg/cloud, 5f65333).
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import NamedTuple

from finops.model.money import divide

__all__ = [
    "PARTS",
    "Instance",
    "device_hours",
    "gpu_share",
    "gpus_of",
    "is_device_unit",
    "ms_per_unit",
]

PARTS = 28
"""Parts of a device-millisecond: slices are sevenths or quarters of a device."""

_MS = {
    "ms": 1,
    "second": 1000,
    "sec": 1000,
    "s": 1000,
    "minute": 60_000,
    "min": 60_000,
    "hour": 3_600_000,
    "hr": 3_600_000,
    "h": 3_600_000,
    "day": 86_400_000,
}

_DEVICES = ("gpu", "device", "accelerator")

_OF = frozenset(
    {*_DEVICES, "gpus", "instance", "instances", "node", "nodes", "machine", "vm", "server", "box",
     "compute", "usage", "unit", "units", "ptu", "ptus", "provisioned", "model"}
)  # fmt: skip
"""What a unit of time may be of and still be time of the thing billed."""

_BETWEEN = re.compile(r"[\s\-_/*]+")

_GPUS = {
    "p3.2xlarge": 1, "p3.8xlarge": 4, "p3.16xlarge": 8, "p3dn.24xlarge": 8,
    "p4d.24xlarge": 8, "p4de.24xlarge": 8,
    "p5.4xlarge": 1, "p5.48xlarge": 8, "p5e.48xlarge": 8, "p5en.48xlarge": 8,
    "p6-b200.48xlarge": 8, "p6-b300.48xlarge": 8,
    "g4dn.xlarge": 1, "g4dn.2xlarge": 1, "g4dn.4xlarge": 1, "g4dn.8xlarge": 1, "g4dn.16xlarge": 1,
    "g4dn.12xlarge": 4, "g4dn.metal": 8,
    "g5.xlarge": 1, "g5.2xlarge": 1, "g5.4xlarge": 1, "g5.8xlarge": 1, "g5.16xlarge": 1,
    "g5.12xlarge": 4, "g5.24xlarge": 4, "g5.48xlarge": 8,
    "g6.xlarge": 1, "g6.2xlarge": 1, "g6.4xlarge": 1, "g6.8xlarge": 1, "g6.16xlarge": 1,
    "g6.12xlarge": 4, "g6.24xlarge": 4, "g6.48xlarge": 8,
    "g6e.xlarge": 1, "g6e.2xlarge": 1, "g6e.4xlarge": 1, "g6e.8xlarge": 1, "g6e.16xlarge": 1,
    "g6e.12xlarge": 4, "g6e.24xlarge": 4, "g6e.48xlarge": 8,
    "a2-highgpu-1g": 1, "a2-highgpu-2g": 2, "a2-highgpu-4g": 4, "a2-highgpu-8g": 8,
    "a2-megagpu-16g": 16, "a2-ultragpu-1g": 1, "a2-ultragpu-2g": 2, "a2-ultragpu-4g": 4,
    "a2-ultragpu-8g": 8, "a3-highgpu-1g": 1, "a3-highgpu-2g": 2, "a3-highgpu-4g": 4,
    "a3-highgpu-8g": 8, "a3-megagpu-8g": 8, "a3-edgegpu-8g": 8, "a3-ultragpu-8g": 8,
    "a4-highgpu-8g": 8,
    "g2-standard-4": 1, "g2-standard-8": 1, "g2-standard-12": 1, "g2-standard-16": 1,
    "g2-standard-24": 2, "g2-standard-32": 1, "g2-standard-48": 4, "g2-standard-96": 8,
    "standard_nc24ads_a100_v4": 1, "standard_nc48ads_a100_v4": 2, "standard_nc96ads_a100_v4": 4,
    "standard_nc40ads_h100_v5": 1, "standard_nc80adis_h100_v5": 2,
    "standard_nd96asr_v4": 8, "standard_nd96amsr_a100_v4": 8, "standard_nd96isr_h100_v5": 8,
    "standard_nd96isr_h200_v5": 8, "standard_nv36ads_a10_v5": 1, "standard_nv72ads_a10_v5": 2,
}  # fmt: skip

_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_TYPE = re.compile(r"(?:^|:)(?:ml\.)?([a-z0-9][a-z0-9_.-]*)$")


class Instance(NamedTuple):
    """What a charge says of the instance it is for, as text; None where it says nothing."""

    gpu_count: str | None = None
    type: str | None = None
    meter: str | None = None
    cores: str | None = None
    memory: str | None = None


def device_hours(parts: int) -> Decimal:
    """Parts of device time as device-hours."""
    return divide(Decimal(parts), PARTS * _MS["hour"])


def ms_per_unit(unit: str | None) -> int | None:
    """Milliseconds in one billed `unit`: `Hours`, `Hrs`, `Instance-Hours`, `10 Hours` …; None: no time.

    Time of something else (`vCPU-Hours`, `GB-Days`) is no time of an instance.
    """
    words = [] if unit is None else [each for each in _BETWEEN.split(unit.casefold()) if each]
    many = int(words.pop(0)) if words and words[0].isdecimal() else 1
    if not words or not _OF.issuperset(words[:-1]):
        return None
    last = words[-1]
    size = _MS.get(last) or (_MS.get(last.removesuffix("s")) if len(last) > 1 else None)
    return None if size is None else many * size


def is_device_unit(unit: str | None) -> bool:
    """Whether `unit` counts accelerators already: `GPU-Hours`, `Device-Hours`."""
    return unit is not None and unit.strip().casefold().startswith(_DEVICES)


def gpus_of(instance: Instance) -> int | None:
    """Accelerators of one instance: the bill's own count, else a known type's; None when unknown."""
    if instance.gpu_count is not None:
        found = _NUMBER.fullmatch(instance.gpu_count.strip())
        if found and Decimal(instance.gpu_count) == int(Decimal(instance.gpu_count)):
            return int(Decimal(instance.gpu_count))
    for name in (instance.type, instance.meter):
        found = None if name is None else _TYPE.search(name.strip().casefold())
        if found and found[1] in _GPUS:
            return _GPUS[found[1]]
    return None


def gpu_share(basis: str, instance: Instance, custom: Decimal | None = None) -> Fraction | None:
    """What part of the instance's price its accelerators are by `basis`; None when it cannot be told."""
    if basis == "all-to-gpu":
        return Fraction(1)
    if basis == "custom":
        return None if custom is None else Fraction(custom)
    gpus, cores, memory = gpus_of(instance), _amount(instance.cores), _amount(instance.memory)
    if gpus is None or cores is None or memory is None:
        return None
    of_gpu, of_core, of_gib = _PRICES[basis]
    mine = of_gpu * gpus
    whole = mine + of_core * cores + of_gib * memory
    return mine / whole if whole else None


_PRICES = {
    "aws-9:1": (Fraction(9), Fraction(9, 10), Fraction(1, 10)),
    "opencost": (Fraction("0.95"), Fraction("0.031611"), Fraction("0.004237")),
}


def _amount(text: str | None) -> Fraction | None:
    """The number in `192 GiB` or `24`."""
    found = None if text is None else _NUMBER.search(text.replace(",", ""))
    if found is None:
        return None
    try:
        return Fraction(Decimal(found[0]))
    except InvalidOperation:
        return None
