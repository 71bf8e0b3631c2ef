"""The infrastructure scorecard: sixteen points from evidence, for a company, a team or a vendor.

`catalog` says what is asked, `evidence` and `answers` what is known, `scoring` makes points of the two,
`history` keeps them. `probes` ask the ledger; nothing else here reads one.
"""

from __future__ import annotations

__all__ = ["FOLDER"]

FOLDER = "_scorecard"
"""Where a ledger keeps answers and history of its scorecards."""
