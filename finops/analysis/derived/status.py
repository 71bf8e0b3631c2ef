"""How the numbers of `finops status` are made: rows that are there, and the loads that brought them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.derived.arithmetic import Derived, count, derived, missing
from finops.analysis.derived.table import Row, Table

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from finops.ledger.status import LedgerStatus, SourceStatus

__all__ = ["NUMBERS", "status_table"]

_DAY_S = 86_400

_TOLD = {
    "rows": "rows the source has in the table now",
    "freshness_days": "time from the newest row to now, in days",
    "loads": "loads that are recorded of the source",
    "rows_refused": "rows its loads left out",
}

NUMBERS = tuple(_TOLD)
"""Numbers of a row."""


def status_table(found: LedgerStatus, now: datetime) -> Table:
    """A row for each source in each table, as it is `now` (UTC)."""
    return Table(tuple(_row(each, now) for each in found.sources))


def _row(each: SourceStatus, now: datetime) -> Row:
    mine = f"source_id = '{each.source}' and table_name = '{each.table}'"
    column = "x_SourceId" if each.table == "costs" else "source_id"
    numbers: dict[str, Callable[[], Derived]] = {
        "rows": lambda: _count(
            "rows", each.rows, "rows", f"select count(*) from {each.table} where {column} = '{each.source}'"
        ),
        "freshness_days": lambda: _fresh(each, now),
        "loads": lambda: _count(
            "loads", each.loads, "loads", f"select count(*) from loads where {mine}"
        ),
        "rows_refused": lambda: _count(
            "rows_refused", each.rows_refused, "rows", f"select sum(rows_refused) from loads where {mine}"
        ),
    }  # fmt: skip
    return Row({"source": each.source, "table": each.table}, numbers)


def _count(name: str, value: int, unit: str, sql: str) -> Derived:
    return derived(value, _TOLD[name], count(name, value, unit, f'finops sql "{sql}"'))


def _fresh(each: SourceStatus, now: datetime) -> Derived:
    told = _TOLD["freshness_days"]
    if each.newest is None or each.freshness_days is None:
        return missing("freshness_days", told, "no row of the source has a time")
    seconds = each.freshness_days * _DAY_S
    age = count(
        "age", seconds, "seconds", f"{each.newest:%Y-%m-%dT%H:%M:%SZ} to {now:%Y-%m-%dT%H:%M:%SZ}"
    )
    days = round(each.freshness_days, 1)
    last = count("freshness_days", days, "days", f"= age / {_DAY_S}, to a tenth")
    return derived(days, told, age, last)
