"""Our own change record: when what changed from what to what, and who approved it."""

from __future__ import annotations

from connectors.formats.records import own_record
from finops.model.tables import CHANGES

__all__ = ["FORMAT"]

FORMAT = own_record("changes", CHANGES, identified_by=("change_id", "changed_at", "kind"))
