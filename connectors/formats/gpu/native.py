"""Our own GPU sample record: one device over one interval, columns named as the ledger's."""

from __future__ import annotations

from connectors.formats.records import own_record
from finops.model.tables import GPU_SAMPLES

__all__ = ["FORMAT"]

FORMAT = own_record(
    "gpu-samples", GPU_SAMPLES, identified_by=("timestamp", "interval_s", "device_uuid")
)
