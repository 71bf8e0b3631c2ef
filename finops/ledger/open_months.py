"""The ledger as its open months see it: what changed in closed ones stands in the first month after them.

Charges of a closed month are as its books count them, whatever was loaded since. The difference, row
by row, is booked in the first open month: a row that is gone with its amounts negated, a row that is
new as it is, both with the line `prior_period` and the month they adjust. So every sum over all months
is the sum of the bills, and the row says what moved.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from finops.ledger.schema import identifier, literal
from finops.ledger.snapshots import Closed, check_kept
from finops.ledger.store import Ledger, Reading, of_days, rows_sql
from finops.model.period import parse_month
from finops.model.tables import COST_AMOUNTS, COSTS, TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from finops.ledger.store import DataFile
    from finops.model.period import Period

__all__ = [
    "NEGATED",
    "Accounted",
    "OpenLedger",
    "SpanLedger",
    "accounted",
    "adjusted",
    "first_open_month",
    "is_restated",
    "restated_sql",
    "same_files",
]

NEGATED = (
    *COST_AMOUNTS,
    "ConsumedQuantity",
    "PricingQuantity",
    "PricingCurrencyEffectiveCost",
    "CommitmentDiscountQuantity",
)
"""Columns of a cost row that turn round when it is taken back."""

_COMPARED = tuple(name for name in COSTS.names if name != "x_LoadId")
"""Columns that make two rows the same charge: which load brought it does not matter."""


class Accounted(NamedTuple):
    """The charges of a closed billing month as the books count them, and the close that keeps the files."""

    closed: Closed
    table: str
    files: tuple[DataFile, ...]


def first_open_month(closes: Sequence[Closed]) -> str | None:
    """The month after the newest closed one; None when no month is closed."""
    if not closes:
        return None
    return f"{parse_month(closes[-1].month).end:%Y-%m}"


def accounted(closes: Sequence[Closed], month: str) -> Accounted:
    """How the newest close that counted billing month `month` counted it."""
    for closed in reversed(closes):
        kept = closed.accounted(month)
        if kept is not None:
            table = kept[0].table if kept else "costs"
            return Accounted(closed, table, tuple(each.file for each in kept))
    message = f"{month} is not closed"
    raise LookupError(message)


@dataclass(frozen=True, slots=True)
class OpenLedger(Ledger):
    """A ledger with closed months, for questions about the open ones. `closes` are those in force.

    `reversals` is a SELECT of further rows of `costs` for the first open month, or None.
    """

    closes: tuple[Closed, ...]
    reversals: Reading | None = None

    def reading(self, table: str, days: Period | None = None) -> Reading:
        """`costs` with closed months as booked and their adjustments; other tables as they are."""
        plain = Ledger(self.location)
        if table != COSTS.name or not self.closes:
            return plain.reading(table, days)
        return self._costs(plain)

    def _costs(self, plain: Ledger) -> Reading:
        by_month: dict[str | None, list[DataFile]] = {}
        live = plain.files(COSTS.name)
        plain.local(live, COSTS.name)
        for file in live:
            by_month.setdefault(file.partition["x_BillingMonth"], []).append(file)
        restated: list[Reading] = []
        target = first_open_month(self.closes) or ""
        for month in dict.fromkeys(closed.month for closed in self.closes):
            now = by_month.get(month, [])
            booked = accounted(self.closes, month)
            if same_files(now, booked.files):
                continue
            check_kept(self.location, booked.closed, booked.table)
            by_month[month] = list(booked.files)
            restated.append(restated_sql(now, booked.files, month, target))
        files = [file for found in by_month.values() for file in found]
        parts = [Reading(rows_sql(COSTS, files), tuple(file.path for file in files)), *restated]
        if self.reversals is not None:
            parts.append(self.reversals)
        paths = {path for part in parts for path in part.paths}
        return Reading(" UNION ALL ".join(part.sql for part in parts), tuple(sorted(paths)))


@dataclass(frozen=True, slots=True)
class SpanLedger(Ledger):
    """Requests, samples and jobs of stretches of days that different ledgers answer for.

    `parts` are the stretches in order, each with its ledger; days in none of them are the ledger's own.
    What is cut by day comes from where its day lies, every other table from the ledger itself.
    """

    parts: tuple[tuple[Period, Ledger], ...]
    rest: Ledger | None = None
    """The ledger that answers for charges, where that is another one."""

    def reading(self, table: str, days: Period | None = None) -> Reading:
        """How to read `table`: charges as `rest` has them."""
        if table == COSTS.name and self.rest is not None:
            return self.rest.reading(table, days)
        files = of_days(table, self.files(table), days)
        return Reading(rows_sql(TABLES[table], files), tuple(self.local(files, table)))

    def files(self, table: str) -> tuple[DataFile, ...]:
        """The files of `table` of every day, from the ledger that answers for it."""
        found = {file.path: file for file in Ledger(self.location).files(table)}
        if "day" not in TABLES[table].partition_by:
            return tuple(found.values())
        chosen = [file for file in found.values() if self._part_of(file) is None]
        for index, (_, part) in enumerate(self.parts):
            chosen += [file for file in part.files(table) if self._part_of(file) == index]
        return tuple(chosen)

    def local(self, files: Sequence[DataFile], table: str) -> list[str]:
        """Paths of `files`, fetched and checked by the ledgers they are from."""
        for owner in (Ledger(self.location), *(part for _, part in self.parts)):
            owner.local(owner.files(table), table)
        return [file.path for file in files]

    def _part_of(self, file: DataFile) -> int | None:
        day = date.fromisoformat((file.partition["day"] or "0001-01-01")[:10])
        for index, (days, _) in enumerate(self.parts):
            if days.start <= day < days.end:
                return index
        return None


def is_restated(ledger: Ledger, closes: Sequence[Closed]) -> bool:
    """Whether a closed month's charges are other files now than its books count."""
    live = ledger.files(COSTS.name)
    return any(
        not same_files(
            [file for file in live if file.partition["x_BillingMonth"] == month],
            accounted(closes, month).files,
        )
        for month in dict.fromkeys(closed.month for closed in closes)
    )


def same_files(live: Iterable[DataFile], booked: Iterable[DataFile]) -> bool:
    """Whether both are the same files: a file never changes once written, so its name says it."""
    return {(f.key, f.size) for f in live} == {(f.key, f.size) for f in booked}


def restated_sql(
    live: Sequence[DataFile], booked: Sequence[DataFile], month: str, target: str
) -> Reading:
    """Rows of `target` that take billing month `month` from what was `booked` to what is `live`."""
    names = ", ".join(identifier(name) for name in _COMPARED)
    new = f"SELECT {names} FROM ({rows_sql(COSTS, live, columns=_COMPARED)})"
    old = f"SELECT {names} FROM ({rows_sql(COSTS, booked, columns=_COMPARED)})"
    marks = {"x_BillingMonth": target, "x_Line": "prior_period", "x_AdjustsMonth": month}
    sql = (
        f"SELECT {adjusted(marks)} FROM ({new} EXCEPT ALL {old}) "
        f"UNION ALL SELECT {adjusted(marks, negated=True)} FROM ({old} EXCEPT ALL {new})"
    )
    return Reading(sql, tuple(file.path for file in (*live, *booked)))


def adjusted(given: Mapping[str, str], *, negated: bool = False) -> str:
    """A SELECT list of the declared cost columns with those of `given` set, amounts turned round or not."""
    return ", ".join(_column(name, given, negated=negated) for name in COSTS.names)


def _column(name: str, given: Mapping[str, str], *, negated: bool) -> str:
    column = identifier(name)
    if name in given:
        return f"{literal(given[name])} AS {column}"
    if name == "x_LoadId":
        return f"'close' AS {column}"
    if negated and name in NEGATED:
        return f"-{column} AS {column}"
    return column
