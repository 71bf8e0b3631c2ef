"""Tables whose rows have a key: a row delivered again is a duplicate, a differing one a correction.

Keys meet as 64-bit hashes first, which costs a fraction of a second per million rows; only rows whose
hashes meet are then compared exactly. Within one delivery the fuller of two differing rows wins (most
tokens, then longest latency), because a log repeats a call while its answer grows; between
deliveries the later one corrects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops.ledger.engine import query
from finops.ledger.plan import DROPPED, Delivery, Plan, rewrite
from finops.ledger.schema import identifier
from finops.ledger.store import rows_sql
from finops.model.tables import TOKEN_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finops.ledger.store import DataFile
    from finops.model.schema import Table

__all__ = ["drop_repeats", "plan_keyed", "plan_requests"]

_TOKENS = " + ".join(f"coalesce({identifier(name)}, 0)" for name in TOKEN_COLUMNS)

_WEIGHTS = {
    "requests": (_TOKENS, "latency_ms"),
    "jobs": ("ended_at", "started_at"),
    "changes": ("changed_at", "NULL"),
}
"""What makes one of two rows with the same key in one delivery the better one: first, then second."""


def plan_requests(delivery: Delivery, stored: Sequence[DataFile]) -> Plan:
    """Add the delivery's new rows; correct those that differ, looking at the days it touches."""
    days = {file.partition["day"] for file in delivery.staged}
    return plan_keyed(delivery, [file for file in stored if file.partition["day"] in days])


def plan_keyed(delivery: Delivery, stored: Sequence[DataFile]) -> Plan:
    """Add the delivery's new rows; correct those that differ from `stored` rows of the same key."""
    drop_repeats(delivery, stored)
    return rewrite(delivery, stored)


def drop_repeats(delivery: Delivery, stored: Sequence[DataFile]) -> None:
    """Put into `DROPPED` the delivery's superfluous rows and the `stored` rows it corrects."""
    con, table = delivery.con, delivery.table
    if delivery.staged and _meet(delivery, stored):
        _rivals(delivery, stored)
        query(con, _DROP_NEW.format(**_names(table)))
        query(con, _DROP_OLD.format(**_names(table)))
        query(con, "DROP TABLE _finops_rivals")
    query(con, "DROP TABLE IF EXISTS _finops_met")
    if delivery.numbered and delivery.staged and stored:
        _drop_renumbered(delivery, stored)


def _drop_renumbered(delivery: Delivery, stored: Sequence[DataFile]) -> None:
    """Put stored rows into `DROPPED` whose request is delivered, though not with their attempt number."""
    table = delivery.table
    columns = ("source_id", "request_id", "attempt")
    new = f"({rows_sql(table, delivery.staged, columns=columns)})"
    query(
        delivery.con,
        f"INSERT INTO {DROPPED} SELECT filename, file_row_number "
        f"FROM ({rows_sql(table, stored, addressed=True)}) SEMI JOIN {new} USING (source_id, request_id) "
        f"ANTI JOIN {new} USING (source_id, request_id, attempt)",
    )


def _hash(table: Table) -> str:
    return f"hash({', '.join(identifier(name) for name in table.key)})"


def _meet(delivery: Delivery, stored: Sequence[DataFile]) -> int:
    """Collect the key hashes that occur twice in the delivery, or in it and in `stored`."""
    table, key = delivery.table, _hash(delivery.table)
    new = f"SELECT {key} AS h FROM ({rows_sql(table, delivery.staged, columns=table.key)})"
    met = f"SELECT h FROM ({new}) GROUP BY h HAVING count(*) > 1"
    if stored:
        old = f"SELECT {key} AS h FROM ({rows_sql(table, stored, columns=table.key)})"
        met += f" UNION SELECT h FROM ({old}) SEMI JOIN ({new}) USING (h)"
    query(delivery.con, f"CREATE OR REPLACE TEMP TABLE _finops_met AS {met}")
    return int(query(delivery.con, "SELECT count(*) FROM _finops_met")[0][0])


def _rivals(delivery: Delivery, stored: Sequence[DataFile]) -> None:
    """Key, weights, content hash and address of the rows whose key hashes meet; new ones ranked.

    Rows of one key whose 64-bit content hashes agree are the same row: there is one comparison per key,
    so among ten million keys the chance to be wrong once is about one in 10^12.
    """
    table = delivery.table
    first, second = _WEIGHTS.get(table.name, ("NULL", "NULL"))
    keys = ", ".join(identifier(name) for name in table.key)
    content = f"hash({', '.join(identifier(name) for name in table.names)})"
    sides = [("true", delivery.staged), *([("false", stored)] if stored else [])]
    rows = " UNION ALL ".join(
        f"SELECT {keys}, {first} AS weight, {second} AS weight2, {content} AS content, "
        f"{is_new} AS is_new, filename, file_row_number "
        f"FROM ({rows_sql(table, files, addressed=True)}) "
        f"WHERE {_hash(table)} IN (SELECT h FROM _finops_met)"
        for is_new, files in sides
    )
    query(
        delivery.con,
        "CREATE OR REPLACE TEMP TABLE _finops_rivals AS SELECT *, row_number() OVER "
        f"(PARTITION BY is_new, {keys} ORDER BY weight DESC NULLS LAST, weight2 DESC NULLS LAST, "
        f"content, filename, file_row_number) AS place FROM ({rows})",
    )


def _names(table: Table) -> dict[str, str]:
    same = (f"n.{name} IS NOT DISTINCT FROM o.{name}" for name in map(identifier, table.key))
    return {"dropped": DROPPED, "same_key": " AND ".join(same)}


_DROP_NEW = """
INSERT INTO {dropped}
SELECT n.filename, n.file_row_number FROM _finops_rivals AS n WHERE n.is_new AND n.place > 1
UNION ALL
SELECT n.filename, n.file_row_number FROM (FROM _finops_rivals WHERE is_new AND place = 1) AS n
SEMI JOIN (FROM _finops_rivals WHERE NOT is_new) AS o ON {same_key} AND n.content = o.content
"""

_DROP_OLD = """
INSERT INTO {dropped}
SELECT o.filename, o.file_row_number FROM (FROM _finops_rivals WHERE NOT is_new) AS o
SEMI JOIN (
  FROM _finops_rivals AS r ANTI JOIN {dropped} AS d USING (filename, file_row_number)
  WHERE r.is_new AND r.place = 1
) AS n ON {same_key}
"""
