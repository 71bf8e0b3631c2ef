"""Accruals of closed months: which of them an invoice has met since, and the rows that take them back.

The first open month gets an accrual's rows again with their amounts negated, once bills of its provider
cover every day it was made for. The close of that month notes it, so that it happens once.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.charges import read_metered
from finops.analysis.pools import pool_rules
from finops.ledger.open_months import adjusted
from finops.ledger.schema import literal
from finops.ledger.snapshots import check_kept
from finops.ledger.store import Reading, rows_sql
from finops.model.period import parse_month
from finops.model.tables import COSTS
from finops.prices.book import Book, canonical_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finops.config import Config
    from finops.ledger.snapshots import Closed
    from finops.ledger.store import Ledger

__all__ = ["Due", "due", "outstanding", "reversals"]


class Due(NamedTuple):
    """An accrual of a closed month that a provider's bill has met: to be taken back."""

    closed: Closed
    provider: str


def outstanding(closes: Sequence[Closed]) -> tuple[Due, ...]:
    """Providers accrued in closed months and not taken back in a later one."""
    done = {(m, p) for closed in closes for m, p in closed.manifest.get("reversed", ())}
    return tuple(
        Due(closed, provider)
        for closed in closes
        for provider in dict.fromkeys(e["provider"] for e in closed.manifest.get("accruals", ()))
        if (closed.month, provider) not in done
    )


def due(ledger: Ledger, config: Config, closes: Sequence[Closed]) -> tuple[Due, ...]:
    """Of the outstanding accruals those whose days bills of the provider now cover."""
    waiting = outstanding(closes)
    if not waiting:
        return ()
    names = canonical_names(Book.load(config.price_entries()))
    found = []
    with ledger.connect(["costs"]) as con:
        for each in waiting:
            month = parse_month(each.closed.month)
            mine = [e for e in each.closed.manifest["accruals"] if e["provider"] == each.provider]
            last = max(date.fromisoformat(e["last"]) for e in mine)
            currency = mine[0]["currency"]
            lines = read_metered(con, month, currency, pool_rules(config.pools), names)
            ends = [line.end for line in lines if line.provider == each.provider]
            if ends and max(ends) > last:
                found.append(each)
    return tuple(found)


def reversals(ledger: Ledger, found: Sequence[Due], target: str) -> Reading | None:
    """Rows of month `target` that take back what `found` accrued; None when there is none."""
    parts: list[Reading] = []
    for closed in dict.fromkeys(each.closed.name for each in found):
        mine = [each for each in found if each.closed.name == closed]
        kept = mine[0].closed
        check_kept(ledger.location, kept, "costs")
        files = [each.file for each in kept.of("costs") if each.accounts is None]
        marks = {"x_BillingMonth": target, "x_Line": "accrual", "x_AdjustsMonth": kept.month}
        providers = ", ".join(literal(each.provider) for each in mine)
        sql = (
            f"SELECT {adjusted(marks, negated=True)} FROM ({rows_sql(COSTS, files)}) "
            "WHERE x_Line = 'accrual' AND x_AdjustsMonth IS NULL "
            f"AND ServiceProviderName IN ({providers})"
        )
        parts.append(Reading(sql, tuple(file.path for file in files)))
    if not parts:
        return None
    paths = tuple(path for part in parts for path in part.paths)
    return Reading(" UNION ALL ".join(part.sql for part in parts), paths)
