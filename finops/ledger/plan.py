"""What one commit would do to a table, and the tools the per-table rules share to decide it.

A plan is made against one version of the table. Rows to leave out are addressed exactly, by file and
row number; a file that loses rows is rewritten without them and the old one leaves the table in the
same commit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from finops.ledger.engine import query
from finops.ledger.staging import copy_rows
from finops.ledger.store import DataFile, rows_sql

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb

    from finops.model.schema import Table

__all__ = ["DROPPED", "Delivery", "Plan", "rewrite", "start_dropped"]

DROPPED = "_finops_dropped"
"""Temporary table (filename, file_row_number) of rows that leave, staged or stored."""


class Delivery(NamedTuple):
    """One load's staged files and what is needed to write more."""

    con: duckdb.DuckDBPyConnection
    table: Table
    load_id: str
    target: Path
    staged: tuple[DataFile, ...]
    numbered: bool = False
    """Whether a staged row takes the place of the stored one of its request with another attempt number."""


class Plan(NamedTuple):
    """Files to add and remove; `made` are those written for this plan alone, to discard if it fails.

    `rows_duplicate` staged rows are not stored; `rows_replaced` stored rows leave.
    """

    adds: tuple[DataFile, ...]
    removes: tuple[DataFile, ...]
    made: tuple[DataFile, ...] = ()
    rows_duplicate: int = 0
    rows_replaced: int = 0


def start_dropped(con: duckdb.DuckDBPyConnection) -> None:
    """Make `DROPPED` empty."""
    query(
        con,
        f"CREATE OR REPLACE TEMP TABLE {DROPPED} (filename VARCHAR, file_row_number BIGINT)",
    )


def rewrite(delivery: Delivery, stored: Sequence[DataFile]) -> Plan:
    """The plan that leaves out the rows in `DROPPED`, of the delivery and of `stored`."""
    con, table, staged = delivery.con, delivery.table, delivery.staged
    hit = dict(query(con, f"SELECT filename, count(*) FROM {DROPPED} GROUP BY filename"))
    old = [file for file in stored if file.path in hit]
    new = [file for file in staged if file.path in hit]
    kept = tuple(file for file in staged if file.path not in hit)
    shrunk = [file for file in (*old, *new) if file.rows is None or hit[file.path] < file.rows]
    made: tuple[DataFile, ...] = ()
    if shrunk:
        rows = (
            f"SELECT * FROM ({rows_sql(table, shrunk, addressed=True)}) "
            f"ANTI JOIN {DROPPED} USING (filename, file_row_number)"
        )
        made = copy_rows(con, table, rows, delivery.target, delivery.load_id)
    return Plan(
        adds=(*kept, *made),
        removes=tuple(old),
        made=made,
        rows_duplicate=sum(hit[file.path] for file in new),
        rows_replaced=sum(hit[file.path] for file in old),
    )
