"""What a load or a pull sums up before it is done, so that the first question about its days need not wait."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connectors.loading import LoadResult
    from finops.api.session import Session
    from finops.ledger.store import Ledger

__all__ = ["roll_up_loads"]


def roll_up_loads(session: Session, ledger: Ledger, results: Iterable[LoadResult]) -> bool:
    """Make the roll-ups of the days that `results` touched; False where some are left to the first question."""
    from finops.analysis.refreshing import roll_up_days

    days: dict[str, set[date]] = defaultdict(set)
    for result in results:
        if not result.stored.unchanged:
            named = (each.names.get("day") for each in result.stored.slices)
            days[result.table] |= {date.fromisoformat(day) for day in named if day is not None}
    done = [roll_up_days(ledger, session.config, table, touched) for table, touched in days.items()]
    return all(done)
