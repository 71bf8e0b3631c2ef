"""Our own job record: one attempt of a batch or training job, columns named as the ledger's."""

from __future__ import annotations

from connectors.formats.records import own_record
from finops.model.tables import JOBS

__all__ = ["FORMAT"]

FORMAT = own_record("jobs", JOBS, identified_by=("job_id", "state"))
