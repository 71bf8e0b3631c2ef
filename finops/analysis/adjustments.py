"""What changed in closed months after their close: booked in a later close, or pending in the first open month.

Each row of it is a row of `costs` with the line `prior_period`; here they are summed by pool and
invoice. Requests, samples and jobs that came late move no money; they are counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.analysis.books import books_ledger, closed_config
from finops.analysis.pools import pool_rules, pool_sql
from finops.ledger.engine import query
from finops.ledger.open_months import first_open_month
from finops.ledger.snapshots import Closed, ClosedLedger
from finops.ledger.store import rows_sql
from finops.model.period import parse_month
from finops.model.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from finops.config import Config
    from finops.ledger.store import DataFile, Ledger

__all__ = ["Adjustment", "Late", "adjustments", "late_rows"]


class Adjustment(NamedTuple):
    """What an invoice's charges in one pool differ by; `booked_in` is the month that carries it.

    `line` is `prior_period`, or `accrual` for an accrual that is taken back.
    """

    month: str
    booked_in: str
    is_pending: bool
    line: str
    pool: str
    invoice: str | None
    currency: str
    billed: Decimal
    effective: Decimal


class Late(NamedTuple):
    """Rows of a closed month's days that the ledger has now and its books have not, less those gone."""

    month: str
    table: str
    rows: int


def adjustments(ledger: Ledger, config: Config, closes: Sequence[Closed]) -> tuple[Adjustment, ...]:
    """Every adjustment of a closed month, by month, then where it is booked, pool and invoice."""
    found: list[Adjustment] = []
    for closed in closes:
        kept = ClosedLedger(ledger.location, closed)
        settings = closed_config(ledger, closed)
        found += _read(kept, settings, closed.month, is_pending=False)
    target = first_open_month(closes)
    if target is not None:
        found += _read(books_ledger(ledger, closes, config), config, target, is_pending=True)
    return tuple(sorted(found, key=lambda each: [str(value) for value in each[:7]]))


def _read(ledger: Ledger, config: Config, month: str, *, is_pending: bool) -> list[Adjustment]:
    sql = f"""
        select x_AdjustsMonth, x_Line, {pool_sql(pool_rules(config.pools, config.owned))} as pool, InvoiceId,
            BillingCurrency, sum(BilledCost), sum(EffectiveCost)
        from costs
        where x_BillingMonth = '{month}' and x_Line is not null and x_AdjustsMonth is not null
        group by all
    """
    with ledger.connect(["costs"]) as con:
        return [Adjustment(adjusts, month, is_pending, *rest) for adjusts, *rest in query(con, sql)]


def late_rows(ledger: Ledger, closes: Sequence[Closed]) -> tuple[Late, ...]:
    """Rows of closed months' days that came, or went, after their close; bills are adjustments instead."""
    found = []
    for closed in closes:
        days = parse_month(closed.month)
        for table in ("requests", "gpu_samples", "jobs"):
            inside = (
                f"month = '{closed.month}'"
                if table == "jobs"
                else f"day >= date '{days.start}' and day < date '{days.end}'"
            )
            kept = ClosedLedger(ledger.location, closed)
            live, booked = ledger.files(table), kept.files(table)
            mine = {file.key for file in booked}
            if all(file.key in mine for file in live) and len(live) == len(mine):
                continue
            ledger.local(live, table)
            kept.local(booked, table)
            rows = _count(ledger, table, live, inside) - _count(ledger, table, booked, inside)
            if rows:
                found.append(Late(closed.month, table, rows))
    return tuple(found)


def _count(ledger: Ledger, table: str, files: Sequence[DataFile], inside: str) -> int:
    with ledger.connect(()) as con:
        rows = f"select count(*) from ({rows_sql(TABLES[table], files)}) where {inside}"
        return int(query(con, rows)[0][0])
