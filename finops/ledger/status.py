"""What the ledger holds, how fresh it is, and whether it still is what was loaded.

Reconciliation compares the rows there are with the record of the loads that brought them: for each
slice of a bill BilledCost and EffectiveCost to the last digit, for every other table the rows stored
less the rows replaced since.
"""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from finops.ledger.engine import query
from finops.ledger.snapshots import closed_months
from finops.ledger.totals import as_json, slice_totals
from finops.model.tables import COSTS, LOADS, TABLES

if TYPE_CHECKING:
    from datetime import datetime

    import duckdb

    from finops.ledger.snapshots import Closed
    from finops.ledger.store import Ledger

__all__ = ["Doubled", "LedgerStatus", "SliceCheck", "SourceStatus", "ledger_status"]

_TIMES = {
    "costs": '"ChargePeriodStart"',
    "requests": '"timestamp"',
    "usage": '"timestamp"',
    "gpu_samples": '"timestamp"',
    "jobs": "coalesce(ended_at, started_at, submitted_at)",
    "changes": "changed_at",
}
_CUTS = {
    "costs": '"x_BillingMonth"',
    "requests": "day",
    "usage": "day",
    "gpu_samples": "day",
    "jobs": "month",
    "changes": "CAST(changed_at AS DATE)",
}
_CHECKED = ("BilledCost", "EffectiveCost")


class SourceStatus(NamedTuple):
    """One source in one table. `first` and `last` are billing months or days; times are UTC.

    `freshness_days` counts from the newest row's time to now. `differs` says in words where the rows
    are not what the loads recorded; empty when they agree to the digit.
    """

    table: str
    source: str
    rows: int
    first: str | None
    last: str | None
    newest: datetime | None
    freshness_days: float | None
    loads: int
    last_load: datetime | None
    rows_refused: int
    differs: tuple[str, ...]


class SliceCheck(NamedTuple):
    """One (source, scope, month, currency) of the bills: stored sums beside the recorded ones."""

    source: str
    scope: str
    month: str
    currency: str
    rows: int
    stored: dict[str, Decimal]
    recorded: dict[str, Decimal] | None

    @property
    def equal(self) -> bool:
        """Whether every recorded sum is the stored one, to the digit."""
        return self.recorded == self.stored


class Doubled(NamedTuple):
    """One billing account and month that more than one source delivered: probably counted twice."""

    account: str
    month: str
    sources: tuple[str, ...]


class LedgerStatus(NamedTuple):
    """Everything `finops status` shows."""

    location: str
    sources: tuple[SourceStatus, ...]
    slices: tuple[SliceCheck, ...]
    doubled: tuple[Doubled, ...]
    closed: tuple[Closed, ...] = ()


class _Recorded(NamedTuple):
    """What the loads of one source into one table add up to."""

    loads: int
    last_load: datetime | None
    refused: int
    rows: int


def ledger_status(ledger: Ledger, now: datetime) -> LedgerStatus:
    """The state of `ledger` at `now` (aware, UTC)."""
    with ledger.connect() as con:
        recorded = _recorded(con)
        slices = _check_slices(con, ledger)
        found: list[SourceStatus] = []
        for table in TABLES:
            if table != LOADS.name:
                found += _sources(con, table, recorded, slices, now)
        closes = closed_months(ledger.location)
        return LedgerStatus(ledger.location.url, tuple(found), slices, _doubled(con), closes)


def _recorded(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], _Recorded]:
    rows = query(
        con,
        "SELECT table_name, source_id, count(*), max(loaded_at), sum(rows_refused), "
        "sum(rows_stored) - sum(coalesce(CAST(totals->>'rows_replaced' AS BIGINT), 0)) "
        "FROM loads GROUP BY ALL",
    )
    return {(row[0], row[1]): _Recorded(row[2], row[3], int(row[4]), int(row[5])) for row in rows}


def _sources(
    con: duckdb.DuckDBPyConnection,
    table: str,
    recorded: dict[tuple[str, str], _Recorded],
    slices: tuple[SliceCheck, ...],
    now: datetime,
) -> list[SourceStatus]:
    name = "x_SourceId" if table == COSTS.name else "source_id"
    cut = _CUTS[table]
    rows = query(
        con,
        f'SELECT "{name}", count(*), min({cut})::VARCHAR, max({cut})::VARCHAR, max({_TIMES[table]}) '
        f'FROM {table} GROUP BY "{name}" ORDER BY "{name}"',
    )
    found = []
    for source, count, first, last, newest in rows:
        load = recorded.get((table, source), _Recorded(0, None, 0, 0))
        if table == COSTS.name:
            differs = _slice_differences(source, slices)
        else:
            differs = () if load.rows == count else (f"{count:,} rows, {load.rows:,} recorded",)
        age = None if newest is None else (now - newest).total_seconds() / 86_400
        found.append(
            SourceStatus(
                table, source, count, first, last, newest, age,
                load.loads, load.last_load, load.refused, differs,
            )
        )  # fmt: skip
    return found


def _slice_differences(source: str, slices: tuple[SliceCheck, ...]) -> tuple[str, ...]:
    return tuple(
        f"{each.scope} {each.month} {each.currency}: "
        + ("not recorded" if each.recorded is None else "sums differ from the load's")
        for each in slices
        if each.source == source and not each.equal
    )


def _check_slices(con: duckdb.DuckDBPyConnection, ledger: Ledger) -> tuple[SliceCheck, ...]:
    """Every slice of the bills against the record of the load whose files hold it."""
    held: dict[str, set[str | None]] = defaultdict(set)
    for file in ledger.files(COSTS.name):
        held[file.folder].add(file.load_id)
    records = _slice_records(con)
    found = []
    for total in slice_totals(con, COSTS.name, "SELECT * FROM costs"):
        ids = held.get(total.folder, set())
        entry = records.get((next(iter(ids)), total.folder)) if len(ids) == 1 else None
        for currency, amounts in as_json(total.amounts).items():
            found.append(
                SliceCheck(
                    total.names["source"] or "",
                    total.names["scope"] or "",
                    total.names["month"] or "",
                    currency,
                    total.rows,
                    _exact(amounts),
                    None if entry is None else _exact(entry["totals"].get(currency, {})),
                )
            )
    return tuple(found)


def _slice_records(con: duckdb.DuckDBPyConnection) -> dict[tuple[str | None, str], Any]:
    rows = query(con, f"SELECT load_id, scope FROM loads WHERE table_name = '{COSTS.name}'")
    return {
        (load_id, entry["folder"]): entry for load_id, scope in rows for entry in json.loads(scope)
    }


def _exact(amounts: dict[str, str]) -> dict[str, Decimal]:
    return {name: Decimal(amounts[name]) for name in _CHECKED if name in amounts}


def _doubled(con: duckdb.DuckDBPyConnection) -> tuple[Doubled, ...]:
    rows = query(
        con,
        'SELECT "BillingAccountId", "x_BillingMonth", list(DISTINCT "x_SourceId" ORDER BY "x_SourceId") '
        'FROM costs WHERE "BillingAccountId" IS NOT NULL GROUP BY ALL '
        'HAVING count(DISTINCT "x_SourceId") > 1 ORDER BY ALL',
    )
    return tuple(Doubled(account, month, tuple(sources)) for account, month, sources in rows)
