"""Which months the ledger has data of, read from the names of its partitions and not from rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from finops.ledger.store import Ledger

__all__ = ["months_with"]

_MONTH = len("2026-10")
_SAYS_WHEN = ("x_BillingMonth", "day")


def months_with(ledger: Ledger, *tables: str) -> tuple[str, ...]:
    """Months (YYYY-MM, oldest first) any of `tables`, each kept by billing month or by day, has rows of."""
    return tuple(
        sorted(
            {
                (file.partition.get(column) or "")[:_MONTH]
                for table in tables
                for file in ledger.files(table)
                for column in _SAYS_WHEN
            }
            - {""}
        )
    )
