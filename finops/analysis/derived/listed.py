"""Numbers of lists that are counted, not computed: rows a source delivered, files a close keeps, lines of owners.csv."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.derived.arithmetic import SUM, Derived, count, derived
from finops.analysis.derived.table import Row, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from finops.analysis.completeness import Completeness, Delivery
    from finops.analysis.owners.registry import Registry
    from finops.ledger.snapshots import Closed, KeptFile
    from finops.model.period import Period

__all__ = ["DELIVERED", "KEPT", "OWNED", "delivered_table", "kept_table", "owned_table"]

DELIVERED = ("rows",)
"""Numbers of a source in an open month."""
KEPT = ("files", "rows", "bytes", "damaged")
"""Numbers of a table that a close keeps."""
OWNED = ("line",)
"""Numbers of a row of owners.csv."""

_DAYS = {
    "costs": ("x_SourceId", "cast(BillingPeriodStart as date)"),
    "requests": ("source_id", "day"),
    "gpu_samples": ("source_id", "day"),
    "jobs": ("source_id", "cast(ended_at as date)"),
}
"""The columns by which rows are of a source and a month."""


def delivered_table(found: Completeness) -> Table:
    """A row for each source and table of an open month."""
    rows = tuple(_delivery(each, found.month) for each in found.deliveries)
    return Table(rows, None, found.month)


def _delivery(each: Delivery, month: Period) -> Row:
    told = "rows the source has delivered of the month"
    source, day = _DAYS.get(each.table, ("source_id", "day"))
    where = f"{source} = '{each.source}' and {day} >= date '{month.start}' and {day} < date '{month.end}'"
    query = f'finops sql "select count(*) from {each.table} where {where}"'
    numbers: dict[str, Callable[[], Derived]] = {
        "rows": lambda: derived(each.rows, told, count("rows", each.rows, "rows", query))
    }
    return Row({"source": each.source, "table": each.table}, numbers)


def kept_table(closed: Closed, period: Period, damaged: Sequence[str]) -> Table:
    """A row for each table of a closed month, its numbers summed over the files kept."""
    tables = dict.fromkeys(each.table for each in closed.files)
    return Table(tuple(_kept(closed, table, damaged) for table in tables), None, period)


def _kept(closed: Closed, table: str, damaged: Sequence[str]) -> Row:
    files = closed.of(table)
    off = {each for each in damaged if each.startswith(f"{table}/")}
    of_file: dict[str, tuple[str, Callable[[KeptFile], int]]] = {
        "files": ("files", lambda _: 1),
        "rows": ("rows", lambda each: each.file.rows or 0),
        "bytes": ("bytes", lambda each: each.file.size),
    }
    numbers: dict[str, Callable[[], Derived]] = {
        name: lambda name=name, unit=unit, one=one: _summed(closed, files, name, unit, one)  # type: ignore[misc]
        for name, (unit, one) in of_file.items()
    }
    numbers["damaged"] = lambda: _damaged(sorted(off))
    return Row({"table": table}, numbers)


def _summed(
    closed: Closed,
    files: Sequence[KeptFile],
    name: str,
    unit: str,
    one: Callable[[KeptFile], int],
) -> Derived:
    source = f"file of close {closed.name}, as its manifest has it"
    lines = [count(each.file.key, one(each), unit, source) for each in files]
    whole = sum(one(each) for each in files)
    return derived(
        whole, f"sum of {name} over the files kept", *lines, count(name, whole, unit, SUM)
    )


def _damaged(names: Sequence[str]) -> Derived:
    told = "files that are not what was kept, every byte of them read again"
    lines = [count(name, 1, "files", "its digest is not the manifest's") for name in names]
    last = count("damaged", len(names), "files", SUM if names else "none differs from the manifest")
    return derived(len(names), told, *lines, last)


def owned_table(registry: Registry) -> Table:
    """A row for each rule of owners.csv."""
    rows = []
    for each in registry.rows:
        told = "the line of the file the rule stands on"
        numbers: dict[str, Callable[[], Derived]] = {
            "line": lambda each=each, told=told: derived(  # type: ignore[misc]
                each.line, told, count("line", each.line, None, registry.file or "owners.csv")
            )
        }
        rows.append(Row({"kind": each.kind, "match": each.match, **each.owner._asdict()}, numbers))
    return Table(tuple(rows))
