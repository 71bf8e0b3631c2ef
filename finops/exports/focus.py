"""FOCUS cost and usage with allocation: every charge of a month, split among those who used it.

The file's sums are those of the invoices, to the last digit, for each InvoiceId and currency: they are read
back from the file and compared before it gets its name. Rows stream from the ledger to the file, so a bill
of any size takes the same memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.analysis.split.bill import split_bill
from finops.analysis.split.rows import SPLIT
from finops.errors import FinopsError
from finops.exports.contract import Choice, Export, Written
from finops.exports.focus_columns import MANDATORY, VERSIONS, focus_columns
from finops.ledger.engine import query
from finops.ledger.schema import identifier, literal
from finops.model.schema import Kind

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from finops.analysis.split.bill import SplitBill
    from finops.exports.contract import Wanted

__all__ = ["EXPORT"]

_ROW_GROUP = 100_000
"""Rows held while a Parquet file is written."""


def write(wanted: Wanted, target: Path) -> Written:
    """Write the month to `target`; FinopsError when the file does not add up to the invoices."""
    version = wanted.choices["focus-version"]
    with split_bill(wanted.ledger, wanted.config, wanted.period, wanted.by) as bill:
        columns = focus_columns(version, bill.names)
        is_text = wanted.format != "parquet"
        select = ", ".join(
            f"{_text(sql, kind) if is_text else _typed(sql, kind)} as {identifier(name)}"
            for name, sql, kind in columns
        )
        how = _COPY[wanted.format]
        (rows,) = query(
            bill.con, f"copy (select {select} from {SPLIT}) to {literal(str(target))} ({how})"
        )[0]
        found = _rows_of(target, wanted.format)
        _check(bill, found)
        notes = (*bill.notes, *_missing(bill.con, found))
    return Written(int(rows), notes)


_COPY = {
    "parquet": f"format parquet, compression zstd, row_group_size {_ROW_GROUP}",
    "csv": "format csv, header",
    "csv.gz": "format csv, header, compression gzip",
}


def _typed(sql: str, kind: Kind) -> str:
    """A column as FOCUS types it: exact decimals, UTC times, text."""
    return f"cast({sql} as {kind.stored})"


def _text(sql: str, kind: Kind) -> str:
    """The same as text: no trailing zeros, times to the second."""
    if kind is Kind.DECIMAL:
        return f"rtrim(rtrim(cast(cast({sql} as {kind.stored}) as varchar), '0'), '.')"
    if kind is Kind.TIMESTAMP:
        return f"strftime({sql}, '%Y-%m-%dT%H:%M:%SZ')"
    return sql


def _rows_of(target: Path, how: str) -> str:
    """The rows of the file in a FROM clause."""
    name = literal(str(target))
    if how == "parquet":
        return f"read_parquet({name})"
    packed = "gzip" if how.endswith(".gz") else "none"
    return (
        f"read_csv({name}, all_varchar = true, header = true, delim = ',', quote = '\"', "
        f"compression = '{packed}')"
    )


def _check(bill: SplitBill, rows: str) -> None:
    """Hold the `rows` of the file against the charges it is made of."""
    amounts = ", ".join(
        f"sum(cast({name} as decimal(38, 24)))" for name in ("BilledCost", "EffectiveCost")
    )
    keys = "coalesce(InvoiceId, ''), BillingCurrency"
    wrote = query(
        bill.con,
        f"select {keys}, {amounts} from {rows} group by 1, 2 order by 1, 2",
    )
    charged = query(
        bill.con,
        f"select {keys}, {amounts} from costs where x_BillingMonth = {literal(bill.month.label)} "
        "group by 1, 2 order by 1, 2",
    )
    for mine, theirs in zip(wrote, charged, strict=True):
        if mine != theirs:
            raise FinopsError(
                f"the export of {bill.month.label} does not add up to invoice {theirs[0] or '(none)'}: "
                f"{mine[2:]} instead of {theirs[2:]} {theirs[1]}",
                hint="nothing was written; please report this",
            )


def _missing(con: duckdb.DuckDBPyConnection, rows: str) -> list[str]:
    """What FOCUS wants filled and no bill says."""
    counts = ", ".join(f"count(*) filter (where {name} is null)" for name in MANDATORY)
    (found,) = query(con, f"select count(*), {counts} from {rows}")
    whole, *empty = found
    return [
        f"{name} is empty in {count:,} of {whole:,} rows: FOCUS wants it, and the bill does not say it."
        for name, count in zip(MANDATORY, empty, strict=True)
        if count
    ]


EXPORT = Export(
    name="focus",
    about="FOCUS cost and usage, each charge split among those who used it.",
    formats=("parquet", "csv", "csv.gz"),
    by=("team", "workflow"),
    write=write,
    choices=(Choice("focus-version", "Version of FOCUS to write.", VERSIONS),),
    by_month=True,
)
