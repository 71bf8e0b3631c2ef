"""Accruals of closed months: which of them an invoice has met since, and the rows that take them back.

The first open month gets an accrual's rows again with their amounts negated, once bills of its provider
cover every day it was made for. The close of that month notes it, so that it happens once.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.charges import currencies, read_charges, read_metered
from finops.analysis.plan_accruals import billed_pools, covered_pools
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

    import duckdb

    from finops.config import Config
    from finops.ledger.snapshots import Closed
    from finops.ledger.store import Ledger

__all__ = ["Due", "due", "outstanding", "reversals"]


class Due(NamedTuple):
    """What a closed month accrued of a provider (and pool, for device time): taken back as one."""

    closed: Closed
    provider: str
    pool: str | None

    @property
    def name(self) -> tuple[str, str, str | None]:
        """How the close that takes it back notes it."""
        return self.closed.month, self.provider, self.pool


def outstanding(closes: Sequence[Closed]) -> tuple[Due, ...]:
    """What closed months accrued and no later one took back."""
    done = {tuple(name) for closed in closes for name in closed.manifest["reversed"]}
    accrued = dict.fromkeys(
        Due(closed, entry["provider"], entry["pool"]).name
        for closed in closes
        for entry in closed.manifest["accruals"]
    )
    by_month = {closed.month: closed for closed in closes}
    return tuple(Due(by_month[name[0]], *name[1:]) for name in accrued if name not in done)


def due(ledger: Ledger, config: Config, closes: Sequence[Closed]) -> tuple[Due, ...]:
    """Of the outstanding accruals those that bills have met: every day of tokens, or the pool's charges.

    A plan (provisioned units, seats) is met by any bill that charges for days of the month.
    """
    waiting = outstanding(closes)
    if not waiting:
        return ()
    with ledger.connect(["costs"]) as con:
        return tuple(each for each in waiting if _is_met(con, config, each))


def _is_met(con: duckdb.DuckDBPyConnection, config: Config, accrued: Due) -> bool:
    month = parse_month(accrued.closed.month)
    rules = pool_rules(config.pools, config.owned)
    names = canonical_names(Book.load(config.price_entries()))
    mine = [
        date.fromisoformat(entry["last"])
        for entry in accrued.closed.manifest["accruals"]
        if (entry["provider"], entry["pool"]) == (accrued.provider, accrued.pool)
    ]
    if accrued.pool is not None and accrued.pool in covered_pools(con, config, month):
        return True
    for currency in currencies(con, month):
        if accrued.pool is not None:
            if accrued.pool in billed_pools(read_charges(con, month, currency, rules)):
                return True
            continue
        lines = read_metered(con, month, currency, rules, names)
        ends = [line.end for line in lines if line.provider == accrued.provider]
        if ends and max(ends) > max(mine):
            return True
    return False


def reversals(ledger: Ledger, found: Sequence[Due], target: str) -> Reading | None:
    """Rows of month `target` that take back what `found` accrued; None when there is none."""
    parts: list[Reading] = []
    for closed in dict.fromkeys(each.closed.name for each in found):
        mine = [each for each in found if each.closed.name == closed]
        kept = mine[0].closed
        check_kept(ledger.location, kept, "costs")
        files = [each.file for each in kept.of("costs") if each.accounts is None]
        marks = {"x_BillingMonth": target, "x_Line": "accrual", "x_AdjustsMonth": kept.month}
        chosen = " OR ".join(
            f"(ServiceProviderName = {literal(each.provider)} AND x_Pool IS NOT DISTINCT FROM "
            f"{'NULL' if each.pool is None else literal(each.pool)})"
            for each in mine
        )
        sql = (
            f"SELECT {adjusted(marks, negated=True)} FROM ({rows_sql(COSTS, files)}) "
            "WHERE x_Line = 'accrual' AND x_AdjustsMonth IS NULL "
            f"AND ({chosen})"
        )
        parts.append(Reading(sql, tuple(file.path for file in files)))
    if not parts:
        return None
    paths = tuple(path for part in parts for path in part.paths)
    return Reading(" UNION ALL ".join(part.sql for part in parts), paths)
