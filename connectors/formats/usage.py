"""Our own usage record: what was used in one interval, columns named as the ledger's `usage` table."""

from __future__ import annotations

from connectors.formats.records import own_record
from finops.model.tables import USAGE

__all__ = ["FORMAT"]

FORMAT = own_record("usage", USAGE, identified_by=("timestamp", "ends_at", "requests"))
